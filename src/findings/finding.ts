/** What a rule says about a project, an image or a run. Plain data: it is written to the report as it is. */

export const SEVERITIES = ["error", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Lines and columns count from 1; the end column is the one after the last character. */
export interface FileLocation {
  /** Relative to the project folder, with forward slashes. */
  readonly file: string;
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** The place of a whole line, whose text is given. */
export const wholeLine = (file: string, line: number, text: string): FileLocation => ({
  file,
  startLine: line,
  startColumn: 1,
  endLine: line,
  endColumn: Math.max(text.length + 1, 2),
});

export interface ImageLocation {
  /** An absolute path inside the image, or `config` for the image's configuration. */
  readonly imagePath: string;
}

export interface ProcessRef {
  /** Process id inside the container. */
  readonly pid: number;
  readonly command: string;
  readonly executable: string;
}

export interface ProcessLocation {
  readonly process: ProcessRef;
}

export type Location = FileLocation | ImageLocation | ProcessLocation;

/**
 * A change of text that cures a finding and nothing else: what `--fix` and an editor's quick fix apply. The range may be
 * empty (an insertion). Edits of one finding belong together: all of them or none.
 */
export interface TextEdit extends FileLocation {
  /** What takes the place of the range; lines end with `\n` whatever the file uses. */
  readonly text: string;
}

/** What a rule yields; the harness adds the rule's own identity to make a `Finding`. */
export interface Draft {
  readonly message: string;
  readonly location?: Location;
  /** One sentence, then lines to paste, each indented by four spaces. */
  readonly fix?: string;
  /** The line of the user's file that the location points at. */
  readonly excerpt?: string;
  /** Overrides the rule's severity for this one place. */
  readonly severity?: Severity;
  /** Marks what the finding is about (`host:huggingface.co`), so that proofs of one mistake can be joined. */
  readonly subjects?: readonly string[];
  /** The peers' rules for this one place, instead of all those that the rule stands for. */
  readonly aliases?: readonly string[];
  /** The one safe mechanical cure, where there is one. */
  readonly edits?: readonly TextEdit[];
  /** Set where the settings accept just this, with the reason that they give. */
  readonly waived?: WaiverRef;
}

export interface Proof {
  readonly rule: string;
  readonly message: string;
  readonly location?: Location;
  readonly excerpt?: string;
}

export interface WaiverRef {
  readonly reason: string;
  readonly by?: string;
  /** ISO date after which the waiver no longer counts. */
  readonly until?: string;
  /** Where it is said: `settings`, `comment`, `baseline`, or a peer's own place (`hadolint`, `trivy`, ...). */
  readonly source?: string;
}

export interface Finding {
  readonly rule: string;
  readonly title: string;
  readonly severity: Severity;
  /** Ids of the profile's requirements that this finding fails. */
  readonly requirements: readonly string[];
  readonly message: string;
  /** Peers' names for the same mistake: `hadolint:DL3006`, `trivy:DS-0001`. */
  readonly aliases: readonly string[];
  readonly location?: Location;
  readonly excerpt?: string;
  readonly fix?: string;
  readonly subjects?: readonly string[];
  readonly edits?: readonly TextEdit[];
  /** Runtimes that it was seen in, where a test run showed it. */
  readonly runtimes?: readonly string[];
  /** Test cases that it was seen in, where the settings name several. */
  readonly cases?: readonly string[];
  /** Further evidence for the same mistake from another kind of facts. */
  readonly proofs?: readonly Proof[];
  readonly waived?: WaiverRef;
}

export const isFileLocation = (location: Location | undefined): location is FileLocation =>
  location !== undefined && "file" in location;

const rank = (severity: Severity): number => SEVERITIES.indexOf(severity);

export const atLeast = (severity: Severity, threshold: Severity): boolean =>
  rank(severity) <= rank(threshold);

/** Findings in files come first, then those in the image, then those of processes; nowhere comes before all. */
function compareLocations(a: Location | undefined, b: Location | undefined): number {
  if (isFileLocation(a) && isFileLocation(b))
    return compareText(a.file, b.file) || a.startLine - b.startLine || a.startColumn - b.startColumn;
  const [kindA, nameA, numberA] = placeKey(a);
  const [kindB, nameB, numberB] = placeKey(b);
  return kindA - kindB || compareText(nameA, nameB) || numberA - numberB;
}

function placeKey(location: Location | undefined): [kind: number, name: string, number: number] {
  if (location === undefined) return [0, "", 0];
  if ("file" in location) return [1, "", 0];
  if ("imagePath" in location) return [2, location.imagePath, 0];
  return [3, location.process.command, location.process.pid];
}

/** Worst first, then by place, then by rule: the same input always gives the same order. */
export const compareFindings = (a: Finding, b: Finding): number =>
  rank(a.severity) - rank(b.severity) ||
  compareLocations(a.location, b.location) ||
  compareText(a.rule, b.rule) ||
  compareText(a.message, b.message);

/** Code-point order, so that reports do not depend on the reader's locale. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
