import type { Instruction } from "../../dockerfile/model.ts";
import type { ShellCommand } from "../../dockerfile/shell.ts";
import type { ResolvedStage } from "../../dockerfile/variables.ts";
import { callsIn } from "../code-calls.ts";
import { at, copyParts, fixOf, flagValue, hasOption, operands } from "../helpers.ts";
import { defineRule, type ProjectFacts } from "../rule.ts";
import { runCode } from "../run-code.ts";
import { type RunCommand, runCommands } from "../run-commands.ts";
import { optionAfterVerb, type RunStep, runSteps } from "../run-steps.ts";

export default defineRule<"project">({
  id: "lock-file-not-used",
  title: "Packages are installed without the lock file that holds their versions",
  category: "reproducibility",
  needs: "project",
  severity: "warning",
  mentions: ["uv", "poetry", "pdm", "pipenv", "pixi", "npm", "yarn", "bundle", "cargo", "julia"],
  requirements: [],
  why: "The file that lists what the project needs leaves the exact versions open; the lock file holds those that were tested. Without it each build takes what is newest that day, and results can change.",
  fix: "Keep the lock file with the code, copy it before the installation, and install from it alone.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "not copied",
        dockerfile: "FROM python:3.12\nCOPY pyproject.toml ./\nRUN uv sync --frozen\n",
        files: { "pyproject.toml": "", "uv.lock": "" },
        lines: [3],
      },
      {
        title: "there is none",
        dockerfile: "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install --omit=dev\n",
        files: { "package.json": "{}", "main.js": "" },
        lines: [4],
      },
      {
        title: "copied too late",
        dockerfile: "FROM python:3.12\nCOPY pyproject.toml ./\nRUN poetry install\nCOPY . .\n",
        files: { "pyproject.toml": "", "poetry.lock": "" },
        lines: [3],
      },
      {
        title: "Julia",
        dockerfile:
          "FROM julia:1.11\nCOPY Project.toml /opt/\nRUN julia --project=/opt -e 'using Pkg; Pkg.instantiate()'\n",
        files: { "Project.toml": "" },
        lines: [3],
      },
      {
        title: "ignored by .dockerignore",
        dockerfile: "FROM x\nCOPY . .\nRUN pixi install --locked\n",
        files: { "pixi.toml": "", "pixi.lock": "", ".dockerignore": "*.lock\n" },
        lines: [3],
      },
      {
        title: "uv may change the versions",
        dockerfile: "FROM python:3.12\nCOPY pyproject.toml uv.lock ./\nRUN uv sync --no-dev\n",
        files: { "pyproject.toml": "", "uv.lock": "" },
        lines: [3],
      },
      {
        title: "in a builder stage",
        dockerfile: "FROM node:22 AS b\nCOPY web/package.json ./\nRUN yarn\nFROM python:3.12\n",
        files: { "web/package.json": "{}", "web/yarn.lock": "" },
        lines: [3],
      },
    ],
    good: [
      {
        title: "copied",
        dockerfile:
          "FROM python:3.12\nCOPY pyproject.toml uv.lock* ./\nRUN uv sync --frozen\nRUN uv sync --locked\nRUN UV_LOCKED=1 uv sync\n",
        files: { "pyproject.toml": "", "uv.lock": "" },
      },
      {
        title: "copied in a stage before",
        dockerfile: "FROM python:3.12 AS a\nCOPY . .\nFROM a AS b\nFROM b\nRUN uv sync --frozen\n",
        files: { "pyproject.toml": "", "uv.lock": "" },
      },
      {
        title: "mounted",
        dockerfile:
          "FROM python:3.12\nRUN --mount=type=bind,source=uv.lock,target=uv.lock --mount=type=bind,source=pyproject.toml,target=pyproject.toml uv sync --locked\n",
        files: { "pyproject.toml": "", "uv.lock": "" },
      },
      {
        title: "everything",
        dockerfile: "FROM node:22\nCOPY . .\nRUN npm ci && npm install -g serve@14.2.3\n",
        files: { "package.json": "{}", "package-lock.json": "{}" },
      },
      {
        title: "Julia",
        dockerfile:
          "FROM julia:1.11\nCOPY Project.toml Manifest.toml /opt/\nRUN julia --project=/opt -e 'using Pkg; Pkg.instantiate()'\n",
        files: { "Project.toml": "", "Manifest.toml": "" },
      },
      {
        title: "what is needed comes from elsewhere",
        dockerfile: "FROM node:22\nRUN git clone https://github.com/lab/x && cd x && npm install\n",
        files: { "package.json": "{}" },
      },
      {
        title: "named packages have a rule of their own",
        dockerfile:
          "FROM node:22\nCOPY package.json ./\nRUN npm install left-pad@1.3.0 && pipenv install x==1\n",
        files: { "package.json": "{}", Pipfile: "" },
      },
    ],
  },
  *check(facts) {
    const reach = new Reach(facts);
    for (const step of runSteps(facts)) {
      const isPresent = reach.before(step);
      for (const one of installs(facts, step)) {
        const manifest = one.kit.manifests.find(isPresent);
        const held = one.kit.locks.some(isPresent);
        const [lock = ""] = one.kit.locks;
        if (held || manifest === undefined) {
          if (one.command === undefined || one.kit.locked === undefined) continue;
          if (!held || isLocked(one.kit, one.command)) continue;
          const edits = optionAfterVerb(facts, one.command.command, one.kit.verbs, one.kit.locked);
          yield {
            severity: "info" as const,
            message: `“${one.kit.name}” may choose other versions than those in ${lock}.`,
            fix: fixOf("Have it stop where the lock file does not fit.", `${one.kit.name} ${one.kit.locked}`),
            ...at(facts.dockerfile, one.range),
            ...(edits === undefined ? {} : { edits }),
          };
          continue;
        }
        const kept = reach.files.find((path) => one.kit.locks.includes(baseName(path)));
        yield {
          message:
            kept === undefined
              ? `${manifest} is installed from without a lock file: the versions are those of the day.`
              : `${kept} holds the versions, but is not copied before this installation.`,
          fix:
            kept === undefined
              ? fixOf("Make the lock file, keep it with the code, and copy it before the RUN.", one.kit.make)
              : fixOf(
                  "Copy it as well.",
                  `COPY ${kept.slice(0, -baseName(kept).length)}${manifest} ${kept} ./`,
                ),
          ...at(facts.dockerfile, one.range),
        };
      }
    }
  },
});

