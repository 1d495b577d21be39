import type { Dockerfile, Heredoc, Instruction, Position } from "../dockerfile/model.ts";
import { runShells } from "../dockerfile/run-shells.ts";
import { assignments, type ResolvedStage } from "../dockerfile/variables.ts";

/** A RUN as ShellCheck is to read it. */
export interface RunScript {
  readonly instruction: Instruction;
  /** With a head that tells the dialect and the variables. */
  readonly text: string;
  /** Turns a place in `text` (from 1, columns in code points) into one of the Dockerfile; undefined in the head. */
  place(line: number, column: number): Position | undefined;
}

/** Lines in front of the script. */
const HEAD_LINES = 2;
/** Nobody writes more than this in one RUN; ShellCheck's time grows faster than the text. */
const LONGEST_SCRIPT = 50_000;
/** Files that ShellCheck cannot see, and what hadolint leaves out as well. */
const DISABLED = "SC1090,SC1091,SC2187";

const DIALECTS: Readonly<Record<string, string>> = {
  sh: "sh",
  bash: "bash",
  dash: "dash",
  ash: "dash",
  ksh: "ksh",
};

/** The scripts of a Dockerfile, in order. Exec form, other interpreters and monstrous scripts are left out. */
export function runScripts(dockerfile: Dockerfile, stages: readonly ResolvedStage[]): RunScript[] {
  const shells = runShells(dockerfile, stages);
  const names = new Map<number, string>();
  return dockerfile.instructions.flatMap((written) => {
    const instruction = written.trigger ?? written;
    const shell = shells.get(instruction);
    if (shell === undefined || instruction.exec !== undefined) return [];
    const body = bodyOf(instruction);
    const own = interpreterOf(body.text);
    const words = own ?? shell;
    const dialect = DIALECTS[baseName(words[0] ?? "")];
    if (dialect === undefined || body.text.length > LONGEST_SCRIPT) return [];
    let variables = names.get(written.stage);
    if (variables === undefined) {
      variables = variablesOf(stages[written.stage], dockerfile);
      names.set(written.stage, variables);
    }
    const stops = words.slice(1).some((word) => /^-[a-z]*e[a-z]*$/.test(word) || word === "errexit");
    const head = `# shellcheck shell=${dialect} disable=${DISABLED}\n${stops ? "set -e; " : ""}${variables}`;
    // `#!` counts on the first line alone; there it would be misplaced.
    const text = own === undefined ? body.text : body.text.replace(/^#!/, "# ");
    const lines = text.split("\n");
    return [
      {
        instruction,
        text: `${head}\n${text}\n`,
        place(line, column) {
          const index = line - 1 - HEAD_LINES;
          const content = lines[index];
          return content === undefined ? undefined : body.place(index, unitsIn(content, column - 1));
        },
      },
    ];
  });
}

interface Body {
  readonly text: string;
  place(line: number, offset: number): Position;
}

/** The script itself: the heredoc that is the script, or the line with the heredocs that it feeds to its commands. */
function bodyOf(instruction: Instruction): Body {
  const { heredocs, text } = instruction;
  const [script] = heredocs;
  if (script !== undefined && instruction.words[0]?.raw.startsWith("<<") === true) {
    const tabs = /^\d*<<-/.test(instruction.words[0].raw);
    return { text: script.body, place: (line, offset) => inHeredoc(script, line, tabs ? 0 : offset) };
  }
  const inputs = heredocs.map(
    (heredoc) => `${heredoc.body}${heredoc.body === "" ? "" : "\n"}${heredoc.name}`,
  );
  const starts: { readonly heredoc: Heredoc; readonly line: number }[] = [];
  let line = 1;
  for (const [index, heredoc] of heredocs.entries()) {
    starts.push({ heredoc, line });
    line += (inputs[index] ?? "").split("\n").length;
  }
  return {
    text: [text, ...inputs].join("\n"),
    place(at, offset) {
      const input = starts.findLast((one) => one.line <= at);
      return input === undefined
        ? instruction.positionAt(offset)
        : inHeredoc(input.heredoc, at - input.line, offset);
    },
  };
}

const inHeredoc = (heredoc: Heredoc, line: number, offset: number): Position => ({
  line: heredoc.startLine + line,
  column: offset + 1,
});

/** The words of a `#!` line; `env` is looked through. */
function interpreterOf(text: string): readonly string[] | undefined {
  if (!text.startsWith("#!")) return undefined;
  const words = (text.slice(2, 300).split("\n")[0] ?? "").trim().split(/\s+/);
  if (baseName(words[0] ?? "") !== "env") return words;
  return words.slice(1).filter((word) => word !== "-S");
}

/** What the Dockerfile sets is set: nothing to remark about a variable that the script only reads. */
function variablesOf(stage: ResolvedStage | undefined, dockerfile: Dockerfile): string {
  const names = new Set<string>(stage?.environment.keys() ?? []);
  const instructions = stage?.stage.instructions ?? dockerfile.instructions;
  for (const instruction of instructions) {
    if (instruction.keyword !== "ARG" && instruction.keyword !== "ENV") continue;
    for (const { name } of assignments(instruction)) names.add(name);
  }
  const known = [...names].filter((name) => /^[A-Za-z_]\w{0,199}$/.test(name));
  return known.length === 0 ? "" : `export ${known.map((name) => `${name}=1`).join(" ")}`;
}

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** UTF-16 units that so many code points take up. */
function unitsIn(text: string, points: number): number {
  let units = 0;
  for (let count = 0; count < points && units < text.length; count++)
    units += (text.codePointAt(units) ?? 0) > 0xffff ? 2 : 1;
  return units;
}
