import { type FileLocation, type Finding, isFileLocation, type Location } from "../findings/finding.ts";
import { remembered } from "../remember.ts";
import { markedLine } from "./excerpt.ts";
import { type Look, paint } from "./look.ts";
import { plainLine, plainText } from "./plain.ts";
import { fixParts } from "./select.ts";
import { clip, displayWidth, indent, takeLastWidth, takeWidth } from "./wrap.ts";

/** The parts of a finding as lines for the terminal, all indented by four columns. */

const INDENT = 4;
/** A source line gets at least this much room, or a line of its own below the name of its file. */
const SOURCE_ROOM = 32;
/** Columns kept before a mark that stands too far to the right to be seen. */
const BEFORE_MARK = 12;

export function placeOf(location: Location | undefined): string {
  if (location === undefined) return "";
  if ("file" in location) return plainLine(`${location.file}:${location.startLine}`);
  if ("imagePath" in location) {
    return location.imagePath === "config"
      ? "the image's configuration"
      : plainLine(`in the image: ${location.imagePath}`);
  }
  return plainLine(`${location.process.command} (process ${location.process.pid})`);
}

/** `src/train.py:12   the line`, and below it a line that marks what the finding is about. */
export function placeLines(
  { location, excerpt }: Pick<Finding, "location" | "excerpt">,
  look: Look,
): string[] {
  // A message names its process itself.
  if (location === undefined || "process" in location) return [];
  const name = clip(placeOf(location), look.width - INDENT);
  const shown = `${" ".repeat(INDENT)}${paint(look, "dim", name)}`;
  if (!isFileLocation(location) || excerpt === undefined) return [shown];
  const left = INDENT + displayWidth(name) + 3;
  if (look.width - left >= SOURCE_ROOM) {
    const [line = "", ...mark] = sourceLines(excerpt, location, left, look);
    return [`${shown}   ${line.slice(left)}`, ...mark];
  }
  return [shown, ...sourceLines(excerpt, location, INDENT + 2, look)];
}

/** The source line from column `left` on, and its mark. A long line is cut so that the mark stays in sight. */
export function sourceLines(excerpt: string, location: FileLocation, left: number, look: Look): string[] {
  const { before, marked, after } = markedLine(excerpt, location);
  if (before + marked + after === "") return [];
  const room = look.width - left;
  const pad = " ".repeat(left);
  if (marked === "") return [pad + clip(before + after, room)];
  const fits = displayWidth(before) + Math.min(displayWidth(marked), SOURCE_ROOM / 2) <= room;
  const lead = fits ? before : `…${takeLastWidth(before, BEFORE_MARK - 1)}`;
  const rest = room - displayWidth(lead);
  const width = Math.max(1, Math.min(displayWidth(marked), displayWidth(takeWidth(marked, rest))));
  const mark = (look.unicode ? "─" : "^").repeat(width);
  return [
    pad + lead + clip(marked + after, rest),
    `${pad}${" ".repeat(displayWidth(lead))}${paint(look, "yellow", mark)}`,
  ];
}

/** Texts of findings come again and again: one rule says the same of many places. */
const MOST_TEXTS = 1000;

/** Writes texts of findings as lines for one kind of terminal. */
export class FindingText {
  readonly message: (text: string) => readonly string[];
  readonly fix: (text: string) => readonly string[];

  constructor(look: Look) {
    this.message = remembered(MOST_TEXTS, (text) => indent(plainLine(text), INDENT, look.width));
    this.fix = remembered(MOST_TEXTS, (text) => fixLines(text, look));
  }
}

/** The sentence of a fix, and the lines to paste below it. */
export function fixLines(fix: string | undefined, look: Look): string[] {
  if (fix === undefined) return [];
  const { words, code } = fixParts(plainText(fix, 4000));
  return [
    ...indent(`Fix: ${words}`, INDENT, look.width),
    // Code is never wrapped, even where it is wider than the terminal: it is there to be copied.
    ...code.map((line) => `${" ".repeat(INDENT + 4)}${paint(look, "cyan", line.replaceAll("\t", "    "))}`),
  ];
}