interface Kit {
  /** The command as a reader knows it. */
  readonly name: string;
  readonly program: RegExp;
  readonly verbs: readonly string[];
  readonly manifests: readonly string[];
  readonly locks: readonly string[];
  /** Makes the lock file. */
  readonly make: string;
  /** The option that forbids other versions, where it is not the habit of the command. */
  readonly locked?: string;
  readonly variables?: readonly string[];
}

const KITS: readonly Kit[] = [
  {
    name: "uv sync",
    program: /^uv$/,
    verbs: ["sync"],
    manifests: ["pyproject.toml"],
    locks: ["uv.lock"],
    make: "uv lock",
    locked: "--locked",
    variables: ["UV_LOCKED", "UV_FROZEN"],
  },
  {
    name: "poetry install",
    program: /^poetry$/,
    verbs: ["install", "sync"],
    manifests: ["pyproject.toml"],
    locks: ["poetry.lock"],
    make: "poetry lock",
  },
  {
    name: "pdm install",
    program: /^pdm$/,
    verbs: ["install", "sync"],
    manifests: ["pyproject.toml"],
    locks: ["pdm.lock"],
    make: "pdm lock",
  },
  {
    name: "pipenv install",
    program: /^pipenv$/,
    verbs: ["install", "sync"],
    manifests: ["Pipfile"],
    locks: ["Pipfile.lock"],
    make: "pipenv lock",
  },
  {
    name: "pixi install",
    program: /^pixi$/,
    verbs: ["install"],
    manifests: ["pixi.toml"],
    locks: ["pixi.lock"],
    make: "pixi lock",
    locked: "--locked",
    variables: ["PIXI_LOCKED", "PIXI_FROZEN"],
  },
  {
    name: "npm install",
    program: /^npm$/,
    verbs: ["install", "i", "ci"],
    manifests: ["package.json"],
    locks: ["package-lock.json", "npm-shrinkwrap.json"],
    make: "npm install --package-lock-only",
  },
  {
    name: "yarn install",
    program: /^yarn$/,
    verbs: ["install", ""],
    manifests: ["package.json"],
    locks: ["yarn.lock"],
    make: "yarn install --mode=update-lockfile",
  },
  {
    name: "pnpm install",
    program: /^pnpm$/,
    verbs: ["install", "i"],
    manifests: ["package.json"],
    locks: ["pnpm-lock.yaml"],
    make: "pnpm install --lockfile-only",
  },
  {
    name: "bundle install",
    program: /^bundle$/,
    verbs: ["install", ""],
    manifests: ["Gemfile"],
    locks: ["Gemfile.lock"],
    make: "bundle lock",
  },
  {
    name: "cargo build",
    program: /^cargo$/,
    verbs: ["build"],
    manifests: ["Cargo.toml"],
    locks: ["Cargo.lock"],
    make: "cargo generate-lockfile",
  },
];

const JULIA: Kit = {
  name: "Pkg.instantiate()",
  program: /^julia$/,
  verbs: [],
  manifests: ["Project.toml", "JuliaProject.toml"],
  locks: [
    "Manifest.toml",
    "JuliaManifest.toml",
    "Manifest-v1.10.toml",
    "Manifest-v1.11.toml",
    "Manifest-v1.12.toml",
  ],
  make: "julia --project=. -e 'using Pkg; Pkg.resolve()'",
};

interface Installing {
  readonly kit: Kit;
  readonly command: RunCommand | undefined;
  readonly range: ShellCommand["range"];
}

