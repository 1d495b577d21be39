import type { Finding } from "../findings/finding.ts";
import { applyEdits } from "./apply.ts";

/** A cure may uncover another mistake; more rounds than this mean that two rules undo each other. */
const MOST_PASSES = 8;

export interface Fixed {
  readonly text: string;
  /** How many findings of each rule were fixed. */
  readonly rules: ReadonlyMap<string, number>;
  /** What is found in the new text. */
  readonly left: readonly Finding[];
  /** False when the last pass still changed something. */
  readonly settled: boolean;
}

/** Finds what is wrong with a text, with waivers applied. */
export type FindIn = (text: string) => readonly Finding[] | Promise<readonly Finding[]>;

/**
 * Lints, applies the edits of what was found, and lints again until nothing changes. Findings that are waived are left
 * alone, and so are edits that do not stay within `file`.
 */
export async function fixText(text: string, file: string, find: FindIn): Promise<Fixed> {
  const rules = new Map<string, number>();
  let current = text;
  let findings = await find(current);
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const curable = findings.filter((finding) => isCurable(finding, file));
    const { text: next, applied } = applyEdits(
      current,
      curable.map(({ edits }) => edits ?? []),
    );
    if (applied.length === 0) return { text: current, rules, left: findings, settled: true };
    for (const index of applied) {
      const rule = curable[index]?.rule ?? "";
      rules.set(rule, (rules.get(rule) ?? 0) + 1);
    }
    current = next;
    findings = await find(current);
  }
  const settled = !findings.some((finding) => isCurable(finding, file));
  return { text: current, rules, left: findings, settled };
}

/** True when `--fix` would change something for this finding. */
export function isCurable(finding: Finding, file: string): boolean {
  return (
    finding.waived === undefined &&
    finding.edits !== undefined &&
    finding.edits.length > 0 &&
    finding.edits.every((edit) => edit.file === file)
  );
}
