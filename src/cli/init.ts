import { PratiqueError } from "../errors.ts";
import { plural } from "../findings/counting.ts";
import { unifiedDiff } from "../fix/diff.ts";
import { type Given, inWords, type Question } from "../init/answers.ts";
import type { InitResult } from "../pipeline/init.ts";
import { plainLine, plainText } from "../reporters/plain.ts";
import { wrapLines } from "../reporters/wrap.ts";
import { hideSecrets } from "../rules/secrets.ts";
import { terminalOptions } from "./failure.ts";

/** What commander hands over, by the names of its options. */
export interface InitCommandOptions {
  readonly language?: string | undefined;
  readonly packages?: string;
  readonly task?: string;
  readonly entry?: string;
  readonly base?: string | undefined;
  readonly gpu?: boolean;
  readonly model: readonly string[];
  readonly licenceFile?: string;
  readonly data?: string;
  readonly name?: string;
  readonly from?: string;
  readonly yes?: boolean;
  readonly force?: boolean;
  readonly dryRun?: boolean;
}

/** What asks a person. Both fail with `interrupted` when the person gives up. */
export interface Prompter {
  ask(question: Question): Promise<string | boolean>;
  mayReplace(path: string): Promise<boolean>;
}

/** Writes what a project needs to be checked; without a terminal nothing is asked. */
export async function runInit(target: string | undefined, options: InitCommandOptions): Promise<number> {
  const isTerminal =
    process.stdin.isTTY === true && process.stderr.isTTY === true && process.env.TERM !== "dumb";
  const prompter =
    options.yes === true || !isTerminal ? undefined : (await import("./prompts.ts")).terminalPrompter();
  return initWith(target, options, prompter, (text) => process.stdout.write(text));
}

export async function initWith(
  target: string | undefined,
  options: InitCommandOptions,
  prompter: Prompter | undefined,
  print: (text: string) => void,
): Promise<number> {
  refuseContradictions(target, options);
  const { planInit, writeInit } = await import("../pipeline/init.ts");
  const result = await planInit({
    folder: options.from ?? target ?? ".",
    existing: options.from !== undefined,
    given: givenBy(options),
    name: options.name,
    ask: prompter === undefined ? undefined : (question) => prompter.ask(question),
  });
  const isTheirs = options.from !== undefined;
  const look = terminalOptions(process.stdout);
  if (options.dryRun === true) {
    print(dryRunText(result, isTheirs));
    return 0;
  }
  const kept = isTheirs ? new Set(result.present.keys()) : await keptFiles(result, options, prompter);
  await writeInit(result.folder, new Map([...result.files].filter(([path]) => !kept.has(path))));
  print(summary(result, kept, options.from ?? target ?? ".", look.width));
  return 0;
}

function refuseContradictions(target: string | undefined, { from, force }: InitCommandOptions): void {
  const problem =
    from !== undefined && target !== undefined
      ? ["--from names the project's folder, and so does the argument.", "Give one of them."]
      : from !== undefined && force === true
        ? [
            "--force does not go with --from: the files of a project that exists are never changed.",
            "Leave it out; move a file away to have it written anew.",
          ]
        : undefined;
  if (problem !== undefined)
    throw new PratiqueError("usage.bad-argument", problem[0] ?? "", { hint: problem[1] ?? "" });
}

/** What the options say; without questions a new project is one in Python where `--yes` was given. */
function givenBy(options: InitCommandOptions): Given {
  return {
    language: options.language ?? (options.yes === true && options.from === undefined ? "python" : undefined),
    packager: options.packages,
    task: options.task,
    entry: options.entry,
    base: options.base,
    gpu: options.gpu,
    models: options.model.length === 0 ? undefined : options.model,
    licence: options.licenceFile,
    data: options.data,
  };
}

/** Files in the way that stay as they are. Without a terminal and `--force` nothing is written at all. */
async function keptFiles(
  { present, folder }: InitResult,
  { force }: InitCommandOptions,
  prompter: Prompter | undefined,
): Promise<ReadonlySet<string>> {
  if (present.size === 0 || force === true) return new Set();
  if (prompter === undefined)
    throw new PratiqueError(
      "output.exists",
      `${folder} has files of these names already: ${[...present.keys()].join(", ")}.`,
      {
        hint: "Nothing was written. For a project that exists say --from <folder>, which changes no file; --force writes over these.",
      },
    );
  const kept = new Set<string>();
  for (const path of present.keys()) if (!(await prompter.mayReplace(path))) kept.add(path);
  return kept;
}

/** The files as a patch. What is there already shows nothing that a finding would not. */
function dryRunText({ files, present }: InitResult, isTheirs: boolean): string {
  const written = [...files].filter(([path]) => !(isTheirs && present.has(path)));
  const patches = written.map(([path, text]) => unifiedDiff(path, present.get(path) ?? "", text, readable));
  const stay =
    isTheirs && present.size > 0 ? `These would stay as they are: ${[...present.keys()].join(", ")}.\n` : "";
  return `${patches.join("")}${stay}Nothing was written.\n`;
}

const readable = (line: string): string => plainText(hideSecrets(line.slice(0, 2000)), 2000);

/** What the files are for, the first that fits; others are lists of packages and the program. */
const PURPOSES: readonly (readonly [path: RegExp, purpose: string])[] = [
  [/^Dockerfile$/, "how the image is made"],
  [/^\.dockerignore$/, "what may enter the build"],
  [/^pratique\.yaml$/, "how it is tested, and what it must write"],
  [/^(?:README|SAFE-HAVEN)\.md$/, "how to check it and hand it over"],
  [/^job\//, "the job for the cluster"],
  [/^test-data\//, "made-up data for the test"],
  [/^\.github\/workflows\//, "lint, test and push on GitHub"],
  [/^\.github\/dependabot\.yml$/, "keeps what is pinned up to date"],
  [/^\.pre-commit-config\.yaml$/, "a lint before each commit"],
  [/^\.gitignore$/, "keeps reports out of the repository"],
  [/\/|\.qmd$/, "the program"],
  [/./, "its packages"],
];

/** Rows of two columns, indented. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([first]) => first.length));
  return rows.map(([first, second]) => `  ${first.padEnd(width)}   ${second}`);
}

function summary(
  { files, notes, answers }: InitResult,
  kept: ReadonlySet<string>,
  folder: string,
  width: number,
): string {
  const written = [...files.keys()].filter((path) => !kept.has(path));
  const where = folder === "." ? "" : ` ${plainLine(folder)}`;
  const isTheirs = answers.entry !== undefined;
  const lines = [
    ...(isTheirs ? [`Seen: ${plainLine(inWords(answers))}.`, ""] : []),
    `${plural(written.length, "file")} written:`,
    ...columns(
      written.map((path) => [path, PURPOSES.find(([pattern]) => pattern.test(path))?.[1] ?? ""] as const),
    ),
    ...(kept.size === 0 ? [] : ["Kept as they were:", ...[...kept].map((path) => `  ${path}`)]),
    ...notes.flatMap((note) => ["", `Note: ${plainLine(note)}`]),
    "",
    "Next:",
    ...columns([
      [`pratique lint${where}`, "what the files alone tell"],
      [`pratique check${where}`, "builds it, and runs it as the Safe Haven would"],
    ]),
    "",
    isTheirs
      ? "Then make the data for the test look like your own, without a real value."
      : "Then change the program, and the made-up data, into your own.",
  ];
  return `${lines.flatMap((line) => (line.startsWith("  ") ? [line] : wrapLines(line, width))).join("\n")}\n`;
}
