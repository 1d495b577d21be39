import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { EXAMPLES } from "../../src/cli/examples.ts";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

/** The examples of `--help` and of the manual page, which are read like a document. */
export const HELP = "--help";

/** A command as a document shows it. */
export interface ShownCommand {
  /** Path of the document, or `HELP`. */
  readonly document: string;
  /** From 1. */
  readonly line: number;
  /** As it is typed, with the lines that it goes on in, without the remark behind it and without `npx`. */
  readonly text: string;
  /** Whether it stands in a line of its own, to be typed; else it is a word in a sentence. */
  readonly block: boolean;
}

/** A fenced block: settings, code, or what a program printed. */
export interface Fence {
  readonly language: string;
  readonly text: string;
  /** Number of its first line, from 1. */
  readonly line: number;
}

/** All that users and contributors read. */
export const documents = (): string[] => [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "examples/README.md",
  "recorder/README.md",
  ...readdirSync(join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`)
    .sort(),
];

const OURS = "pratique|npx|npm|node";
const OTHERS = "podman|docker|cosign|kubectl|openssl|git|go|sudo|trivy|skopeo|rsync|cp|cd|cat|echo";
/** The beginning of a line that is typed, with variables in front. */
const TYPED = new RegExp(`^\\s*(?:\\$ )?((?:[A-Z_]+=\\S+ )*(?:${OURS}|${OTHERS}) .+)$`);
/** A step of a workflow. */
const STEP = /^\s*(?:- run|run|script): (.*\bpratique .+)$/;
/** Other programs' names of two words (`docker save`) are no commands to type. */
const IN_SENTENCE = new RegExp(
  `\`((?:[A-Z_]+=\\S+ )*(?:(?:${OURS}) [^\`]+|(?:${OTHERS}) [^\`\\s]+ [^\`]+))\``,
  "g",
);
/** Pages of rules show what is wrong, and decisions what was measured then: of these only our own commands count. */
const SHOWS_OTHERS = /^docs\/(?:rules|adr)\//;
const OWN = new RegExp(`^(?:${OURS}) `);

/** Every command that a document shows, in its order. */
export function shownCommands(document: string): ShownCommand[] {
  if (document === HELP)
    return Object.values(EXAMPLES)
      .flat()
      .map(([text], index) => ({ document, line: index + 1, text, block: true }));
  const lines = readFileSync(join(root, document), "utf8").split("\n");
  const found: ShownCommand[] = [];
  let fence: string | undefined;
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    const at = { document, line: index + 1 };
    const [, mark] = /^\s*```(\S*)/.exec(line) ?? [];
    if (mark !== undefined) {
      fence = fence === undefined ? mark : undefined;
      continue;
    }
    if (fence === undefined && !/^ {4}/.test(line)) {
      for (const [, text = ""] of line.matchAll(IN_SENTENCE))
        if (OWN.test(text) || !SHOWS_OTHERS.test(document))
          found.push({ ...at, text: withoutNpx(text), block: false });
      continue;
    }
    if (SHOWS_OTHERS.test(document)) continue;
    const [, typed] = (fence === "yaml" ? STEP : TYPED).exec(line) ?? [];
    // What a program printed, settings and code are no commands.
    if (typed === undefined || !/^(?:sh|yaml|)$/.test(fence ?? "")) continue;
    let text = withoutRemark(typed);
    while (text.endsWith("\\")) text = `${text.slice(0, -1).trim()} ${withoutRemark(lines[++index] ?? "")}`;
    const [, end] = /<<'?(\w+)'?$/.exec(text) ?? [];
    while (end !== undefined && lines[index] !== end) text += `\n${lines[++index]}`;
    found.push({ ...at, text: withoutNpx(text), block: true });
  }
  return found;
}

/** The fenced blocks of a document. */
export function fences(document: string): Fence[] {
  const text = readFileSync(join(root, document), "utf8");
  return [...text.matchAll(/^([ ]*)```(\S*)\n([\s\S]*?)^\1```$/gm)].map((match) => ({
    language: match[2] ?? "",
    text: match[3] ?? "",
    line: text.slice(0, match.index).split("\n").length + 1,
  }));
}

/** `check  # the project` and `check      the project` are `check`. */
const withoutRemark = (text: string): string => text.replace(/(?:\s+#\s.*|(?<=\S)\s{2,}\S.*)$/, "").trim();
const withoutNpx = (text: string): string => text.replace(/^npx (?=pratique )/, "");

/** Words of a shell's line, with quotes taken off; as far as documents use them. */
export const wordsOf = (text: string): string[] =>
  [...text.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? "",
  );

/** What stands for any other of its kind, wherever a document shows it: what was left out, days, digests, numbers. */
const ANY = [
  [/…/, ".*?"],
  [/\d{4}-\d\d-\d\d/, "\\d{4}-\\d\\d-\\d\\d"],
  [/(?<![a-z])(?=[a-f]*\d)[0-9a-f]{7,}(?![g-z])/, "[0-9a-f]+"],
  [/(?<!\w)\d+/, "\\d+"],
] as const;
const KINDS = new RegExp(ANY.map(([{ source }]) => `(${source})`).join("|"), "g");

/** Whether a printed text has what a document shows of it, whatever the width of the screen. */
export function isShown(shown: string, printed: string): boolean {
  const words = shown
    .trim()
    .split(/\s+/)
    .map((word) =>
      word
        .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
        .replace(KINDS, (text, ...groups) => ANY[groups.slice(0, ANY.length).indexOf(text)]?.[1] ?? text),
    );
  return new RegExp(words.join("\\s+"), "s").test(printed);
}
