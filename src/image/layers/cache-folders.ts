import type { TreeTable } from "../merged.ts";
import { ROOT } from "../paths.ts";
import { CACHES } from "./caches.ts";

interface Pattern {
  /** Index in the table of caches. */
  readonly cache: number;
  readonly parts: readonly RegExp[];
  readonly anywhere: boolean;
  readonly beside: string | undefined;
}

/** Patterns by the last part of their folders; those with a `*` there are tried at every folder. */
const BY_NAME = new Map<string, Pattern[]>();
const WITH_STAR: Pattern[] = [];

for (const [cache, { folders, beside }] of CACHES.entries()) {
  for (const folder of folders) {
    const names = folder.split("/").filter((name) => name !== "" && name !== "**");
    const parts = names.map((name) => new RegExp(`^${name.split("*").map(escaped).join("[^/]*")}$`));
    const pattern = { cache, parts, anywhere: folder.startsWith("**"), beside };
    const last = names.at(-1) ?? "";
    if (last.includes("*")) WITH_STAR.push(pattern);
    else BY_NAME.set(last, [...(BY_NAME.get(last) ?? []), pattern]);
  }
}

function escaped(text: string): string {
  return text.replace(/[\\^$.+?()[\]{}|]/g, "\\$&");
}

/** Index in the table of caches that a folder begins; undefined where it begins none. */
export function cacheAt(tree: TreeTable, id: number): number | undefined {
  const name = tree.name(id);
  return (
    BY_NAME.get(name)?.find((pattern) => fits(tree, id, pattern)) ??
    WITH_STAR.find((pattern) => fits(tree, id, pattern))
  )?.cache;
}

function fits(tree: TreeTable, id: number, { parts, anywhere, beside }: Pattern): boolean {
  let at = id;
  for (let index = parts.length - 1; index >= 0; index--) {
    if (at === ROOT || parts[index]?.test(tree.name(at)) !== true) return false;
    at = tree.parent(at);
  }
  if (!anywhere && at !== ROOT) return false;
  if (beside === undefined) return true;
  for (const child of tree.children(tree.parent(id))) if (tree.name(child) === beside) return true;
  return false;
}
