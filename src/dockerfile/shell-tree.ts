import { parse, type Script } from "unbash";
import type { Instruction } from "./model.ts";

/** More open brackets or heredocs than any person writes: the parser would need more time for each than for the last. */
export const MOST_OPEN = 1000;

/** Characters of scripts whose trees are kept: one rule after the other asks for the scripts of one Dockerfile. */
const MOST_KEPT = 200_000;
const kept = new Map<string, Script>();
let keptLength = 0;

/** The tree of a script; undefined where it opens brackets or heredocs beyond all reason. */
export function parseScript(text: string): Script | undefined {
  const known = kept.get(text);
  if (known !== undefined) return known;
  if (isBeyondReason(text)) return undefined;
  const tree = parse(text);
  keptLength += text.length;
  if (keptLength > MOST_KEPT) {
    kept.clear();
    keptLength = text.length;
  }
  kept.set(text, tree);
  return tree;
}

export function isBeyondReason(text: string): boolean {
  if (text.length <= MOST_OPEN) return false;
  let depth = 0;
  let heredocs = 0;
  for (const [sign] of text.matchAll(/[(){}]|<</g)) {
    if (sign === "<<") heredocs++;
    else if (sign === "(" || sign === "{") depth++;
    else if (depth > 0) depth--;
    if (depth > MOST_OPEN || heredocs > MOST_OPEN) return true;
  }
  return false;
}

/** The instructions whose scripts are not read for that reason, those that ONBUILD wraps included. */
export const unreadScripts = (instructions: readonly Instruction[]): readonly Instruction[] =>
  instructions.filter((instruction) => {
    const { keyword, exec, text, heredocs } = instruction.trigger ?? instruction;
    if ((text.length <= MOST_OPEN && heredocs.length === 0) || !RUNS_SCRIPTS.has(keyword)) return false;
    return [exec === undefined ? text : exec.join(" "), ...heredocs.map(({ body }) => body)].some(
      isBeyondReason,
    );
  });

const RUNS_SCRIPTS: ReadonlySet<string> = new Set(["RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"]);
