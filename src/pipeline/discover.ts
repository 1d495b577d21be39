import { join } from "node:path";
import type { ContainerRunner } from "../engine/engine.ts";
import { messageOf, PratiqueError } from "../errors.ts";
import type { Discovery } from "../run/contacts.ts";
import type { RunPlan } from "../run/plan.ts";
import type { Recording } from "../run/recording.ts";
import type { Workspace } from "../system/workspace.ts";
import type { StepContext } from "./judge.ts";

/**
 * Where a run tried to use the network, runs it once more to hear what it asks for. A failure to do so is said, and takes
 * nothing away from the first run.
 */
export async function explainAttempts(
  runner: ContainerRunner,
  plan: RunPlan,
  recording: Recording,
  workspace: Workspace,
  context: StepContext,
): Promise<Recording> {
  const { explained, leavesQuestions, planDiscovery } = await import("../run/discover.ts");
  if (!leavesQuestions(recording)) return recording;
  const without = (status: Discovery["status"], reason: string): Recording => ({
    ...recording,
    discover: { status, reason, seconds: 0 },
  });
  if (context.discover === false) return without("not-wanted", "--no-discover was given");
  try {
    const [{ executeRun }, { prepareFolders }] = await Promise.all([
      import("../run/execute.ts"),
      import("../run/folders.ts"),
    ]);
    const {
      runtime,
      case: { settings },
    } = plan.trial;
    const temporary = join(workspace.temporary, `${plan.job.name}-discover`);
    const folders = await prepareFolders(temporary, join(temporary, "outputs"), settings.data, runtime);
    const discovery = planDiscovery(plan, recording, folders);
    if (discovery === undefined) return without("failed", "the recorder is not installed");
    context.progress.detail("once more, with names answered, to hear what it asks for");
    const heard = await executeRun(runner, discovery, {
      logFile: join(temporary, "program.log"),
      logName: "",
      signal: context.signal,
      onLine: () => {},
    });
    return explained(recording, heard);
  } catch (error) {
    if (!(error instanceof PratiqueError) || error.code === "interrupted") throw error;
    return without("failed", messageOf(error));
  }
}
