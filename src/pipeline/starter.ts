import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerRunner, Engine } from "../engine/engine.ts";
import { PratiqueError } from "../errors.ts";
import type { ImageFacts } from "../image/facts.ts";
import type { NamedRuntime } from "../profiles/profile.ts";
import type { RunPlan } from "../run/plan.ts";
import type { Workspace } from "../system/workspace.ts";
import type { StepContext } from "./judge.ts";

/** Whether the program is the one that starts containers of the runtime in the place itself. */
export const isPlacesOwn = ({ startedBy }: NamedRuntime, { info }: ContainerRunner): boolean =>
  info.name === startedBy.value || (startedBy.value === "apptainer" && info.name === "singularity");

/** What starts the containers of a runtime, and what it changes in a plan that was made for an engine. */
export interface Starter {
  readonly runner: ContainerRunner;
  readonly adapt: (plan: RunPlan) => RunPlan;
}

/** The place's own program where it is installed, else the engine, which imitates it. */
export async function starterOf(
  runtime: NamedRuntime,
  engine: Engine,
  image: ImageFacts,
  workspace: Workspace,
  { collector, signal }: StepContext,
): Promise<Starter> {
  const imitated = { runner: engine, adapt: (plan: RunPlan) => plan };
  if (runtime.startedBy.value !== "apptainer") return imitated;
  const { ApptainerRunner, buildSif, findApptainer } = await import("../engine/apptainer.ts");
  const apptainer = await findApptainer();
  if (apptainer === undefined) {
    collector.note(`Apptainer is not installed, so ${engine.info.name} imitated it.`);
    return imitated;
  }
  const folder = join(workspace.temporary, "apptainer");
  await mkdir(folder, { recursive: true });
  const archive = join(folder, "image.tar");
  const sif = join(folder, "image.sif");
  try {
    await engine.saveImage(image.id, archive, signal);
    await buildSif(apptainer, archive, sif, signal);
    await rm(archive, { force: true });
  } catch (error) {
    if (!(error instanceof PratiqueError) || error.code === "interrupted") throw error;
    collector.note(
      `${apptainer.name} is installed and could not be used, so ${engine.info.name} imitated it: ${error.message}`,
    );
    return imitated;
  }
  collector.note(
    `${apptainer.name} ${apptainer.version} ran the job itself: as the user who started pratique, without limits of memory and processes, and without a network in which names could be seen.`,
  );
  const user = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  return { runner: new ApptainerRunner(apptainer, sif, folder), adapt: (plan) => withoutHolder(plan, user) };
}

/** Apptainer cannot join the network that a holder owns. */
const withoutHolder = (plan: RunPlan, user: RunPlan["user"]): RunPlan => ({
  ...plan,
  user,
  holder: undefined,
  job: { ...plan.job, network: "none" },
});
