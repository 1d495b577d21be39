/** Splits code into tokens: strings and comments end where the language says so, and nothing else is understood here. */

/** Languages whose code is read as a tree of calls. */
export type Language = "python" | "R" | "julia";

export const NAME = 1;
export const STRING = 2;
/** A string with parts that are worked out when the program runs: `f"{x}"`, `"$x"`. */
export const TEMPLATE = 3;
export const NUMBER = 4;
/** Any operator, dots included. */
export const OPERATOR = 5;
export const OPEN = 6;
export const CLOSE = 7;
export const NEWLINE = 8;
/** A command between backticks in Julia. */
export const COMMAND = 9;

/** Parallel lists, because millions of small objects are slow. */
export interface Tokens {
  readonly text: string;
  readonly language: Language;
  readonly kinds: number[];
  readonly starts: number[];
  readonly ends: number[];
  /** Triple quotes that were never closed, and so were taken to end with their line. */
  lost: number;
}

/** Character classes by code; everything beyond ASCII counts as a letter. */
const LETTER = new Uint8Array(128);
const DIGIT = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code);
  if (/[A-Za-z_]/.test(char)) LETTER[code] = 1;
  if (/[0-9]/.test(char)) DIGIT[code] = 1;
}
const isLetter = (code: number): boolean => code >= 128 || LETTER[code] === 1;
const isDigit = (code: number): boolean => code < 128 && DIGIT[code] === 1;

const HASH = 35;
const DOUBLE = 34;
const SINGLE = 39;
const BACKTICK = 96;
const BACKSLASH = 92;
const LINE_FEED = 10;
const DOT = 46;
const BANG = 33;
const COLON = 58;
const EQUALS = 61;
const DOLLAR = 36;
const PERCENT = 37;

export function tokenise(text: string, language: Language): Tokens {
  const tokens: Tokens = { text, language, kinds: [], starts: [], ends: [], lost: 0 };
  // What stands inside templates is code of its own; it is read after the rest, so that nothing here recurses.
  const inner: [from: number, to: number][] = [];
  lexRange(tokens, 0, text.length, inner);
  for (let index = 0; index < inner.length && index < 100_000; index++) {
    const [from, to] = inner[index] ?? [0, 0];
    push(tokens, NEWLINE, from, from);
    lexRange(tokens, from, to, inner);
  }
  push(tokens, NEWLINE, text.length, text.length);
  return tokens;
}

function push(tokens: Tokens, kind: number, from: number, to: number): void {
  tokens.kinds.push(kind);
  tokens.starts.push(from);
  tokens.ends.push(to);
}

function lexRange(tokens: Tokens, from: number, limit: number, inner: [number, number][]): void {
  const { text, language } = tokens;
  const python = language === "python";
  const julia = language === "julia";
  let at = from;
  while (at < limit) {
    const code = text.charCodeAt(at);
    if (code === 32 || code === 9 || code === 13 || code === 12 || code === 0xfeff) {
      at++;
    } else if (code === LINE_FEED) {
      push(tokens, NEWLINE, at, at + 1);
      at++;
    } else if (code === HASH) {
      at = commentEnd(text, at, limit, julia);
    } else if (isLetter(code) || (language === "R" && code === DOT && !isDigit(text.charCodeAt(at + 1)))) {
      let end = at + 1;
      while (end < limit) {
        const next = text.charCodeAt(end);
        if (isLetter(next) || isDigit(next)) end++;
        else if (next === DOT && language === "R") end++;
        else if (next === BANG && julia && text.charCodeAt(end + 1) !== EQUALS) end++;
        else break;
      }
      const quote = text.charCodeAt(end);
      if ((quote === DOUBLE || quote === SINGLE) && isPrefix(text, at, end, language, quote)) {
        if (julia) push(tokens, NAME, at, end);
        at = lexString(tokens, at, end, limit, inner);
      } else {
        push(tokens, NAME, at, end);
        at = end;
      }
    } else if (isDigit(code)) {
      let end = at + 1;
      while (end < limit) {
        const next = text.charCodeAt(end);
        if (isDigit(next) || isLetter(next) || (next === DOT && text.charCodeAt(end + 1) !== DOT)) end++;
        else break;
      }
      push(tokens, NUMBER, at, end);
      at = end;
    } else if (code === DOUBLE) {
      at = lexString(tokens, at, at, limit, inner);
    } else if (code === SINGLE) {
      if (julia) at = lexCharacter(tokens, at, limit);
      else at = lexString(tokens, at, at, limit, inner);
    } else if (code === BACKTICK && !python) {
      const end = closing(text, at + 1, limit, BACKTICK);
      if (julia) push(tokens, COMMAND, at, end);
      else push(tokens, NAME, at, end);
      at = end;
    } else if (code === BACKSLASH) {
      // A line that goes on below, or R's `\(x)`.
      at++;
      if (text.charCodeAt(at) === 13) at++;
      if (text.charCodeAt(at) === LINE_FEED) at++;
    } else if (code === 40 || code === 91 || code === 123) {
      push(tokens, OPEN, at, at + 1);
      at++;
    } else if (code === 41 || code === 93 || code === 125) {
      push(tokens, CLOSE, at, at + 1);
      at++;
    } else {
      const end = operatorEnd(text, at, code, language, limit);
      push(tokens, OPERATOR, at, end);
      at = end;
    }
  }
}

