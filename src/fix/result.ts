/** What `--fix` did to one file. Plain data, for people and programs. */
export interface FixedFile {
  /** As the findings name it. */
  readonly file: string;
  /** Rules whose findings were fixed, most first. */
  readonly rules: readonly { readonly rule: string; readonly count: number }[];
  readonly fixed: number;
  /** Open findings in this file that are left. */
  readonly left: number;
  /** A unified diff for reading, without the values of secrets; empty when nothing changed. */
  readonly diff: string;
  /** False for `--dry-run`, when nothing changed, and where a note says why not. */
  readonly written: boolean;
  /** What could not be done, and why. */
  readonly notes: readonly string[];
}
