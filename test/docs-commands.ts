import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root } from "./cli-support.ts";

/** A command as a document shows it. */
export interface ShownCommand {
  /** Path of the document and number of the line, from 1. */
  readonly at: string;
  /** From `pratique` on, without the remark behind it. */
  readonly text: string;
  /** Whether it stands in a line of its own, to be typed; else it is a word in a sentence. */
  readonly block: boolean;
}

/** README and everything below docs/, but the rules' generated pages and the decisions, which are history. */
export const documents = (): string[] => [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md") && !/^(?:rules|adr|api)\//.test(name))
    .map((name) => relative(root, join(root, "docs", name)))
    .sort(),
];

/** Every command of pratique that a document shows: in blocks, and in sentences. */
export function shownCommands(document: string): ShownCommand[] {
  const lines = readFileSync(join(root, document), "utf8").split("\n");
  const found: ShownCommand[] = [];
  let fence: string | undefined;
  for (const [index, line] of lines.entries()) {
    const at = `${document}:${index + 1}`;
    const [, mark] = /^\s*(```)/.exec(line) ?? [];
    if (mark !== undefined) {
      fence = fence === undefined ? line.trim().slice(3) : undefined;
      continue;
    }
    if (fence !== undefined || /^ {4}/.test(line)) {
      // What a program printed, settings and code are no commands.
      if (fence !== undefined && !/^(?:sh|bash|console|)$/.test(fence)) continue;
      const [, text] = /^\s*(?:\$ )?(?:npx )?(pratique [a-z].*)$/.exec(line) ?? [];
      if (text !== undefined) found.push({ at, text: withoutRemark(text), block: true });
      continue;
    }
    for (const [, text = ""] of line.matchAll(/`(?:npx )?(pratique [a-z][^`]*)`/g))
      found.push({ at, text, block: false });
  }
  return found;
}

/** `check  # the project` and `check      the project` are `check`. */
const withoutRemark = (text: string): string => text.replace(/(?:\s+#\s.*|\s{2,}\S.*|\s*\\)$/, "").trim();

/** Words of a shell's line, with quotes taken off; as far as documents use them. */
export const wordsOf = (text: string): string[] =>
  [...text.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? "",
  );