function commentEnd(text: string, at: number, limit: number, julia: boolean): number {
  if (julia && text.charCodeAt(at + 1) === EQUALS) {
    // Julia's block comments nest.
    let depth = 1;
    let next = at + 2;
    while (next < limit && depth > 0) {
      const code = text.charCodeAt(next);
      if (code === HASH && text.charCodeAt(next + 1) === EQUALS) {
        depth++;
        next += 2;
      } else if (code === EQUALS && text.charCodeAt(next + 1) === HASH) {
        depth--;
        next += 2;
      } else next++;
    }
    return Math.min(next, limit);
  }
  const end = text.indexOf("\n", at);
  return end < 0 || end > limit ? limit : end;
}

/** `r"…"`, `f'…'` in Python, `r"(…)"` in R, `artifact"…"` in Julia: the letters belong to the string. */
function isPrefix(text: string, at: number, end: number, language: Language, quote: number): boolean {
  if (language === "julia") return quote === DOUBLE;
  if (end - at > 2) return false;
  const word = text.slice(at, end);
  return language === "R" ? /^[rR]$/.test(word) : /^(?:[rRbBuUfFtT]|[rR][bBfFtT]|[bBfFtT][rR])$/.test(word);
}

/** Pushes the string whose prefix begins at `at` and whose quote stands at `quoteAt`; returns where it ends. */
function lexString(
  tokens: Tokens,
  at: number,
  quoteAt: number,
  limit: number,
  inner: [number, number][],
): number {
  const { text, language } = tokens;
  const quote = text.charCodeAt(quoteAt);
  if (language === "R") {
    const end = quoteAt > at ? rawEnd(text, quoteAt, limit) : undefined;
    const to = end ?? closing(text, quoteAt + 1, limit, quote);
    push(tokens, STRING, at, to);
    return to;
  }
  const prefix = text.slice(at, quoteAt);
  const triple = text.charCodeAt(quoteAt + 1) === quote && text.charCodeAt(quoteAt + 2) === quote;
  const from = quoteAt + (triple ? 3 : 1);
  if (language === "julia") {
    const raw = prefix !== "";
    const to = juliaEnd(text, from, limit, triple, raw, inner);
    push(tokens, to.template ? TEMPLATE : STRING, quoteAt, to.end);
    return to.end;
  }
  let to = triple ? tripleEnd(text, from, limit, quote) : lineStringEnd(text, from, limit, quote);
  if (triple && to === limit && !text.endsWith(text.slice(from - 3, from)) && tokens.lost++ < 4)
    to = lineStringEnd(text, from, limit, quote);
  const template = /[fFtT]/.test(prefix) && collectFields(text, from, to, inner);
  push(tokens, template ? TEMPLATE : STRING, at, to);
  return to;
}

/** After the closing quote, whatever lies between. */
function closing(text: string, from: number, limit: number, quote: number): number {
  for (let at = from; at < limit; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === quote) return at + 1;
  }
  return limit;
}

/** A plain Python string ends with its line at the latest, so that a lost quote costs one line. */
function lineStringEnd(text: string, from: number, limit: number, quote: number): number {
  for (let at = from; at < limit; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === quote) return at + 1;
    else if (code === LINE_FEED) return at;
  }
  return limit;
}

function tripleEnd(text: string, from: number, limit: number, quote: number): number {
  for (let at = from; at < limit; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === quote && text.charCodeAt(at + 1) === quote && text.charCodeAt(at + 2) === quote)
      return at + 3;
  }
  return limit;
}

