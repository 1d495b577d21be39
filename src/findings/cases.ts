import type { Finding } from "./finding.ts";

/** A finding of only some of several test cases says in its words which they are. */
export function namingCases(finding: Finding, all: readonly string[]): Finding {
  const { cases = [] } = finding;
  if (cases.length === 0 || (all.length > 1 && cases.length === all.length)) return finding;
  const names = cases.map((name) => `“${name}”`);
  const listed = names.length === 1 ? names[0] : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  return { ...finding, message: `In the case${names.length === 1 ? "" : "s"} ${listed}: ${finding.message}` };
}
