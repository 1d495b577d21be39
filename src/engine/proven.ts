import { readFile, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import * as z from "zod";
import { systemErrorCode } from "../errors.ts";
import { writeWhole } from "../system/files.ts";
import { currentOwner } from "../system/owner.ts";
import { hardLimit } from "../system/proc.ts";
import type { Adjustments, Engine, EngineInfo } from "./engine.ts";
import { type ProbeOwner, probeEngine } from "./probe.ts";

/** Milliseconds for which an answer is kept. */
const KEPT = 24 * 60 * 60 * 1000;

/** Only what `adjust` may have said: the file becomes words of a command line. */
const note = z.strictObject({
  key: z.string(),
  at: z.number(),
  adjustments: z.strictObject({
    runtime: z.exactOptional(z.string()),
    ulimits: z.exactOptional(z.array(z.string().regex(/^(?:nofile|nproc)=\d+:\d+$/))),
    notes: z.array(z.string()),
  }),
});

/**
 * The engine with which containers start on this machine. To find that out takes a second or two, as long as a small
 * test itself, and the answer stays the same: it is kept for a day, in the user's own cache folder, as long as the
 * engine is what it was and the machine is not started anew.
 */
export async function provenEngine(engine: Engine, by: ProbeOwner, signal?: AbortSignal): Promise<Engine> {
  const known = await recall(engine.info);
  if (known !== undefined) return engine.with(known);
  const proven = await probeEngine(engine, by, signal);
  await remember(proven);
  return proven;
}

/** After a failure the next run asks anew: something may have changed that nobody told us of. */
export async function forget({ name }: EngineInfo): Promise<void> {
  await rm(fileOf(name), { force: true });
}

async function recall(info: EngineInfo): Promise<Adjustments | undefined> {
  let text: string;
  try {
    text = await readFile(fileOf(info.name), "utf8");
  } catch (error) {
    if (["ENOENT", "EACCES", "ENOTDIR"].includes(systemErrorCode(error) ?? "")) return undefined;
    throw error;
  }
  const read = note.safeParse(parsed(text));
  if (!read.success || read.data.key !== keyOf(info)) return undefined;
  const { at, adjustments } = read.data;
  const age = Date.now() - at;
  const { runtime } = adjustments;
  const fits = runtime === undefined || info.otherRuntimes.includes(runtime);
  return fits && age >= 0 && age <= KEPT ? adjustments : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not ours, or half of it: as good as none.
    return undefined;
  }
}

async function remember({ info, adjustments }: Engine): Promise<void> {
  const content = { key: keyOf(info), at: Date.now(), adjustments };
  // Without a folder to keep it in, the next run asks again.
  await writeWhole(fileOf(info.name), JSON.stringify(content), 0o600).catch(() => {});
}

const fileOf = (name: string): string =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "pratique", `${name}.json`);

/** All that the answer may depend on. */
const keyOf = (info: EngineInfo): string =>
  JSON.stringify([
    info,
    currentOwner().boot,
    process.getuid?.() ?? "",
    hardLimit("Max open files"),
    hardLimit("Max processes"),
    ["DOCKER_HOST", "DOCKER_CONTEXT", "CONTAINER_HOST"].map((name) => process.env[name] ?? ""),
  ]);
