import { loadRules } from "../rules/registry/registry.gen.ts";
import type { DockerfileFacts } from "../rules/rule.ts";
import { isEnabled, settle } from "../rules/selection.ts";
import type { ShellcheckFacts } from "../scanners/shellcheck.ts";
import { isOnPath } from "../system/on-path.ts";
import type { Collector } from "./collector.ts";
import type { Settings } from "./suppressions.ts";

/** When ShellCheck is asked: where it is installed and the files are few, unless told. */
export type ShellcheckWhen = "auto" | "always" | "never";

/**
 * What ShellCheck says about the RUN instructions; undefined where it is not asked, or not installed, which is noted.
 * Where it is not installed this costs a look and no more.
 */
export async function askShellcheck(
  facts: DockerfileFacts,
  when: ShellcheckWhen,
  collector: Collector,
  settings: Pick<Settings, "config">,
  signal: AbortSignal,
): Promise<ShellcheckFacts | undefined> {
  if (when === "never" || !(await isWanted(settings))) return undefined;
  if (!isOnPath("shellcheck")) {
    collector.note("ShellCheck is not installed, so what it finds in the shell of RUN is not assessed.");
    return undefined;
  }
  const { shellcheckFacts } = await import("../scanners/shellcheck.ts");
  const [answer] = await shellcheckFacts([facts], { signal });
  return answer;
}

/** False where the settings leave its findings out: then nobody waits for them. */
async function isWanted({ config }: Pick<Settings, "config">): Promise<boolean> {
  const { rules, select, ignore } = config;
  if (select.length + ignore.length + Object.keys(rules).length === 0) return true;
  const own = await loadRules("shellcheck");
  const levels = settle(config, own);
  return own.some((rule) => isEnabled(rule, levels));
}
