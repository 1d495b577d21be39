import {
  compareFindings,
  compareText,
  type Finding,
  isFileLocation,
  type Proof,
  SEVERITIES,
} from "./finding.ts";

/**
 * Joins findings about one mistake: what the run or the image showed absorbs what the files let one expect, and
 * keeps it as proof. Findings belong together when they share a subject; the last kind of facts in `order` leads.
 * Subjects that begin with `config:` are the exception, see `joinConfigured`.
 */
export function mergeFindings(groups: readonly (readonly Finding[])[]): Finding[] {
  const merged: Finding[] = [];
  // Later groups lead: a run says more than an image, an image more than a file.
  const pending = joinConfigured(groups);
  for (let lead = pending.length - 1; lead >= 0; lead--) {
    for (const leader of pending[lead] ?? []) {
      // What is accepted must not hide what is not, nor the other way round.
      if (leader.waived !== undefined) {
        merged.push(leader);
        continue;
      }
      const proofs: Proof[] = [];
      let result = leader;
      for (let earlier = 0; earlier < lead; earlier++) {
        const group = pending[earlier] ?? [];
        for (let index = group.length - 1; index >= 0; index--) {
          const other = group[index];
          if (other === undefined || !shareSubject(leader, other) || other.waived !== undefined) continue;
          group.splice(index, 1);
          proofs.unshift(toProof(other), ...(other.proofs ?? []));
          result = absorb(result, other);
        }
      }
      merged.push(
        proofs.length === 0 ? result : { ...result, proofs: [...(leader.proofs ?? []), ...proofs] },
      );
    }
  }
  return merged.sort(compareFindings);
}

const CONFIGURED = "config:";

/**
 * An instruction of a Dockerfile and what the image says because of it are the very same thing (`USER`, `ENV TMPDIR`). There the file
 * leads, since it is put right there; and who has accepted it there has accepted it in the image.
 */
function joinConfigured(groups: readonly (readonly Finding[])[]): Finding[][] {
  const pending = groups.map((group) => [...group]);
  for (const [index, group] of pending.entries()) {
    pending[index] = group.filter((finding) => {
      const subject = finding.subjects?.find((one) => one.startsWith(CONFIGURED));
      if (subject === undefined) return true;
      for (const earlier of pending.slice(0, index)) {
        const at = earlier.findIndex(({ subjects }) => subjects?.includes(subject));
        const known = earlier[at];
        if (known === undefined) continue;
        earlier[at] = { ...absorb(known, finding), proofs: [...(known.proofs ?? []), toProof(finding)] };
        return false;
      }
      return true;
    });
  }
  return pending;
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

/**
 * What was found in the file can be put right there: its fix goes before that of the image, and before one with a
 * blank to fill in (the file knows which model is loaded, the run only from where), unless it cures something lesser.
 */
function betterFix(leader: Finding, other: Finding, complete: boolean): string | undefined {
  if (!complete || other.fix === undefined || hasBlank(other.fix)) return leader.fix;
  const aboutImage = leader.location !== undefined && "imagePath" in leader.location;
  return hasBlank(leader.fix) || (aboutImage && isFileLocation(other.location)) ? other.fix : leader.fix;
}

/** The joined finding fails what either failed, at the worse severity, and answers to both sets of names. */
function absorb(leader: Finding, other: Finding): Finding {
  const worse = SEVERITIES.indexOf(other.severity) < SEVERITIES.indexOf(leader.severity) ? other : leader;
  const fix = betterFix(leader, other, worse === other || other.severity === leader.severity);
  return {
    ...leader,
    ...(fix === undefined ? {} : { fix }),
    ...(leader.edits === undefined && other.edits !== undefined ? { edits: other.edits } : {}),
    severity: worse.severity,
    requirements: [...new Set([...leader.requirements, ...other.requirements])].sort(compareText),
    aliases: [...new Set([...leader.aliases, ...other.aliases])],
  };
}
