import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { DockerfileFacts } from "../rules/rule.ts";
import type { ShellcheckFacts } from "../scanners/shellcheck.ts";

export const NO_SHELLCHECK =
  "ShellCheck is not installed, so what it finds in the shell of RUN is not assessed.";

/** What ShellCheck says about the RUN instructions; undefined where it is not installed, at the cost of a look. */
export async function askShellcheck(
  facts: DockerfileFacts,
  signal: AbortSignal,
): Promise<ShellcheckFacts | undefined> {
  if (!isInstalled()) return undefined;
  const { shellcheckFacts } = await import("../scanners/shellcheck.ts");
  const [answer] = await shellcheckFacts([facts], { signal });
  return answer;
}

let installed: boolean | undefined;

function isInstalled(): boolean {
  installed ??= (process.env.PATH ?? "").split(delimiter).some((folder) => {
    if (folder === "") return false;
    try {
      accessSync(join(folder, "shellcheck"), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  return installed;
}
