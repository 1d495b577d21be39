import { constants } from "node:fs";
import { access, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerRunner } from "../engine/engine.ts";
import { INSIDE, type RunPlan } from "./plan.ts";

/** Milliseconds for a container that only changes modes; the recorder's own bound is a little less. */
const TIMEOUT = 11 * 60_000;

/**
 * Opens the folders that the job's user left closed to us: whoever starts a rootless engine, or may only talk to a
 * daemon, is another user than the job's. The recorder does this when a program ends; where it was ended itself, or had
 * no time for it all, another container does it, as the same user.
 */
export async function reclaim(engine: ContainerRunner, plan: RunPlan): Promise<void> {
  // Nothing is closed to root.
  if (!plan.observed || process.getuid?.() === 0) return;
  const { record } = plan.folders;
  const mounts = plan.job.mounts.filter(({ source, readOnly }) => !readOnly && source !== record);
  const open = await Promise.all(mounts.map(({ source }) => isOpen(source)));
  if (!open.includes(false)) return;
  const name = `${plan.job.name}-open`;
  await engine.runContainer(
    {
      ...plan.job,
      name,
      network: "none",
      entrypoint: `${INSIDE}/recorder`,
      command: ["release", ...mounts.map(({ target }) => target)],
    },
    { timeout: TIMEOUT },
  );
  await engine.remove(name);
}

/** Whether we can remove everything in a tree: it is the folders that decide. */
async function isOpen(folder: string): Promise<boolean> {
  try {
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (entry.isDirectory() && !(await isOpen(join(folder, entry.name)))) return false;
    }
    return true;
  } catch {
    // Closed, or deeper than a path can say: then nobody has looked.
    return false;
  }
}
