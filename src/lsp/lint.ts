import { basename, isAbsolute, join, relative, resolve } from "node:path";
import { PratiqueError } from "../errors.ts";
import { type Finding, isFileLocation, type Location } from "../findings/finding.ts";
import { fixText } from "../fix/loop.ts";
import type { CommandOptions, CommandResult } from "../pipeline/command.ts";
import { lintCommand, lintText } from "../pipeline/lint.ts";
import { kindOf } from "../pipeline/targets.ts";
import { isFile } from "../system/files.ts";
import { DEFAULT_OUTPUT } from "../system/output.ts";
import { isInside, type Snapshot, uriOf } from "./documents.ts";
import type { EditorSettings } from "./settings.ts";

/** What lint needs to know beside the text. */
export interface Surroundings {
  /** Folder whose settings hold, and from which files are named; undefined: where the server was started. */
  readonly folder: string | undefined;
  readonly settings: EditorSettings;
  /** The documents that are open, by their paths: each editor writes addresses in its own way. */
  readonly open: ReadonlyMap<string, string>;
}

/** The findings, with the addresses of files in place of their names, and what kept the text from being read. */
export interface Linted {
  readonly findings: readonly Finding[];
  readonly problem: PratiqueError | undefined;
}

/** No person writes a longer Dockerfile. */
const MAX_LENGTH = 4 * 1024 * 1024;

const SILENT: CommandOptions["progress"] = { start() {}, detail() {}, done() {} };
const STARTED_IN = process.cwd();

/**
 * Lints the editor's text with the project around it as it is on disk. Only one call may run at a time: files are
 * named from the process's working directory, which each call sets to the folder that its document belongs to.
 */
export async function lintSnapshot(
  snapshot: Snapshot,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<Linted> {
  try {
    if (snapshot.places.text.length > MAX_LENGTH)
      throw new PratiqueError("project.too-large", "This text is too long to be checked.");
    return await lintAs(snapshot, snapshot.places.text, surroundings, signal);
  } catch (error) {
    if (!(error instanceof PratiqueError)) throw error;
    return { findings: [], problem: error };
  }
}

/**
 * What the text becomes when all that has one safe answer is mended, seen as `lintSnapshot` sees it; the text itself
 * where nothing is, or nobody waits for it any longer. No registry is asked.
 */
export async function mendSnapshot(
  snapshot: Snapshot,
  surroundings: Surroundings,
  isCancelled: () => boolean,
): Promise<string> {
  const { uri, kind, places } = snapshot;
  const { text } = places;
  if (kind !== "dockerfile" || text.length > MAX_LENGTH) return text;
  const { signal } = new AbortController();
  let whole = true;
  const fixed = await fixText(text, uri, async (current) => {
    whole &&= !isCancelled();
    if (!whole) return [];
    try {
      return (await lintAs(snapshot, current, surroundings, signal, "never")).findings;
    } catch (error) {
      if (!(error instanceof PratiqueError)) throw error;
      whole = false;
      return [];
    }
  });
  return whole ? fixed.text : text;
}

async function lintAs(
  { uri, path, kind }: Snapshot,
  text: string,
  { folder = STARTED_IN, settings, open }: Surroundings,
  signal: AbortSignal,
  shellcheck?: "never",
): Promise<Linted> {
  // Behind links the system may name the folder otherwise.
  const base = enter(folder);
  const target = path === undefined || !isInside(path, folder) ? path : join(base, relative(folder, path));
  const options = { ...settings, target: ".", output: resolve(DEFAULT_OUTPUT), signal, progress: SILENT };
  const result: CommandResult =
    target !== undefined && kindOf(basename(target)) === kind && (await isFile(target))
      ? await lintCommand({ ...options, targets: [target], texts: new Map([[target, text]]), shellcheck })
      : await lintText(Buffer.from(text), options);
  const addressOf = (file: string): string => {
    if (file === "-") return uri;
    const found = isAbsolute(file) ? file : join(base, file);
    if (found === target) return uri;
    const named = isInside(found, base) ? join(folder, relative(base, found)) : found;
    return open.get(named) ?? uriOf(named);
  };
  return {
    findings: result.report.findings.map((finding) => addressed(finding, addressOf)),
    problem: result.failure,
  };
}

/** Where the process is after it went to the folder, or to one that can be entered. */
function enter(folder: string): string {
  for (const place of [folder, STARTED_IN]) {
    try {
      process.chdir(place);
      return process.cwd();
    } catch {
      // It was removed, or may not be entered.
    }
  }
  process.chdir("/");
  return process.cwd();
}

function addressed(finding: Finding, addressOf: (file: string) => string): Finding {
  const moved = <T extends { readonly location?: Location | undefined }>(item: T): T =>
    isFileLocation(item.location)
      ? { ...item, location: { ...item.location, file: addressOf(item.location.file) } }
      : item;
  return {
    ...moved(finding),
    ...(finding.proofs === undefined ? {} : { proofs: finding.proofs.map(moved) }),
    ...(finding.edits === undefined
      ? {}
      : { edits: finding.edits.map((edit) => ({ ...edit, file: addressOf(edit.file) })) }),
  };
}
