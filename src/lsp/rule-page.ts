import type { Finding } from "../findings/finding.ts";
import type { Rule } from "../rules/rule.ts";

/** What stands over a finding in an editor: what to do here, then the rule's page. In Markdown. */
export function rulePage(rule: Rule, { fix }: Finding): string {
  const { id, title, why, requirements, aliases } = rule;
  return [
    `**${plain(title)}** (\`${id}\`)`,
    ...(fix === undefined ? [] : ["**Here**", ...hereOf(fix)]),
    "**Why it matters**",
    plain(why),
    "**What to do**",
    plain(rule.fix),
    ...(requirements.length === 0 ? [] : [`Requirements: ${requirements.map(plain).join(", ")}`]),
    ...(aliases.length === 0 ? [] : [`Known elsewhere as: ${aliases.map(plain).join(", ")}`]),
  ].join("\n\n");
}

/** A sentence, then lines to paste as a block of code. */
function hereOf(fix: string): string[] {
  const lines = fix.split("\n");
  const indented = (line: string): boolean => line.startsWith("    ");
  const words = lines
    .filter((line) => !indented(line))
    .join(" ")
    .trim();
  const code = lines.filter(indented).map((line) => line.slice(4));
  if (code.length === 0) return [plain(words)];
  const longest = Math.max(2, ...(code.join("\n").match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return [plain(words), `${fence}\n${code.join("\n")}\n${fence}`];
}

/** Words of ours and of the user's file, none of them meant as Markdown. */
const plain = (text: string): string => text.replace(/[\\`*_{}[\]<>#|~&]/g, "\\$&");
