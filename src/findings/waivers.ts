import { type FileLocation, type Finding, isFileLocation, type WaiverRef } from "./finding.ts";
import { means } from "./names.ts";

/** Where a waiver is written: in our settings, in a comment of ours, or in what belongs to a peer. */
export type WaiverSource = "settings" | "comment" | "hadolint" | "trivy" | "buildkit" | "checkov";

/** A finding that the project accepts, with its reason. */
export interface Waiver {
  /** A rule's id, or a peer's name for it; or the name of a vulnerability (`CVE-2023-45853`). */
  readonly rule: string;
  /** Only findings in this file, below this folder (with a slash at its end), or at this path in the image. */
  readonly path?: string | undefined;
  /** Only findings that begin on these lines of the file, both included. */
  readonly lines?: { readonly first: number; readonly last: number } | undefined;
  /** For a vulnerability: only in this package. */
  readonly package?: string | undefined;
  /** Empty where none is given: then only what peers wrote counts, since their comments have no place for one. */
  readonly reason: string;
  readonly by?: string | undefined;
  /** ISO date; the waiver no longer counts after it. */
  readonly until?: string | undefined;
  readonly source: WaiverSource;
  readonly location?: FileLocation | undefined;
}

/** What became of a waiver. */
export interface WaiverUse {
  readonly waiver: Waiver;
  /** `refused`: it has no reason, and so does not count. */
  readonly outcome: "used" | "unused" | "expired" | "refused";
}

export interface Waived {
  readonly findings: readonly Finding[];
  readonly uses: readonly WaiverUse[];
}

/** What the report shows as the reason where a peer's comment gives none. */
const UNEXPLAINED: Readonly<Record<WaiverSource, string>> = {
  settings: "",
  comment: "",
  hadolint: "ignored for hadolint, without a reason",
  trivy: "ignored for Trivy, without a reason",
  buildkit: "skipped for BuildKit, without a reason",
  checkov: "skipped for Checkov, without a reason",
};

/** Marks findings that the project accepts. `today` is an ISO date; a waiver counts up to and on its last day. */
export function applyWaivers(
  findings: readonly Finding[],
  waivers: readonly Waiver[],
  today: string,
): Waived {
  if (waivers.length === 0) return { findings, uses: [] };
  const outcomes = new Map<Waiver, WaiverUse["outcome"]>(
    waivers.map((waiver) => [waiver, outcomeAtStart(waiver, today)]),
  );
  const covering = lookup(waivers.filter((waiver) => outcomes.get(waiver) === "unused"));
  const marked = findings.map((finding): Finding => {
    if (finding.waived !== undefined) return finding;
    const waiver = covering(finding);
    if (waiver === undefined) return finding;
    outcomes.set(waiver, "used");
    return {
      ...finding,
      waived: refOf(waiver),
    };
  });
  return {
    findings: marked,
    uses: waivers.map((waiver) => ({ waiver, outcome: outcomes.get(waiver) ?? "unused" })),
  };
}

/** What a finding that it covers says of it. */
export const refOf = (waiver: Waiver): WaiverRef => ({
  reason: reasonOf(waiver),
  ...(waiver.by === undefined ? {} : { by: waiver.by }),
  ...(waiver.until === undefined ? {} : { until: waiver.until }),
  source: waiver.source,
});

/** What becomes of a waiver whatever is found; `unused` where it may still be needed. */
export function outcomeAtStart(waiver: Waiver, today: string): WaiverUse["outcome"] {
  if (waiver.until !== undefined && waiver.until < today) return "expired";
  return reasonOf(waiver) === "" ? "refused" : "unused";
}

const reasonOf = ({ reason, source }: Waiver): string =>
  reason.trim() === "" ? UNEXPLAINED[source] : reason.trim();

/** Finds the first waiver that covers a finding, without a look at those for other rules: there may be thousands. */
function lookup(waivers: readonly Waiver[]): (finding: Finding) => Waiver | undefined {
  const byWord = new Map<string, { readonly waiver: Waiver; readonly index: number }[]>();
  for (const [index, waiver] of waivers.entries()) {
    const known = byWord.get(waiver.rule);
    if (known === undefined) byWord.set(waiver.rule, [{ waiver, index }]);
    else known.push({ waiver, index });
  }
  const wordsByRule = new Map<string, readonly string[]>();
  return (finding) => {
    const named = { id: finding.rule, aliases: finding.aliases };
    const key = [finding.rule, ...finding.aliases].join();
    let words = wordsByRule.get(key);
    if (words === undefined) {
      words = [...byWord.keys()].filter((word) => means(word, named));
      wordsByRule.set(key, words);
    }
    const first = words
      .flatMap((word) => byWord.get(word)?.find(({ waiver }) => covers(waiver, finding)) ?? [])
      .sort((a, b) => a.index - b.index)[0];
    return first?.waiver;
  };
}

/** Whether a waiver for the finding's rule is for its place. */
function covers(waiver: Waiver, finding: Finding): boolean {
  const { location } = finding;
  if (waiver.lines !== undefined) {
    if (!isFileLocation(location)) return false;
    if (location.startLine < waiver.lines.first || location.startLine > waiver.lines.last) return false;
  }
  if (waiver.path === undefined) return true;
  const place = placeOf(finding);
  return place !== undefined && (place === waiver.path || isBelow(place, waiver.path));
}

function placeOf({ location }: Finding): string | undefined {
  if (location === undefined) return undefined;
  if ("file" in location) return location.file;
  return "imagePath" in location ? location.imagePath : undefined;
}

const isBelow = (place: string, folder: string): boolean => folder.endsWith("/") && place.startsWith(folder);
