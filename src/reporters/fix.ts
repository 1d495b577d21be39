import { plural } from "../findings/counting.ts";
import type { FixedFile } from "../fix/result.ts";
import { type Look, paint } from "./look.ts";
import { plainLine, plainText } from "./plain.ts";
import { indent, wrap } from "./wrap.ts";

/**
 * What `--fix` did, or with `dryRun` would do: the diffs of a dry run, then one line for each file that has something
 * to say, and notes below it.
 */
export function renderFixes(files: readonly FixedFile[], look: Look, dryRun: boolean): string {
  const said = files.filter(({ fixed, notes }) => fixed > 0 || notes.length > 0);
  if (said.length === 0) return "Nothing can be fixed without you.\n";
  const diffs = dryRun ? said.map(({ diff }) => renderDiff(diff, look)) : [];
  return [...diffs, ...said.map((file) => summary(file, look, dryRun))].join("");
}

function summary(file: FixedFile, look: Look, dryRun: boolean): string {
  const name = plainLine(file.file);
  const rules = file.rules.map(({ rule, count }) => (count === 1 ? rule : `${rule} (${count})`)).join(", ");
  const all = file.fixed + file.left;
  const verb = dryRun ? "Would fix" : "Fixed";
  const first =
    file.fixed === 0
      ? `${name}: nothing was fixed.`
      : `${verb} ${file.fixed} of ${plural(all, "finding")} in ${name}: ${rules}.`;
  const notes = file.notes.flatMap((note) => indent(plainLine(note), 4, look.width));
  const [head = "", ...rest] = wrap(first, look.width).split("\n");
  const painted = file.fixed === 0 ? head : paint(look, "green", verb) + head.slice(verb.length);
  return [painted, ...rest, ...notes, ""].join("\n");
}

/** A unified diff, in colours where there are some. */
export function renderDiff(diff: string, look: Look): string {
  const text = plainText(diff, Number.POSITIVE_INFINITY);
  if (!look.color || text === "") return text;
  return text
    .split("\n")
    .map((line, index) => paintLine(line, index, look))
    .join("\n");
}

function paintLine(line: string, index: number, look: Look): string {
  if (line === "") return line;
  if (index < 2) return paint(look, "bold", line);
  if (line.startsWith("@@")) return paint(look, "cyan", line);
  if (line.startsWith("+")) return paint(look, "green", line);
  return line.startsWith("-") ? paint(look, "red", line) : line;
}