/** Commands that install all that a file of the project asks for. Cloned code brings files that we do not see. */
function installs(facts: ProjectFacts, step: RunStep): Installing[] {
  if (step.commands.some(({ name }) => name === "git" || name === "curl" || name === "wget")) return [];
  const found: Installing[] = runCommands(facts, step).flatMap((one) => {
    const [verb = "", ...others] = operands(one.command);
    const kit = KITS.find(({ program, verbs }) => program.test(one.command.name) && verbs.includes(verb));
    const global = hasOption(one.command, "-g", "--global", "--help", "--version", "-v");
    return kit === undefined || others.length > 0 || global || one.written.name === "echo"
      ? []
      : [{ kit, command: one, range: one.written.range }];
  });
  for (const code of runCode(step.instruction)) {
    if (code.language !== "julia") continue;
    const call = callsIn(code.text, "julia", (name) => name === "Pkg.instantiate")[0];
    if (call !== undefined)
      found.push({ kit: JULIA, command: undefined, range: code.rangeOf(call.start, call.end) });
  }
  return found;
}

const isLocked = ({ variables = [] }: Kit, { command, variable }: RunCommand): boolean =>
  hasOption(command, "--locked", "--frozen") ||
  variables.some((name) => !/^(?:0|false|no|off|)$/i.test(variable(name) ?? ""));

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** Manifests and lock files of the project, by the folder they lie in. */
const named = new Set([...KITS, JULIA].flatMap(({ manifests, locks }) => [...manifests, ...locks]));
const MOST_FILES = 2000;

/**
 * Answers which of the project's manifests and lock files a RUN can see: copied before it in its stage, or mounted.
 * It goes through each stage once, as the RUNs come in the order of the file.
 */
class Reach {
  readonly files: readonly string[];
  readonly #stages = new Map<ResolvedStage, { next: number; seen: Set<string> }>();

  constructor(facts: ProjectFacts) {
    this.files = facts.context.files
      .map(({ path }) => path)
      .filter((path) => named.has(baseName(path)))
      .slice(0, MOST_FILES);
  }

  before(step: RunStep): (name: string) => boolean {
    const copied = step.stage === undefined ? undefined : this.#copied(step, step.stage);
    const mounted = new Set<string>();
    for (const source of mountedSources(step.instruction)) this.#take(step, source, mounted);
    return (name) => mounted.has(name) || copied?.has(name) === true;
  }

  #copied(step: RunStep, stage: ResolvedStage): ReadonlySet<string> {
    const missing: ResolvedStage[] = [];
    for (let at: ResolvedStage | undefined = stage; at !== undefined && !this.#stages.has(at); at = at.parent)
      missing.unshift(at);
    for (const one of missing) {
      const below = one.parent === undefined ? undefined : this.#advance(step, one.parent, Infinity);
      this.#stages.set(one, { next: 0, seen: new Set(below) });
    }
    return this.#advance(step, stage, step.instruction.range.start.line);
  }

  /** Goes on in a stage to the line, or to its end. */
  #advance(step: RunStep, stage: ResolvedStage, line: number): ReadonlySet<string> {
    const state = this.#stages.get(stage) ?? { next: 0, seen: new Set<string>() };
    const { instructions } = stage.stage;
    for (; state.next < instructions.length; state.next++) {
      const instruction = instructions[state.next];
      if (instruction === undefined || instruction.range.start.line >= line) break;
      for (const source of copiedSources(instruction)) this.#take(step, source, state.seen);
    }
    return state.seen;
  }

  #take(step: RunStep, source: string, into: Set<string>): void {
    const takes = matcher(step.expand(source));
    for (const path of this.files) if (takes(path)) into.add(baseName(path));
  }
}

const copiedSources = (instruction: Instruction): readonly string[] =>
  (instruction.keyword === "COPY" || instruction.keyword === "ADD") &&
  flagValue(instruction, "from") === undefined
    ? copyParts(instruction).sources
    : [];

/** `RUN --mount=type=bind,source=uv.lock,target=uv.lock`; without a source it is the whole project. */
const mountedSources = (instruction: Instruction): string[] =>
  instruction.flags.flatMap(({ name, value = "" }) => {
    if (name !== "mount" || /(?:^|,)from=/.test(value) || /(?:^|,)type=(?!bind)/.test(value)) return [];
    return [/(?:^|,)(?:source|src)=([^,]+)/.exec(value)?.[1] ?? "."];
  });

/** Docker's source patterns, as far as they name manifests and lock files. */
function matcher(written: string): (path: string) => boolean {
  const source = written
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
  if (source === "") return () => true;
  if (source.includes("$")) return () => false;
  if (!/[*?]/.test(source)) return (path) => path === source || path.startsWith(`${source}/`);
  const parts = source.slice(0, 500).split("/");
  return (path) => {
    const own = path.split("/");
    return own.length >= parts.length && parts.every((part, index) => fits(own[index] ?? "", part));
  };
}

/** `*` and `?` within one part of a path, without going back more than once. */
function fits(text: string, pattern: string): boolean {
  let at = 0;
  let wanted = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    if (pattern[wanted] === "*") {
      star = wanted++;
      resume = at;
    } else if (wanted < pattern.length && (pattern[wanted] === "?" || pattern[wanted] === text[at])) {
      at++;
      wanted++;
    } else if (star >= 0) {
      wanted = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (pattern[wanted] === "*") wanted++;
  return wanted === pattern.length;
}
