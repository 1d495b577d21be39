import { inflateSync } from "node:zlib";
import { type Declared, declared, isObject, jsonObject, MB, stringOf, wordOf } from "./ecosystem.ts";
import { inflate } from "./zip.ts";

/** What `cargo auditable` wrote of the build: compressed JSON in the section `.dep-v0`. */
export function rustBuild(section: Buffer): Declared[] {
  const text = inflate(() => inflateSync(section, { maxOutputLength: 8 * MB }))?.toString("utf8");
  const packages = jsonObject(text ?? "")?.packages;
  const found: Declared[] = [];
  for (const one of Array.isArray(packages) ? packages : []) {
    // What only builds it is not in it.
    if (!isObject(one) || one.kind === "build") continue;
    const name = wordOf(stringOf(one.name));
    if (name === undefined) continue;
    const made = declared("rust", name, stringOf(one.version), { type: "cargo", name });
    if (made !== undefined) found.push(made);
  }
  return found;
}
