import { readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { isBeyondReason, MOST_OPEN } from "../dockerfile/shell-tree.ts";
import { PratiqueError, systemErrorCode } from "../errors.ts";
import { relocate, relocateWaiver } from "../findings/relocate.ts";
import type { Judgement } from "../rules/apply.ts";
import type { Collector } from "./collector.ts";
import { commentWaivers } from "./comment-waivers.ts";
import { judge, unassessed } from "./judge.ts";
import { displayPath } from "./project.ts";
import type { Settings } from "./suppressions.ts";
import type { Unit } from "./targets.ts";

/** Neither a manifest nor a run file that a person wrote is larger. */
const MAX_BYTES = 512 * 1024;

/** What a user means by a job; a website's Deployment or a chart's parts are not for us to judge. */
export const JOB_KINDS = new Set(["Job", "CronJob", "JobSet", "Pod", "PersistentVolumeClaim"]);

/**
 * Judges a job manifest; undefined where a file that was found (and not named) is none. `text` takes the place of the
 * file's own. `prefix` leads from the folder of the settings to that of the unit.
 */
export async function lintManifest(
  unit: Unit,
  settings: Settings,
  collector: Collector,
  text: string | undefined,
  prefix: string,
): Promise<number | undefined> {
  const content = text ?? readText(unit.file, unit.named);
  if (content === undefined) return undefined;
  const { looksLikeManifest, readManifest } = await import("../job/read.ts");
  if (!unit.named && !looksLikeManifest(content)) return undefined;
  const file = relative(unit.root, unit.file).split(sep).join("/");
  const facts = readManifest(content, file);
  if (!unit.named && !facts.documents.some(({ kind }) => kind !== undefined && JOB_KINDS.has(kind)))
    return undefined;
  return settle(await judge("job", facts, settings), new Map([[file, content]]), settings, collector, prefix);
}

/** Judges the run files and scripts of one folder together: what a script hands to `ces-run` is read as that. */
export async function lintRunFiles(
  unit: Unit,
  settings: Settings,
  collector: Collector,
  prefix: string,
): Promise<number | undefined> {
  const { isScript, namedRunFiles, readScript, runFilesFacts } = await import("../run-files/read.ts");
  const texts = new Map<string, string>();
  const read = (path: string): string | undefined => {
    const text = texts.get(path) ?? readText(join(unit.root, path), unit.named);
    if (text !== undefined) texts.set(path, text);
    return text;
  };
  for (const path of unit.files ?? []) read(path);
  const scripts = [...texts].filter(([path]) => isScript(path)).map(([path, text]) => readScript(text, path));
  // What a script names counts, whatever it is called.
  namedRunFiles(scripts, (path) => read(path) !== undefined);
  if (texts.size === 0) return undefined;
  return settle(await judge("run-files", runFilesFacts(texts), settings), texts, settings, collector, prefix);
}

async function settle(
  judged: Judgement,
  texts: ReadonlyMap<string, string>,
  settings: Settings,
  collector: Collector,
  prefix: string,
): Promise<number> {
  const judgement = withUnread(judged, texts, collector);
  const { findings } = judgement;
  const waivers = await commentWaivers({ texts }, findings, settings);
  collector.waive(waivers.map((waiver) => relocateWaiver(waiver, prefix)));
  collector.judge({ ...judgement, findings: findings.map((finding) => relocate(finding, prefix)) });
  return findings.length;
}

function withUnread(
  judgement: Judgement,
  texts: ReadonlyMap<string, string>,
  collector: Collector,
): Judgement {
  const [unread] = [...texts].find(([, text]) => isBeyondReason(text)) ?? [];
  if (unread === undefined) return judgement;
  const reason = `${unread} opens more than ${MOST_OPEN} brackets or heredocs, so its commands were not read`;
  collector.note(`${reason}.`);
  return unassessed(judgement, reason);
}

/** The text of a small file; one that was found and is not what its name says is passed over, a named one is an error. */
function readText(path: string, named: boolean): string | undefined {
  try {
    const info = statSync(path);
    if (info.isFile() && info.size <= MAX_BYTES) {
      const bytes = readFileSync(path);
      if (!bytes.includes(0)) return bytes.toString("utf8");
      if (named) throw refused(path, "is not a text file");
      return undefined;
    }
    if (named) throw refused(path, `is ${info.size} bytes long: nobody wrote that by hand`);
    return undefined;
  } catch (error) {
    if (!named) return undefined;
    throw error instanceof PratiqueError
      ? error
      : refused(path, `cannot be read: ${systemErrorCode(error) ?? "unknown"}`);
  }
}

const refused = (path: string, why: string): PratiqueError =>
  new PratiqueError("project.unreadable", `${displayPath(process.cwd(), path)} ${why}.`, {
    hint: "Name a job manifest, a run file, a Dockerfile, or the project's folder.",
  });
