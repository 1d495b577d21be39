import type { Finding } from "./finding.ts";

/** A finding that the project accepts, with its reason. */
export interface Waiver {
  readonly rule: string;
  /** Only findings in this file or image path. */
  readonly path?: string | undefined;
  readonly reason: string;
  readonly by?: string | undefined;
  /** ISO date; the waiver no longer counts after it. */
  readonly until?: string | undefined;
}

export interface Waived {
  readonly findings: readonly Finding[];
  /** Waivers that no longer count, or that matched nothing. */
  readonly notes: readonly string[];
}

/** Marks findings that the configuration accepts. `today` is an ISO date; a waiver counts up to and on its last day. */
export function applyWaivers(
  findings: readonly Finding[],
  waivers: readonly Waiver[],
  today: string,
): Waived {
  const notes: string[] = [];
  const live: Waiver[] = [];
  for (const waiver of waivers) {
    if (waiver.until !== undefined && waiver.until < today) {
      notes.push(`The waiver for ${waiver.rule} ended on ${waiver.until} and no longer counts.`);
    } else {
      live.push(waiver);
    }
  }
  const used = new Set<Waiver>();
  const marked = findings.map((finding): Finding => {
    const waiver = live.find((candidate) => covers(candidate, finding));
    if (waiver === undefined) return finding;
    used.add(waiver);
    return {
      ...finding,
      waived: {
        reason: waiver.reason,
        ...(waiver.by === undefined ? {} : { by: waiver.by }),
        ...(waiver.until === undefined ? {} : { until: waiver.until }),
      },
    };
  });
  for (const waiver of live) {
    if (!used.has(waiver)) notes.push(`The waiver for ${waiver.rule} matched no finding.`);
  }
  return { findings: marked, notes };
}

function covers(waiver: Waiver, finding: Finding): boolean {
  if (waiver.rule !== finding.rule && !finding.aliases.includes(waiver.rule)) return false;
  if (waiver.path === undefined) return true;
  const { location } = finding;
  if (location === undefined) return false;
  if ("file" in location) return location.file === waiver.path;
  return "imagePath" in location && location.imagePath === waiver.path;
}
