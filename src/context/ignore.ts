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
  readonly regex: RegExp;
}

export function parseIgnore(text: string): IgnoreRules {
  const patterns: Pattern[] = [];
  for (const raw of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const line = raw.trim();
    if (line === "" || raw.startsWith("#")) continue;
    const negated = line.startsWith("!");
    const path = cleanPattern(negated ? line.slice(1).trim() : line);
    if (path === "" || path === ".") continue;
    patterns.push({ negated, regex: toRegex(path) });
  }
  const hasNegation = patterns.some((pattern) => pattern.negated);

  const ignores = (path: string): boolean => {
    let ignored = false;
    for (const { negated, regex } of patterns) {
      if (negated === ignored && regex.test(path)) ignored = !negated;
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

/** A match on a folder takes in everything below it. */
function toRegex(pattern: string): RegExp {
  let source = "";
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i] ?? "";
    if (char === "*" && pattern[i + 1] === "*") {
      i++;
      // `**/x` also matches `x` itself.
      if (pattern[i + 1] === "/") {
        i++;
        source += "(?:[^/]*/)*?";
      } else {
        source += ".*?";
      }
    } else if (char === "*") {
      source += "[^/]*?";
    } else if (char === "?") {
      source += "[^/]";
    } else if (char === "[") {
      const close = pattern.indexOf("]", i + 2);
      if (close < 0) {
        source += "\\[";
      } else {
        const body = pattern.slice(i + 1, close).replace(/[\\[\]]/g, "\\$&");
        source += `[${body}]`;
        i = close;
      }
    } else if (char === "\\" && i + 1 < pattern.length) {
      i++;
      source += escapeRegex(pattern[i] ?? "");
    } else {
      source += escapeRegex(char);
    }
  }
  try {
    return new RegExp(`^${source}(?:/.*)?$`, "s");
  } catch {
    // A malformed class such as `[z-a]`: Docker refuses the pattern; matching it literally harms nothing.
    return new RegExp(`^${escapeRegex(pattern)}(?:/.*)?$`, "s");
  }
}

const escapeRegex = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
