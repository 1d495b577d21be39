/** Tells code from comments and strings, one character at a time. No language is parsed further than that. */

export type Language = "python" | "R" | "julia" | "shell";

interface Masked {
  /** The text with comments and docstrings blanked; offsets and lines are those of the text. */
  readonly code: string;
  /** 1 where a character lies inside a string, its quotes not counted. */
  readonly inString: Uint8Array;
}

export function maskText(text: string, language: Language): Masked {
  const inString = new Uint8Array(text.length);
  const blanks: [from: number, to: number][] = [];
  let depth = 0;
  /** Offset after the last line break: what stands between it and a quote decides whether it is a docstring. */
  let lineStart = 0;
  let at = 0;
  while (at < text.length) {
    const char = text[at];
    if (char === "\n") {
      lineStart = ++at;
    } else if (char === "#" && startsComment(text, at, language)) {
      const end = commentEnd(text, at, language);
      blanks.push([at, end]);
      at = end;
    } else if (char === '"' || (char === "'" && language !== "julia") || (char === "`" && language === "R")) {
      const triple = language !== "R" && language !== "shell" && text.startsWith(char.repeat(3), at);
      const quote = triple ? char.repeat(3) : char;
      const raw = language === "python" && /[rR]/.test(text.slice(Math.max(0, at - 2), at));
      const end = stringEnd(
        text,
        at + quote.length,
        quote,
        raw || (language === "shell" && char === "'"),
        triple || language === "R" || language === "shell",
      );
      const alone =
        triple && depth === 0 && /^[ \t]*[rRuUbB]{0,2}$/.test(text.slice(Math.max(lineStart, at - 200), at));
      if (alone && /^[ \t]*(?:[;#].*)?(?:\r?\n|$)/.test(text.slice(end, end + 200))) blanks.push([at, end]);
      else inString.fill(1, at + quote.length, Math.max(at + quote.length, end - quote.length));
      const lastBreak = text.slice(at, end).lastIndexOf("\n");
      if (lastBreak >= 0) lineStart = at + lastBreak + 1;
      at = end;
    } else if (char === "\\") {
      at += 2;
    } else {
      if (char === "(" || char === "[" || char === "{") depth++;
      else if ((char === ")" || char === "]" || char === "}") && depth > 0) depth--;
      at++;
    }
  }
  return { code: blanked(text, blanks), inString };
}

function startsComment(text: string, at: number, language: Language): boolean {
  if (language !== "shell") return true;
  const before = text[at - 1];
  return before === undefined || /[\s;&|(]/.test(before);
}

function commentEnd(text: string, at: number, language: Language): number {
  if (language === "julia" && text[at + 1] === "=") {
    const end = text.indexOf("=#", at + 2);
    return end < 0 ? text.length : end + 2;
  }
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

function stringEnd(text: string, from: number, quote: string, raw: boolean, manyLines: boolean): number {
  let at = from;
  while (at < text.length) {
    const char = text[at];
    if (char === "\\" && !raw) at += 2;
    else if (char === "\\" && raw && quote.length === 1 && text[at + 1] === quote && manyLines === false)
      at += 2;
    else if (char === "\n" && !manyLines) return at;
    else if (text.startsWith(quote, at)) return at + quote.length;
    else at++;
  }
  return text.length;
}

function blanked(text: string, blanks: readonly (readonly [number, number])[]): string {
  if (blanks.length === 0) return text;
  const parts: string[] = [];
  let at = 0;
  for (const [from, to] of blanks) {
    parts.push(text.slice(at, from), text.slice(from, to).replace(/[^\n]/g, " "));
    at = to;
  }
  parts.push(text.slice(at));
  return parts.join("");
}
