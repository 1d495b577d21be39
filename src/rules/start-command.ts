import type { Instruction } from "../dockerfile/model.ts";
import { execCommand, type ShellCommand, shellCommands } from "../dockerfile/shell.ts";
import { lineage } from "../dockerfile/variables.ts";
import { handedOver } from "../image/fitness/wrappers.ts";
import { oncePerFile } from "./rule.ts";

/** How the final image starts, as far as the Dockerfile says. */
interface StartCommand {
  /** The instruction that names the program. */
  readonly instruction: Instruction;
  readonly entrypoint: Instruction | undefined;
  readonly command: Instruction | undefined;
  /** The simple commands that are run, without wrappers such as `tini --` or `conda run -n env`. */
  readonly words: readonly (readonly string[])[];
}

/** ENTRYPOINT and CMD as they count: a new ENTRYPOINT forgets the CMD of the stages before. */
export const startCommand = oncePerFile((facts): StartCommand | undefined => {
  let entrypoint: Instruction | undefined;
  let command: Instruction | undefined;
  for (const { stage } of lineage(facts.stages).reverse()) {
    const ownEntrypoint = stage.instructions.findLast(({ keyword }) => keyword === "ENTRYPOINT");
    const ownCommand = stage.instructions.findLast(({ keyword }) => keyword === "CMD");
    if (ownEntrypoint !== undefined) {
      entrypoint = ownEntrypoint;
      command = ownCommand;
    } else if (ownCommand !== undefined) {
      command = ownCommand;
    }
  }
  if (entrypoint?.exec?.length === 0) entrypoint = undefined;
  if (command?.exec?.length === 0) command = undefined;
  const instruction = entrypoint ?? command;
  if (instruction === undefined) return undefined;
  return {
    instruction: decisive(instruction, command),
    entrypoint,
    command,
    words: programs(entrypoint, command),
  };
});

/** Where the reader has to look: at CMD when ENTRYPOINT only wraps it. */
function decisive(first: Instruction, command: Instruction | undefined): Instruction {
  if (command === undefined || first.exec === undefined) return first;
  return peel(first.exec).length === 0 ? command : first;
}

function programs(entrypoint: Instruction | undefined, command: Instruction | undefined): string[][] {
  const first = entrypoint ?? command;
  if (first === undefined) return [];
  if (first.exec === undefined) return fromShell(shellCommands(first));
  const own = entrypoint === undefined ? first.exec : [...first.exec, ...argumentsOf(command)];
  const argv = peel(own);
  const [program = "", option = "", script] = argv;
  if (isShell(program) && /^-\w*c$/.test(option) && script !== undefined) {
    return fromShell(execCommand(first, argv));
  }
  return argv.length === 0 ? [] : [argv];
}

/** The command that an image starts, without wrappers; undefined where a shell does more than start it. */
export function startedBy(argv: readonly string[]): readonly string[] | undefined {
  const words = peel(argv);
  const handed = handedOver(words);
  if (handed === "shell") return undefined;
  return handed === undefined ? words : peel(handed);
}

/** A shell-form CMD reaches ENTRYPOINT as `/bin/sh -c text`. */
const argumentsOf = (command: Instruction | undefined): readonly string[] =>
  command === undefined ? [] : (command.exec ?? ["/bin/sh", "-c", command.text]);

const fromShell = (commands: readonly ShellCommand[]): string[][] =>
  commands
    .filter(
      ({ name }) =>
        name !== "" &&
        name !== "cd" &&
        name !== "export" &&
        name !== "set" &&
        name !== "source" &&
        name !== ".",
    )
    .map((command) => peel([command.name, ...command.args.map(({ value }) => value)]))
    .filter((words) => words.length > 0);

const base = (path: string | undefined): string => (path ?? "").slice((path ?? "").lastIndexOf("/") + 1);
const isShell = (program: string): boolean => /^(?:ba|da|k|z|a|fi)?sh$/.test(base(program));

/** Takes off what only hands over to the next word. */
function peel(argv: readonly string[]): string[] {
  let words = [...argv];
  for (let turn = 0; turn < 8; turn++) {
    const program = base(words[0]);
    let from: number;
    if (
      /^(?:tini|dumb-init|catatonit|exec|nohup|time|nice|stdbuf|xvfb-run|setpriv|_entrypoint\.sh|docker-entrypoint\.sh|nvidia_entrypoint\.sh)$/.test(
        program,
      )
    ) {
      from = afterOptions(words, 1);
    } else if (program === "env") {
      from = 1;
      while (from < words.length && /^-|^\w+=/.test(words[from] ?? "")) from++;
    } else if (program === "gosu" || program === "su-exec") {
      from = 2;
    } else if (
      /^(?:conda|mamba|micromamba|uv|poetry|pixi|pdm|pipenv|hatch)$/.test(program) &&
      words[1] === "run"
    ) {
      from = afterOptions(words, 2);
    } else {
      return words;
    }
    words = words.slice(from);
  }
  return words;
}