/** `r"---(…)---"`; undefined when it is no raw string after all. */
function rawEnd(text: string, quoteAt: number, limit: number): number | undefined {
  const head = /^(["'])(-{0,16})([([{])/.exec(text.slice(quoteAt, quoteAt + 20));
  if (head === null) return undefined;
  const [, quote = "", dashes = "", bracket = ""] = head;
  const close = `${bracket === "(" ? ")" : bracket === "[" ? "]" : "}"}${dashes}${quote}`;
  const end = text.indexOf(close, quoteAt + head[0].length);
  return end < 0 ? limit : end + close.length;
}

/** Takes note of the code in `{…}`; false when there is none. */
function collectFields(text: string, from: number, to: number, inner: [number, number][]): boolean {
  let depth = 0;
  let start = 0;
  let found = false;
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code === 123) {
      if (depth === 0 && text.charCodeAt(at + 1) === 123) at++;
      else if (depth++ === 0) start = at + 1;
    } else if (code === 125 && depth > 0 && --depth === 0) {
      inner.push([start, at]);
      found = true;
    }
  }
  return found;
}

/** Julia's strings may hold `$(code with "strings")`. */
function juliaEnd(
  text: string,
  from: number,
  limit: number,
  triple: boolean,
  raw: boolean,
  inner: [number, number][],
): { end: number; template: boolean } {
  let template = false;
  for (let at = from; at < limit; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) {
      at++;
    } else if (code === DOUBLE) {
      if (!triple) return { end: at + 1, template };
      if (text.charCodeAt(at + 1) === DOUBLE && text.charCodeAt(at + 2) === DOUBLE)
        return { end: at + 3, template };
    } else if (code === DOLLAR && !raw) {
      template = true;
      if (text.charCodeAt(at + 1) !== 40) continue;
      const start = at + 2;
      let depth = 1;
      let next = start;
      // Code in a string is short; a bracket that is never closed must not be looked for again and again.
      const most = Math.min(limit, start + 2000);
      for (; next < most && depth > 0; next++) {
        const one = text.charCodeAt(next);
        if (one === 40) depth++;
        else if (one === 41) depth--;
        else if (one === DOUBLE) next = closing(text, next + 1, most, DOUBLE) - 1;
        else if (one === LINE_FEED && !triple) break;
      }
      if (depth === 0) {
        inner.push([start, next - 1]);
        at = next - 1;
      }
    }
  }
  return { end: limit, template };
}

/** `'x'` is a character in Julia, `A'` a transpose. */
function lexCharacter(tokens: Tokens, at: number, limit: number): number {
  const { text } = tokens;
  const before = text.charCodeAt(at - 1);
  const after = isLetter(before) || isDigit(before) || before === 41 || before === 93 || before === SINGLE;
  if (!after || at === 0) {
    const match = /^'(?:\\[^\n]{1,9}?|[^\\\n]{1,2})'/u.exec(text.slice(at, at + 14));
    if (match !== null && at + match[0].length <= limit) {
      push(tokens, STRING, at, at + match[0].length);
      return at + match[0].length;
    }
  }
  push(tokens, OPERATOR, at, at + 1);
  return at + 1;
}

function operatorEnd(text: string, at: number, code: number, language: Language, limit: number): number {
  const next = text.charCodeAt(at + 1);
  if (language === "R") {
    if (code === PERCENT) {
      const end = text.indexOf("%", at + 1);
      const line = text.indexOf("\n", at + 1);
      return end > 0 && (line < 0 || end < line) && end < limit ? end + 1 : at + 1;
    }
    if (code === COLON && next === COLON) return text.charCodeAt(at + 2) === COLON ? at + 3 : at + 2;
    if (code === 60) {
      // `<-`, `<<-`, `<=`
      if (next === 45 || next === EQUALS) return at + 2;
      if (next === 60 && text.charCodeAt(at + 2) === 45) return at + 3;
    }
    if ((code === 124 && next === 62) || (code === 45 && next === 62)) return at + 2;
  }
  if (next === EQUALS && (code === EQUALS || code === BANG || code === 60 || code === 62 || code === COLON))
    return at + 2;
  if (language === "julia" && code === 124 && next === 62) return at + 2;
  if (code === 45 && next === 62) return at + 2;
  // `+=` and its like are assignments that tell nothing about the value.
  if (next === EQUALS && code !== EQUALS && code !== 44 && code !== 59 && code !== DOT && code !== 40)
    return at + 2;
  return at + 1;
}
