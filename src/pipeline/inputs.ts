import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import type { JudgedFile } from "../evidence/report.ts";
import type { ProjectFacts } from "../rules/rule.ts";
import { isSource } from "../source/scan.ts";
import { displayPath } from "./project.ts";

/** Files, relative to the project's folder, that jobs are started with. */
export interface JobFiles {
  readonly manifests: readonly string[];
  readonly runFiles: readonly string[];
}

/** The project's files that were read and judged, the Dockerfile left out, with their hashes. One that is gone is left out. */
export async function judgedFiles(
  root: string,
  { context, source }: ProjectFacts,
  { manifests, runFiles }: JobFiles,
  settings: string | undefined,
): Promise<readonly JudgedFile[]> {
  const skipped = new Set(source.skipped.map(({ file }) => file));
  const code = context.files.filter(
    ({ kind, path }) => kind === "file" && isSource(path) && !skipped.has(path),
  );
  const own = resolve(root, settings ?? "pratique.yaml");
  const wanted: Omit<JudgedFile, "sha256">[] = [
    ...(existsSync(own) ? [{ kind: "settings" as const, path: displayPath(root, own) }] : []),
    ...code.map(({ path }) => ({ kind: "source" as const, path })),
    ...manifests.map((path) => ({ kind: "job-manifest" as const, path })),
    ...runFiles.map((path) => ({ kind: "run-file" as const, path })),
  ];
  const files: JudgedFile[] = [];
  for (const { kind, path } of wanted) {
    const sha256 = await hashOf(resolve(root, path));
    if (sha256 !== undefined) files.push({ kind, path, sha256 });
  }
  return files;
}

async function hashOf(file: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    await pipeline(createReadStream(file), hash);
  } catch {
    return undefined;
  }
  return hash.digest("hex");
}
