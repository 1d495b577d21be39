import {
  CLOSE,
  type Language,
  NAME,
  NEWLINE,
  OPEN,
  OPERATOR,
  STRING,
  type Tokens,
  tokenise,
} from "../source/lex.ts";

/** One argument of a call: where it stands, and its name if it is given by name. */
export interface CallArgument {
  readonly name: string | undefined;
  /** The value as written, blanks around it removed. */
  readonly text: string;
  /** The content where the value is one string literal and nothing else. */
  readonly literal: string | undefined;
  /** The contents of all string literals in the value: `c("a", "b")` has two. */
  readonly strings: readonly string[];
  /** Offsets of the value in the code. */
  readonly start: number;
  readonly end: number;
}

export interface Call {
  /** As written before the bracket: `install.packages`, `remotes::install_github`, `Pkg.add`. */
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly args: readonly CallArgument[];
}

/** More code than this in one place was not written by a person. */
const MOST_CODE = 200_000;
const MOST_CALLS = 500;
const MOST_STRINGS = 1000;

/** A call whose bracket is open; places are numbers of tokens. */
interface Frame {
  readonly name: string;
  readonly start: number;
  readonly args: [from: number, to: number][];
  from: number;
}

/**
 * The calls in R, Julia or Python whose name `wanted` takes, in the order they begin. Comments and strings do not
 * count; arguments are told apart by brackets and commas, and the language is not read further than that.
 */
export function callsIn(source: string, language: Language, wanted: (name: string) => boolean): Call[] {
  const tokens = tokenise(source.slice(0, MOST_CODE), language);
  const calls: Call[] = [];
  const open: (Frame | undefined)[] = [];
  for (let at = 0; at < tokens.kinds.length && calls.length < MOST_CALLS; at++) {
    const kind = tokens.kinds[at];
    if (kind === OPEN) {
      const start = written(tokens, at) === "(" ? nameStart(tokens, at) : at;
      const name = tokens.text.slice(tokens.starts[start] ?? 0, tokens.starts[at] ?? 0);
      const frame = { name, start: tokens.starts[start] ?? 0, args: [], from: at + 1 };
      open.push(start < at && wanted(name) ? frame : undefined);
    } else if (kind === CLOSE) {
      const frame = open.pop();
      if (frame === undefined) continue;
      frame.args.push([frame.from, at]);
      calls.push(toCall(tokens, frame, tokens.ends[at] ?? 0));
    } else if (kind === OPERATOR) {
      const frame = open.at(-1);
      const char = frame === undefined ? "" : written(tokens, at);
      if (frame !== undefined && (char === "," || (char === ";" && language === "julia"))) {
        frame.args.push([frame.from, at]);
        frame.from = at + 1;
      }
    }
  }
  return calls.sort((a, b) => a.start - b.start);
}

const written = (tokens: Tokens, at: number): string =>
  tokens.text.slice(tokens.starts[at] ?? 0, Math.min(tokens.ends[at] ?? 0, (tokens.starts[at] ?? 0) + 300));

/** The token that begins `a.b::c` right before the bracket; the bracket itself where there is no name. */
function nameStart(tokens: Tokens, bracket: number): number {
  let at = bracket;
  while (at > 0 && bracket - at < 12 && tokens.ends[at - 1] === tokens.starts[at]) {
    const joins = tokens.kinds[at - 1] === OPERATOR && /^(?:\.|:{2,3})$/.test(written(tokens, at - 1));
    if (tokens.kinds[at - 1] !== NAME && !joins) break;
    at--;
  }
  return tokens.kinds[bracket - 1] === NAME ? at : bracket;
}

const toCall = (tokens: Tokens, frame: Frame, end: number): Call => ({
  name: frame.name,
  start: frame.start,
  end,
  args: frame.args.map(([from, to]) => argumentAt(tokens, from, to)).filter((one) => one !== undefined),
});

function argumentAt(tokens: Tokens, begin: number, limit: number): CallArgument | undefined {
  let from = begin;
  let to = limit;
  const skip = (): void => {
    while (from < to && tokens.kinds[from] === NEWLINE) from++;
    while (to > from && tokens.kinds[to - 1] === NEWLINE) to--;
  };
  skip();
  const isNamed = tokens.kinds[from] === NAME && from + 1 < to && written(tokens, from + 1) === "=";
  const name = isNamed ? written(tokens, from) : undefined;
  if (isNamed) from += 2;
  skip();
  if (from >= to) return undefined;
  const start = tokens.starts[from] ?? 0;
  const end = tokens.ends[to - 1] ?? start;
  const strings: string[] = [];
  for (let at = from; at < to && strings.length < MOST_STRINGS; at++)
    if (tokens.kinds[at] === STRING) strings.push(content(written(tokens, at)));
  return {
    name,
    text: tokens.text.slice(start, Math.min(end, start + 20_000)),
    literal: to - from === 1 ? strings[0] : undefined,
    strings,
    start,
    end,
  };
}

/** What stands between the quotes, letters before them taken off. */
const content = (text: string): string =>
  text.replace(/^[A-Za-z]{0,2}(?:"""|'''|["'])/, "").replace(/(?:"""|'''|["'])$/, "");
