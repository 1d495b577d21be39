/** A regular expression for a line of the program's output; `(?i)` before it passes over case. Undefined if it is none. */
export function compileLogPattern(text: string): RegExp | undefined {
  const anyCase = text.startsWith("(?i)");
  try {
    return new RegExp(anyCase ? text.slice(4) : text, anyCase ? "iu" : "u");
  } catch {
    return undefined;
  }
}
