import { steadyMatcher } from "../context/ignore.ts";

/** More files, and longer names, than these are no help to anybody who mistyped one. */
const MOST_PATHS = 1000;
const MOST_COMPARED = 200;
const LONGEST = 120;

/** The path that a pattern without a match most likely meant: the same name in another folder, or nearly the same. */
export function nearestPath(pattern: string, paths: readonly string[]): string | undefined {
  if (pattern.length > LONGEST) return undefined;
  const near = paths.filter((path) => path.length <= LONGEST).slice(0, MOST_PATHS);
  const named = steadyMatcher(nameOf(pattern));
  const literal = pattern.replace(/[*?]/g, "").length;
  const sameName = /[\p{L}\p{N}]/u.test(nameOf(pattern))
    ? near.find((path) => named(nameOf(path)))
    : undefined;
  if (sameName !== undefined) return sameName;
  let best: { readonly path: string; readonly distance: number } | undefined;
  for (const path of near.slice(0, MOST_COMPARED)) {
    const distance = distanceOf(pattern.toLowerCase(), path.toLowerCase());
    if (best === undefined || distance < best.distance) best = { path, distance };
  }
  return best !== undefined && best.distance <= Math.max(1, Math.floor(literal / 3)) ? best.path : undefined;
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** How many characters have to be changed, added or taken away until the pattern matches; stars are free. */
function distanceOf(pattern: string, path: string): number {
  let row = Array.from({ length: path.length + 1 }, (_, index) => index);
  for (const char of pattern) {
    const next = [(row[0] ?? 0) + (char === "*" ? 0 : 1)];
    for (let j = 1; j <= path.length; j++) {
      const skipped = row[j] ?? 0;
      const both = row[j - 1] ?? 0;
      const added = next[j - 1] ?? 0;
      next[j] =
        char === "*"
          ? Math.min(skipped, added, both)
          : Math.min(skipped + 1, added + 1, both + (char === "?" || char === path[j - 1] ? 0 : 1));
    }
    row = next;
  }
  return row[path.length] ?? 0;
}
