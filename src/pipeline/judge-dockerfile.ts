import { relocate, relocateWaiver } from "../findings/relocate.ts";
import type { Waiver } from "../findings/waivers.ts";
import type { Judgement } from "../rules/apply.ts";
import type { DockerfileFacts } from "../rules/rule.ts";
import type { ShellcheckFacts } from "../scanners/shellcheck.ts";
import { commentWaivers } from "./comment-waivers.ts";
import { judge } from "./judge.ts";
import type { Surroundings } from "./project.ts";
import type { Settings } from "./suppressions.ts";

/** What is known beside the Dockerfile itself. */
export interface Beside {
  /** The folder around it, where there is one. */
  readonly project?: Surroundings | undefined;
  readonly shell?: ShellcheckFacts | undefined;
  /** Leads from the folder of the settings to that of the project. */
  readonly prefix?: string;
}

/** What the rules say of one Dockerfile and its project, and what comments there pass over. */
export interface Judged {
  readonly judgements: readonly Judgement[];
  readonly waivers: readonly Waiver[];
}

/** Judges one Dockerfile and, where there is a folder around it, the project's files. */
export async function judgeDockerfile(
  facts: DockerfileFacts,
  settings: Settings,
  { project, shell, prefix = "" }: Beside,
): Promise<Judged> {
  const judgements = [await judge("dockerfile", facts, settings)];
  if (shell !== undefined) judgements.push(await judge("shellcheck", shell, settings));
  if (project !== undefined) judgements.push(await judge("project", { ...facts, ...project }, settings));
  const waivers = await commentWaivers(
    { dockerfile: facts.dockerfile, root: project?.context.root },
    judgements.flatMap(({ findings }) => findings),
    settings,
  );
  return {
    judgements: judgements.map((judgement) => ({
      ...judgement,
      findings: judgement.findings.map((finding) => relocate(finding, prefix)),
    })),
    waivers: waivers.map((waiver) => relocateWaiver(waiver, prefix)),
  };
}
