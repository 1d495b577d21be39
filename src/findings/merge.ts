import { compareFindings, compareText, type Finding, type Proof, SEVERITIES } from "./finding.ts";

/**
 * Joins findings about one mistake: what the run or the image showed absorbs what the files let one expect, and
 * keeps it as proof. Findings belong together when they share a subject; the last kind of facts in `order` leads.
 */
export function mergeFindings(groups: readonly (readonly Finding[])[]): Finding[] {
  const merged: Finding[] = [];
  // Later groups lead: a run says more than an image, an image more than a file.
  const pending = groups.map((group) => [...group]);
  for (let lead = pending.length - 1; lead >= 0; lead--) {
    for (const leader of pending[lead] ?? []) {
      const proofs: Proof[] = [];
      let result = leader;
      for (let earlier = 0; earlier < lead; earlier++) {
        const group = pending[earlier] ?? [];
        for (let index = group.length - 1; index >= 0; index--) {
          const other = group[index];
          if (other === undefined || !shareSubject(leader, other) || other.waived !== undefined) continue;
          group.splice(index, 1);
          proofs.unshift(toProof(other));
          result = absorb(result, other);
        }
      }
      merged.push(proofs.length === 0 ? result : { ...result, proofs });
    }
  }
  return merged.sort(compareFindings);
}

const shareSubject = (a: Finding, b: Finding): boolean =>
  a.subjects?.some((subject) => b.subjects?.includes(subject)) ?? false;

const toProof = (finding: Finding): Proof => ({
  rule: finding.rule,
  message: finding.message,
  ...(finding.location === undefined ? {} : { location: finding.location }),
  ...(finding.excerpt === undefined ? {} : { excerpt: finding.excerpt }),
});

/** A placeholder such as `<model>`. */
const hasBlank = (fix: string | undefined): boolean => fix !== undefined && /<[a-z][\w -]*>/.test(fix);

/** The joined finding fails what either failed, at the worse severity, and answers to both sets of names. */
function absorb(leader: Finding, other: Finding): Finding {
  const worse = SEVERITIES.indexOf(other.severity) < SEVERITIES.indexOf(leader.severity) ? other : leader;
  // The file knows which model is loaded, the run only from where: a fix with a blank to fill in gives way to one
  // without, unless that one cures something lesser.
  const complete = worse === other || other.severity === leader.severity;
  const fix =
    complete && hasBlank(leader.fix) && !hasBlank(other.fix) ? (other.fix ?? leader.fix) : leader.fix;
  return {
    ...leader,
    ...(fix === undefined ? {} : { fix }),
    severity: worse.severity,
    requirements: [...new Set([...leader.requirements, ...other.requirements])].sort(compareText),
    aliases: [...new Set([...leader.aliases, ...other.aliases])],
  };
}
