import { CLOSE, type Language, STRING, type Tokens } from "../source/lex.ts";
import { type Argument, type Node, readOutline } from "../source/outline.ts";

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

/**
 * The calls in R, Julia or Python whose name `wanted` takes, in the order they begin. Comments and strings do not
 * count, and neither do definitions.
 */
export function callsIn(source: string, language: Language, wanted: (name: string) => boolean): Call[] {
  const { tokens, nodes } = readOutline(source.slice(0, MOST_CODE), language);
  const calls: Call[] = [];
  let literals: readonly number[] | undefined;
  for (const node of nodes) {
    if (node.kind !== "call" || node.defines === true || node.chain.length === 0) continue;
    // A bracket that nobody closes is no call that could run.
    if (tokens.kinds[node.end - 1] !== CLOSE) continue;
    const name = nameOf(node, tokens);
    if (!wanted(name)) continue;
    literals ??= stringsIn(tokens);
    const known = literals;
    calls.push({
      name,
      start: tokens.starts[node.token] ?? 0,
      end: tokens.ends[node.end - 1] ?? tokens.text.length,
      args: node.args.map((argument) => argumentOf(argument, tokens, known)),
    });
    if (calls.length >= MOST_CALLS) break;
  }
  return calls;
}

/** As written; with a dot in front where it is called on what another call gives. */
function nameOf({ token, chain, receiver }: Node, tokens: Tokens): string {
  const written = tokens.text.slice(tokens.starts[token], tokens.ends[token + 2 * (chain.length - 1)]);
  return receiver === -1 ? written : `.${written}`;
}

/** Where string literals stand: brackets in brackets are not searched through again and again. */
function stringsIn({ kinds }: Tokens): number[] {
  const found: number[] = [];
  for (let at = 0; at < kinds.length; at++) if (kinds[at] === STRING) found.push(at);
  return found;
}

/** How many of the numbers, which are in order, are less than this one. */
function countBelow(numbers: readonly number[], limit: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

function argumentOf({ name, from, to }: Argument, tokens: Tokens, literals: readonly number[]): CallArgument {
  const start = tokens.starts[from] ?? 0;
  const end = tokens.ends[to - 1] ?? start;
  const first = countBelow(literals, from);
  const last = Math.min(countBelow(literals, to), first + MOST_STRINGS);
  const strings = literals
    .slice(first, last)
    .map((at) => content(tokens.text.slice(tokens.starts[at], tokens.ends[at])));
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
