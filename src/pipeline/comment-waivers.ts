import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Dockerfile } from "../dockerfile/model.ts";
import { type Finding, isFileLocation } from "../findings/finding.ts";
import type { Waiver } from "../findings/waivers.ts";
import type { Settings } from "./suppressions.ts";

/** A file that a person comments is no larger. */
const MAX_BYTES = 2 * 1024 * 1024;

/**
 * What comments pass over: in the Dockerfile, and in those other files that have findings at all. A file whose text
 * is at hand is not read again.
 */
export async function commentWaivers(
  files: {
    readonly dockerfile?: Dockerfile | undefined;
    readonly texts?: ReadonlyMap<string, string>;
    readonly root?: string | undefined;
  },
  findings: readonly Finding[],
  settings: Settings,
): Promise<Waiver[]> {
  const { dockerfile, texts, root } = files;
  const waivers: Waiver[] = [];
  if (dockerfile !== undefined && dockerfile.comments.length + dockerfile.directives.size > 0) {
    const { dockerfileWaivers } = await import("../suppressions/comments.ts");
    const all = dockerfileWaivers(dockerfile);
    waivers.push(...all.filter(({ source }) => source !== "hadolint" || settings.commentsCount));
  }
  const others = new Set(
    findings.flatMap(({ location }) =>
      isFileLocation(location) && location.file !== dockerfile?.file ? [location.file] : [],
    ),
  );
  for (const file of others) {
    const text = texts?.get(file) ?? (root === undefined ? undefined : await readText(join(root, file)));
    if (text === undefined || !text.includes("pratique")) continue;
    const { textWaivers } = await import("../suppressions/comments.ts");
    waivers.push(...textWaivers(text, file));
  }
  return waivers;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).size > MAX_BYTES ? undefined : await readFile(path, "utf8");
  } catch {
    // It has gone since it was looked at: then there is no comment to honour.
    return undefined;
  }
}