function afterOptions(words: readonly string[], from: number): number {
  let index = from;
  while (index < words.length && (words[index] ?? "").startsWith("-")) {
    const option = words[index] ?? "";
    index++;
    if (option === "--") break;
    if (/^(?:-n|-p|--name|--prefix|--cwd|-e|--environment|--extra|--with|--group)$/.test(option)) index++;
  }
  return index;
}

type Idle = "shell" | "prompt" | "waits";

/** A program that does nothing without a person at the keyboard. */
export function idleKind(words: readonly string[]): Idle | undefined {
  const [program = "", ...args] = words;
  const name = base(program);
  if (isShell(name)) {
    const script = args.some((arg) => !arg.startsWith("-")) || args.some((arg) => /^-\w*[cs]$/.test(arg));
    return script ? undefined : "shell";
  }
  if (
    /^(?:i?python[\d.]*|pypy3?|R|julia|octave(?:-cli)?|node|irb|ghci|scala|sas|stata(?:-mp|-se)?|matlab|sqlite3|duckdb)$/.test(
      name,
    )
  ) {
    const quiet = args.every((arg) =>
      /^(?:-[iquBEIOsSvx]+|--(?:no-save|no-restore|vanilla|quiet|silent|slave|interactive|no-gui|banner=\w+|color=\w+|project(?:=\S+)?))$/.test(
        arg,
      ),
    );
    return quiet ? "prompt" : undefined;
  }
  if (name === "sleep")
    return args.some((arg) => /^inf/i.test(arg)) || args.some((arg) => /^\d{6,}$|^\d+d$/.test(arg))
      ? "waits"
      : undefined;
  if (name === "tail" && args.some((arg) => /^-\w*[fF]/.test(arg)) && args.includes("/dev/null"))
    return "waits";
  return undefined;
}

/** A short name of the interactive service that a command starts. */
export function serverName(words: readonly string[]): string | undefined {
  const [program = "", ...args] = words;
  const name = base(program);
  const first = args.find((arg) => !arg.startsWith("-")) ?? "";
  if (
    /^jupyter-?(?:lab|notebook|server)$/.test(name) ||
    /^start-(?:notebook|singleuser)(?:\.sh|\.py)?$/.test(name)
  )
    return "Jupyter";
  if (name === "jupyter" || name === "jupyterhub")
    return /^(?:lab|notebook|server|hub|)$/.test(first) ? "Jupyter" : undefined;
  if (name === "start.sh" && args.some((arg) => /jupyter/.test(arg))) return "Jupyter";
  if (/^(?:rserver|rstudio-server)$/.test(name)) return "RStudio Server";
  if (name === "streamlit") return first === "run" || first === "hello" ? "Streamlit" : undefined;
  if (/^shiny-server(?:\.sh)?$/.test(name)) return "Shiny Server";
  if (name === "code-server" || name === "openvscode-server") return "code-server";
  if (name === "voila") return "Voilà";
  if (name === "gradio") return "Gradio";
  if ((name === "panel" || name === "bokeh") && first === "serve")
    return name === "panel" ? "Panel" : "Bokeh";
  if (name === "tensorboard") return "TensorBoard";
  if (name === "mlflow" && /^(?:ui|server)$/.test(first)) return "MLflow";
  if (name === "marimo" && /^(?:edit|run|new)$/.test(first)) return "marimo";
  if (/^(?:uvicorn|gunicorn|hypercorn|waitress-serve)$/.test(name)) return `a web server (${name})`;
  if (name === "flask" && first === "run") return "a web server (Flask)";
  if (/^(?:nginx|httpd|apache2ctl|apachectl)$/.test(name)) return `a web server (${name})`;
  if (name === "sshd") return "an SSH server";
  if (
    /^(?:R|Rscript|r)$/.test(name) &&
    /\b(?:shiny::)?(?:runApp|shinyApp|runExample)\s*\(|plumber::|\bpr_run\s*\(/.test(args.join(" "))
  )
    return "Shiny";
  if (/^python[\d.]*$/.test(name) && args[0] === "-m") return serverName(args.slice(1));
  if (/^python[\d.]*$/.test(name) && args[0] === "-c") return undefined;
  return undefined;
}
