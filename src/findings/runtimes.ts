import { type Finding, isFileLocation } from "./finding.ts";
import { fingerprints } from "./fingerprint.ts";

/**
 * Joins the findings of several runs: what is the same in several runtimes is one finding, in the words of the first
 * run, that names them all.
 */
export function joinRuns(runs: readonly (readonly Finding[])[]): Finding[] {
  const joined = new Map<string, Finding>();
  for (const findings of runs) {
    const names = fingerprints(findings);
    for (const [index, finding] of findings.entries()) {
      // An expectation has one place, and may be missed in other ways elsewhere.
      const words = isFileLocation(finding.location) ? finding.message : "";
      const name = `${names[index] ?? ""}\n${words}`;
      const known = joined.get(name);
      joined.set(name, known === undefined ? finding : seenIn(known, finding));
    }
  }
  return [...joined.values()];
}

/**
 * Adds what only showed beside the verdict: to a finding that is there already the other runtimes are added, the rest
 * are remarks, since the runtimes that they were seen in do not decide.
 */
export function addBeside(findings: readonly Finding[], beside: readonly (readonly Finding[])[]): Finding[] {
  const result = [...findings];
  const others = joinRuns(beside.map((run) => run.filter(({ runtimes }) => runtimes !== undefined)));
  // A lint has none, and may have many thousands of findings, each dear to name.
  if (others.length === 0) return result;
  const own = fingerprints(findings);
  const known = new Map(own.map((name, index) => [name, index]));
  const names = fingerprints(others);
  for (const [index, other] of others.entries()) {
    const at = known.get(names[index] ?? "");
    const same = at === undefined ? undefined : result[at];
    if (at !== undefined && same?.runtimes !== undefined) result[at] = seenIn(same, other);
    else result.push({ ...other, severity: "info" });
  }
  return result;
}

const seenIn = (finding: Finding, other: Finding): Finding => {
  const cases = [...new Set([...(finding.cases ?? []), ...(other.cases ?? [])])];
  return {
    ...finding,
    runtimes: [...new Set([...(finding.runtimes ?? []), ...(other.runtimes ?? [])])],
    ...(cases.length === 0 ? {} : { cases }),
  };
};
