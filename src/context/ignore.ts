/**
 * `.dockerignore` with the meaning that Docker gives it: Go's path matching per segment, `**` across segments, `!`
 * to take a file back, later lines win. Podman reads the same file (and `.containerignore` before it).
 */
export interface IgnoreRules {
  /** True when the path (relative, forward slashes) is left out of the build context. */
  ignores(path: string): boolean;
  /** True when nothing below the folder can be taken back, so that it need not be walked. */
  prunes(folder: string): boolean;
}

interface Pattern {
  readonly negated: boolean;
  readonly matches: (path: string) => boolean;
}

export function parseIgnore(text: string): IgnoreRules {
  const patterns: Pattern[] = [];
  for (const raw of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const line = raw.trim();
    if (line === "" || raw.startsWith("#")) continue;
    const negated = line.startsWith("!");
    const path = cleanPattern(negated ? line.slice(1).trim() : line);
    if (path === "" || path === ".") continue;
    patterns.push({ negated, matches: toMatcher(path, true) });
  }
  const hasNegation = patterns.some((pattern) => pattern.negated);

  const ignores = (path: string): boolean => {
    let ignored = false;
    for (const { negated, matches } of patterns) {
      if (negated === ignored && matches(path)) ignored = !negated;
    }
    return ignored;
  };
  return { ignores, prunes: (folder) => !hasNegation && ignores(folder) };
}

/** Go's filepath.Clean on a slash path, without the leading slash. */
function cleanPattern(pattern: string): string {
  const parts: string[] = [];
  for (const part of pattern.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}

/** Tells whether a pattern of the same kind means this very path, and not one below it. */
export const pathMatcher = (pattern: string): ((path: string) => boolean) =>
  toMatcher(cleanPattern(pattern), false);

/** The same for paths that somebody else chose: whatever they are, time grows with length times length. */
export function steadyMatcher(pattern: string): (path: string) => boolean {
  const tokens = tokenize(cleanPattern(pattern));
  return (path) => step(tokens, path, false);
}

/** What a pattern is made of, one after the other. */
type Token =
  | { readonly kind: "text"; readonly char: string }
  | { readonly kind: "class"; readonly regex: RegExp }
  /** `?`, `*`, `**` and `**` + `/`. */
  | { readonly kind: "one" | "some" | "any" | "folders" };

/** More stars than this would make a regular expression try far too many ways of matching. */
const MOST_STARS = 3;

/** `below`: a match on a folder takes in everything below it. */
function toMatcher(pattern: string, below: boolean): (path: string) => boolean {
  const tokens = tokenize(pattern);
  const stars = tokens.filter(({ kind }) => kind === "some" || kind === "any" || kind === "folders").length;
  if (stars > MOST_STARS) return (path) => step(tokens, path, below);
  const source = tokens.map(sourceOf).join("");
  const regex = new RegExp(`^${source}${below ? "(?:/.*)?" : ""}$`, "s");
  return (path) => regex.test(path);
}

function tokenize(pattern: string): Token[] {
  const tokens: Token[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i] ?? "";
    if (char === "*" && pattern[i + 1] === "*") {
      i++;
      // `**/x` also matches `x` itself.
      const folders = pattern[i + 1] === "/";
      if (folders) i++;
      tokens.push({ kind: folders ? "folders" : "any" });
    } else if (char === "*") {
      tokens.push({ kind: "some" });
    } else if (char === "?") {
      tokens.push({ kind: "one" });
    } else if (char === "[" && pattern.indexOf("]", i + 2) > 0) {
      const close = pattern.indexOf("]", i + 2);
      const regex = classOf(pattern.slice(i + 1, close));
      // A malformed class such as `[z-a]`: Docker refuses the pattern; matching it literally harms nothing.
      if (regex === undefined)
        for (const one of pattern.slice(i, close + 1)) tokens.push({ kind: "text", char: one });
      else tokens.push({ kind: "class", regex });
      i = close;
    } else if (char === "\\" && i + 1 < pattern.length) {
      i++;
      tokens.push({ kind: "text", char: pattern[i] ?? "" });
    } else {
      tokens.push({ kind: "text", char });
    }
  }
  return tokens;
}

function classOf(body: string): RegExp | undefined {
  try {
    return new RegExp(`[${body.replace(/[\\[\]]/g, "\\$&")}]`, "s");
  } catch {
    return undefined;
  }
}

function sourceOf(token: Token): string {
  if (token.kind === "text") return token.char.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
  if (token.kind === "class") return token.regex.source;
  if (token.kind === "one") return "[^/]";
  if (token.kind === "some") return "[^/]*?";
  return token.kind === "any" ? ".*?" : "(?:[^/]*/)*?";
}

/** How a state was reached: by what stands before its token, or by its star taking one character more. */
const ARRIVED = 1;
const STAYED = 2;

/** Follows all ways of matching side by side, so that time grows with length times length and no faster. */
function step(tokens: readonly Token[], path: string, below: boolean): boolean {
  // reached[n]: the first n tokens match what was read so far.
  let reached = new Uint8Array(tokens.length + 1);
  reached[0] = ARRIVED;
  skipEmpty(tokens, reached, "/");
  for (const char of path) {
    if (below && char === "/" && reached[tokens.length] !== 0) return true;
    const next = new Uint8Array(tokens.length + 1);
    for (const [n, token] of tokens.entries()) {
      if (reached[n] === 0) continue;
      const stays =
        token.kind === "any" || token.kind === "folders" || (token.kind === "some" && char !== "/");
      if (stays) next[n] = (next[n] ?? 0) | STAYED;
      else if (takes(token, char)) next[n + 1] = ARRIVED;
    }
    skipEmpty(tokens, next, char);
    reached = next;
  }
  return reached[tokens.length] !== 0;
}

/** Stars may end here: `folders` only when it has taken nothing, or a whole name with its slash. */
function skipEmpty(tokens: readonly Token[], reached: Uint8Array, char: string): void {
  for (const [n, { kind }] of tokens.entries()) {
    const how = reached[n] ?? 0;
    const ends =
      kind === "some" || kind === "any"
        ? how !== 0
        : kind === "folders" && ((how & ARRIVED) !== 0 || (how !== 0 && char === "/"));
    if (ends) reached[n + 1] = (reached[n + 1] ?? 0) | ARRIVED;
  }
}

function takes(token: Token, char: string): boolean {
  if (token.kind === "text") return token.char === char;
  if (token.kind === "class") return token.regex.test(char);
  return token.kind === "one" && char !== "/";
}
