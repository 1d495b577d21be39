import { createHash } from "node:crypto";
import { lstat, readFile, realpath } from "node:fs/promises";
import { relative } from "node:path";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { systemErrorCode } from "../errors.ts";
import { type Finding, isFileLocation } from "../findings/finding.ts";
import { mergeFindings } from "../findings/merge.ts";
import { applyWaivers } from "../findings/waivers.ts";
import { unifiedDiff } from "../fix/diff.ts";
import { type FindIn, fixText } from "../fix/loop.ts";
import { pinEdit, pinnable } from "../fix/pin.ts";
import type { FixedFile } from "../fix/result.ts";
import type { DigestSource } from "../registry/client.ts";
import { hideSecrets } from "../rules/secrets.ts";
import { writeWhole } from "../system/files.ts";
import { judgeDockerfile } from "./judge-dockerfile.ts";
import { dockerfileFacts, type Surroundings } from "./project.ts";
import type { Settings } from "./suppressions.ts";

/** A Dockerfile that was linted. */
export interface FileToFix {
  /** As its findings name it: relative to the project, with forward slashes. */
  readonly file: string;
  readonly absolute: string;
  /** The project's folder: nothing outside it is written. */
  readonly root: string;
  /** Of the bytes that the findings were made from, in hexadecimal. */
  readonly sha256: string;
  /** Lints a text in place of the file's own, and applies waivers: `findAgain`. */
  readonly find: FindIn;
  /** The name to show, where that is another one. */
  readonly shown?: string;
}

export interface FixOptions {
  /** False for `--dry-run`: the files stay as they are. */
  readonly write: boolean;
  /** Says what tags stand for, so that bases can be pinned; without it they are left as they are. */
  readonly digests?: DigestSource | undefined;
}

/**
 * Lints texts as the file was linted, with what is waived marked. `file` is its name in the project, and `prefix` leads
 * from the folder of the settings to that of the project.
 */
export function findAgain(file: string, settings: Settings, project?: Surroundings, prefix = ""): FindIn {
  const today = new Date().toISOString().slice(0, 10);
  return async (text) => {
    const facts = dockerfileFacts(parseDockerfile(text, file), settings.config.build.args);
    const { judgements, waivers } = await judgeDockerfile(facts, settings, { project, prefix });
    const all = [...settings.waivers, ...waivers];
    return mergeFindings(judgements.map(({ findings }) => applyWaivers(findings, all, today).findings));
  };
}

/** Fixes what has one safe cure in files that were linted, one after the other; code is never touched. */
export async function fixFiles(files: readonly FileToFix[], options: FixOptions): Promise<FixedFile[]> {
  const results: FixedFile[] = [];
  for (const file of files) results.push(await fixFile(file, options));
  return results;
}

async function fixFile(file: FileToFix, options: FixOptions): Promise<FixedFile> {
  const shown = file.shown ?? file.file;
  const untouched = (note: string): FixedFile => ({ ...NOTHING, file: shown, notes: [note] });
  const before = await readUnchanged(file);
  if ("problem" in before) return untouched(before.problem);
  const { text, result } = await fixContent(before.text, file.file, file.find, options.digests, shown);
  if (!options.write || text === before.text) return result;
  // Registries take their time: an editor may have saved the file in between.
  const now = await readUnchanged(file);
  if ("problem" in now) return untouched(now.problem);
  await writeWhole(now.path, text, now.mode);
  return { ...result, written: true };
}

const NOTHING: Omit<FixedFile, "file"> = {
  rules: [],
  fixed: 0,
  left: 0,
  diff: "",
  written: false,
  notes: [],
};

/** Fixes a text that may come from anywhere, standard input for example. */
export async function fixContent(
  text: string,
  file: string,
  find: FindIn,
  digests?: DigestSource,
  shown = file,
): Promise<{ readonly text: string; readonly result: FixedFile }> {
  const reasons = new Set<string>();
  const fixed = await fixText(
    text,
    file,
    digests === undefined ? find : withDigests(find, file, digests, reasons),
  );
  const rules = [...fixed.rules]
    .map(([rule, count]) => ({ rule, count }))
    .sort((a, b) => b.count - a.count || (a.rule < b.rule ? -1 : 1));
  const notes = [...reasons].map((reason) => `A base image was not pinned: ${reason}.`);
  if (!fixed.settled) notes.push("Some fixes undo each other; run it again after looking at the rest.");
  return {
    text: fixed.text,
    result: {
      file: shown,
      rules,
      fixed: rules.reduce((sum, { count }) => sum + count, 0),
      left: fixed.left.filter((finding) => isOpenIn(finding, file)).length,
      diff: unifiedDiff(shown, text, fixed.text, readable),
      written: false,
      notes,
    },
  };
}

const isOpenIn = ({ location, waived }: Finding, file: string): boolean =>
  waived === undefined && (!isFileLocation(location) || location.file === file);

/** A line of a diff: it must not show more than a finding would. */
export const readable = (line: string): string => {
  const shown = hideSecrets(line.slice(0, 2000));
  return line.length > 2000 ? `${shown}…` : shown;
};

/** Adds the edits that pin a base, which no rule can make: rules ask nobody. */
function withDigests(find: FindIn, file: string, digests: DigestSource, reasons: Set<string>): FindIn {
  return async (text) => {
    const findings = await find(text);
    if (!findings.some(isUnpinned)) return findings;
    const dockerfile = parseDockerfile(text, file);
    return Promise.all(
      findings.map(async (finding) => {
        const place = isUnpinned(finding) ? pinnable(dockerfile, finding) : undefined;
        if (place === undefined) return finding;
        const answer = await digests(place.reference);
        if ("digest" in answer) return { ...finding, edits: [pinEdit(dockerfile, place, answer.digest)] };
        reasons.add(answer.reason);
        return finding;
      }),
    );
  };
}

const isUnpinned = ({ rule, waived, edits }: Finding): boolean =>
  rule === "unpinned-base" && waived === undefined && edits === undefined;

/** The file if it is still what was read, and may be written; else why not. */
export async function readUnchanged(
  file: Pick<FileToFix, "absolute" | "root" | "sha256">,
): Promise<
  { readonly path: string; readonly mode: number; readonly text: string } | { readonly problem: string }
> {
  try {
    // A link within the project stays: what it points to is written.
    const path = await realpath(file.absolute);
    const inside = relative(await realpath(file.root), path);
    if (inside === "" || inside.startsWith("..") || inside.startsWith("/"))
      return { problem: "It was not changed: it lies outside the project." };
    const info = await lstat(path);
    if (!info.isFile()) return { problem: "It was not changed: it is no ordinary file." };
    const bytes = await readFile(path);
    if (createHash("sha256").update(bytes).digest("hex") !== file.sha256)
      return { problem: "It was not changed: somebody else changed it meanwhile. Run the command again." };
    const text = bytes.toString("utf8");
    if (!Buffer.from(text, "utf8").equals(bytes))
      return { problem: "It was not changed: it is not written in UTF-8." };
    return { path, mode: info.mode & 0o7777, text };
  } catch (error) {
    return { problem: `It was not changed: it cannot be read (${systemErrorCode(error) ?? "unknown"}).` };
  }
}
