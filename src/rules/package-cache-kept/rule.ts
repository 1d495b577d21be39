import type { ShellCommand } from "../../dockerfile/shell.ts";
import { oncePerCommand } from "../../dockerfile/shell.ts";
import type { Severity, TextEdit } from "../../findings/finding.ts";
import { at, fixOf, hasOption, operands } from "../helpers.ts";
import { innerCommand } from "../inner-command.ts";
import { isCacheMounted, removes } from "../kept-caches.ts";
import { type DockerfileFacts, defineRule } from "../rule.ts";
import { type RunCommand, runCommands } from "../run-commands.ts";
import { endOfChain, optionAfterVerb, type RunStep, runSteps } from "../run-steps.ts";

export default defineRule<"dockerfile">({
  id: "package-cache-kept",
  title: "A package manager leaves its downloads in the image",
  category: "size",
  needs: "dockerfile",
  severity: "warning",
  mentions: [
    "npm",
    "yarn",
    "uv",
    "poetry",
    "pixi",
    "install2.r",
    "install.r",
    "installgithub.r",
    "installbioc.r",
    "cargo",
    "go",
  ],
  requirements: ["IMG-06", "BG-02"],
  why: "What was downloaded to install from is never used again. It makes the image larger, its transfer into the Safe Haven longer and its review harder.",
  fix: "Clean up in the RUN that installs, tell the package manager to keep nothing, or give it a cache mount.",
  aliases: ["hadolint:DL3060"],
  examples: {
    bad: [
      { title: "yarn", dockerfile: "FROM node:22\nRUN yarn install --frozen-lockfile\n", lines: [2] },
      { title: "yarn without a word", dockerfile: "FROM node:22\nRUN cd /app && yarn\n", lines: [2] },
      { title: "npm", dockerfile: "FROM node:22\nRUN apt-get update && \\\n    npm ci\n", lines: [3] },
      {
        title: "uv",
        dockerfile: "FROM python:3.12\nRUN uv sync --frozen\nRUN uv pip install --system numpy==1\n",
        lines: [2, 3],
      },
      { title: "poetry", dockerfile: "FROM python:3.12\nRUN poetry install --only main\n", lines: [2] },
      { title: "pixi", dockerfile: "FROM x\nRUN pixi install --locked\n", lines: [2] },
      {
        title: "littler's scripts for R",
        dockerfile: "FROM rocker/r-ver:4.4.1\nRUN install2.r --error dplyr\n",
        lines: [2],
      },
      {
        title: "cargo",
        dockerfile: "FROM rust:1.82\nRUN cargo install --locked ripgrep@14.1.1\n",
        lines: [2],
      },
      { title: "go", dockerfile: "FROM golang:1.23\nRUN go build -o /usr/local/bin/x ./cmd/x\n", lines: [2] },
    ],
    good: [
      { title: "yarn cleaned", dockerfile: "FROM node:22\nRUN yarn install && yarn cache clean\n" },
      {
        title: "yarn in a mount",
        dockerfile:
          "FROM node:22\nRUN --mount=type=cache,target=/usr/local/share/.cache/yarn yarn install\nRUN --mount=type=cache,target=/root/.yarn YARN_CACHE_FOLDER=/root/.yarn yarn install\n",
      },
      {
        title: "npm cleaned",
        dockerfile: "FROM node:22\nRUN npm ci && npm cache clean --force\nRUN npm ci && rm -rf ~/.npm\n",
      },
      {
        title: "npm in a mount",
        dockerfile: "FROM node:22\nRUN --mount=type=cache,target=/root/.npm npm ci\n",
      },
      {
        title: "uv told",
        dockerfile:
          "FROM python:3.12\nRUN uv pip install --no-cache --system numpy==1 && uv --no-cache sync --frozen\nENV UV_NO_CACHE=1\nRUN uv sync --frozen\n",
      },
      {
        title: "uv in a mount",
        dockerfile: "FROM python:3.12\nRUN --mount=type=cache,target=/root/.cache/uv uv sync --frozen\n",
      },
      {
        title: "deleted",
        dockerfile:
          "FROM python:3.12\nRUN poetry install --only main && rm -rf ~/.cache/pypoetry\nRUN uv sync && uv cache clean\n",
      },
      {
        title: "R cleaned",
        dockerfile:
          "FROM rocker/r-ver:4.4.1\nRUN install2.r --error dplyr && rm -rf /tmp/downloaded_packages\nRUN install2.r --error dplyr && rm -rf /tmp/*\n",
      },
      {
        title: "R cleans up by itself",
        dockerfile: "FROM rocker/r-ver:4.4.1\nRUN R -e 'install.packages(\"dplyr\")'\n",
      },
      {
        title: "cargo and go in mounts",
        dockerfile:
          "FROM rust:1.82\nRUN --mount=type=cache,target=/usr/local/cargo/registry cargo build --release\nRUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build go build ./...\n",
      },
      {
        title: "a builder stage",
        dockerfile: "FROM node:22 AS b\nRUN npm ci\nFROM node:22\nCOPY --from=b /app /app\n",
      },
      {
        title: "pip and Conda have rules of their own",
        dockerfile: "FROM x\nRUN pip install x==1 && conda install -y x=1\n",
      },
      {
        title: "nothing is installed",
        dockerfile: "FROM node:22\nRUN npm run build && yarn --version && uv venv && go version\n",
      },
    ],
  },
  *check(facts) {
    for (const step of runSteps(facts)) {
      if (!step.final) continue;
      if (!step.commands.some((command) => mayFill(innerCommand(command).parsed))) continue;
      const commands = runCommands(facts, step);
      for (const cache of CACHES) {
        const installs = commands.filter((one) => cache.installs(one.command));
        const last = installs.findLast((one) => isKept(cache, one, step));
        if (last === undefined || commands.some((one) => cleans(cache, one.command))) continue;
        const edits = cache.edit?.(facts, step, last.command);
        yield {
          ...(cache.severity === undefined ? {} : { severity: cache.severity }),
          ...(last.command.name === "yarn" ? {} : { aliases: [] }),
          message: `“${last.command.name}” leaves ${cache.what} in the image.`,
          fix: fixOf(cache.advice, cache.line),
          ...at(facts.dockerfile, last.command.range),
          subjects: [`cache:${cache.id}`],
          ...(edits === undefined ? {} : { edits }),
        };
      }
    }
  },
});

const mayFill = oncePerCommand(({ name }) =>
  /^(?:npm|yarn|uv|poetry|pixi|cargo|go|install\w*\.r)$/.test(name),
);

interface Cache {
  /** As the table of caches in images names it. */
  readonly id: string;
  readonly installs: (command: ShellCommand) => boolean;
  /** Options and variables that keep nothing. */
  readonly off: readonly string[];
  /** Where the downloads go, and the variable that says otherwise. */
  readonly folders: readonly string[];
  readonly variable: string;
  /** What `rm` has to name. */
  readonly removed: RegExp;
  readonly cleans?: (command: ShellCommand) => boolean;
  readonly what: string;
  readonly advice: string;
  readonly line: string;
  readonly severity?: Severity;
  readonly edit?: (
    facts: DockerfileFacts,
    step: RunStep,
    command: ShellCommand,
  ) => readonly TextEdit[] | undefined;
}

const starts = (command: ShellCommand, ...verbs: readonly string[]): boolean => {
  const said = operands(command).slice(0, 2);
  return verbs.some((verb) => verb.split(" ").every((part, index) => said[index] === part));
};

const END = "End the same RUN with this line.";

const CACHES: readonly Cache[] = [
  {
    id: "npm",
    installs: (command) => command.name === "npm" && starts(command, "install", "i", "ci", "add"),
    off: [],
    folders: ["/root/.npm"],
    variable: "npm_config_cache",
    removed: /\.npm(?:\/.*)?$|_cacache/,
    cleans: (command) => command.name === "npm" && starts(command, "cache clean", "cache clear", "cache rm"),
    what: "the package files it installed from",
    advice: END,
    line: "&& npm cache clean --force",
    edit: (facts, step, command) => endOfChain(facts, step, command, "npm cache clean --force"),
  },
  {
    id: "yarn",
    installs: (command) =>
      command.name === "yarn" &&
      (starts(command, "install", "add", "global add") ||
        (operands(command).length === 0 && !hasOption(command, "--version", "-v", "--help", "-h"))),
    off: ["--no-cache"],
    folders: ["/usr/local/share/.cache/yarn", "/root/.cache/yarn", "/root/.yarn/berry/cache"],
    variable: "YARN_CACHE_FOLDER",
    removed: /\.cache(?:\/(?:yarn|\*).*)?\/?$|\.yarn\/.*cache/,
    cleans: (command) => command.name === "yarn" && starts(command, "cache clean", "cache clear"),
    what: "the package files it installed from",
    advice: END,
    line: "&& yarn cache clean",
    edit: (facts, step, command) => endOfChain(facts, step, command, "yarn cache clean"),
  },
  {
    id: "uv",
    installs: (command) =>
      command.name === "uv" && starts(command, "pip install", "pip sync", "sync", "add", "tool install"),
    off: ["--no-cache", "-n", "--no-cache-dir", "UV_NO_CACHE"],
    folders: ["/root/.cache/uv"],
    variable: "UV_CACHE_DIR",
    removed: /\.cache(?:\/(?:uv|\*).*)?\/?$/,
    cleans: (command) => command.name === "uv" && starts(command, "cache clean", "cache prune"),
    what: "its cache",
    advice: "Add the option, or set UV_NO_CACHE=1 with ENV before.",
    line: "uv sync --no-cache ...",
    // Where it can, uv links files from the cache: they then take their space once.
    severity: "info",
    edit: (facts, _step, command) =>
      optionAfterVerb(facts, command, ["install", "sync", "add"], "--no-cache"),
  },
  {
    id: "poetry",
    installs: (command) => command.name === "poetry" && starts(command, "install", "add", "sync"),
    off: ["--no-cache", "--help"],
    folders: ["/root/.cache/pypoetry"],
    variable: "POETRY_CACHE_DIR",
    removed: /\.cache(?:\/(?:pypoetry|\*).*)?\/?$|POETRY_CACHE_DIR/,
    cleans: (command) => command.name === "poetry" && starts(command, "cache clear"),
    what: "the package files it installed from",
    advice: "Add the option.",
    line: "poetry install --no-cache ...",
    edit: (facts, _step, command) =>
      optionAfterVerb(facts, command, ["install", "add", "sync"], "--no-cache"),
  },
  {
    id: "pixi",
    installs: (command) => command.name === "pixi" && starts(command, "install", "add", "global install"),
    off: ["--help"],
    folders: ["/root/.cache/rattler"],
    variable: "PIXI_CACHE_DIR",
    removed: /\.cache(?:\/(?:rattler|\*).*)?\/?$|RATTLER_CACHE_DIR|PIXI_CACHE_DIR/,
    cleans: (command) => command.name === "pixi" && starts(command, "clean cache"),
    what: "the package files it installed from",
    advice: END,
    line: "&& pixi clean cache --yes",
  },
  {
    id: "r",
    installs: (command) =>
      /^install(?:2|Github|Bioc)?\.r$/.test(command.name) && !hasOption(command, "--help", "-h", "-x"),
    off: [],
    folders: ["/tmp/downloaded_packages"],
    variable: "TMPDIR",
    removed: /^\/tmp(?:\/(?:\*|downloaded_packages.*))?\/?$/,
    what: "the sources it installed from in /tmp/downloaded_packages",
    advice: END,
    line: "&& rm -rf /tmp/downloaded_packages",
    edit: (facts, step, command) => endOfChain(facts, step, command, "rm -rf /tmp/downloaded_packages"),
  },
  {
    id: "cargo",
    installs: (command) => command.name === "cargo" && starts(command, "install", "build", "fetch"),
    off: ["--offline"],
    folders: ["/usr/local/cargo/registry", "/root/.cargo/registry"],
    variable: "CARGO_HOME",
    removed: /cargo(?:_HOME\}?)?(?:\/(?:registry|\*).*)?\/?$/i,
    cleans: (command) => command.name === "cargo" && starts(command, "cache"),
    what: "the sources it downloaded",
    advice: "Build in a stage of its own and copy the program, or end the same RUN with this line.",
    line: `&& rm -rf "\${CARGO_HOME:-$HOME/.cargo}/registry"`,
  },
  {
    id: "go",
    installs: (command) =>
      command.name === "go" && starts(command, "install", "build", "get", "mod download"),
    off: ["-mod=vendor"],
    folders: ["/root/.cache/go-build", "/go/pkg/mod"],
    variable: "GOMODCACHE",
    removed: /go-build|pkg\/mod|\.cache\/?\*?$|GOCACHE|GOMODCACHE|^\/go\/?$/,
    cleans: (command) => command.name === "go" && starts(command, "clean"),
    what: "its sources and its build cache",
    advice: "Build in a stage of its own and copy the program, or end the same RUN with this line.",
    line: "&& go clean -cache -modcache",
  },
];

function isKept(cache: Cache, { command, variable }: RunCommand, step: RunStep): boolean {
  if (hasOption(command, "--dry-run", ...cache.off)) return false;
  if (cache.off.some((name) => /^[A-Z]/.test(name) && !/^(?:0|false|no|off|)$/i.test(variable(name) ?? "")))
    return false;
  const named = variable(cache.variable) ?? variable(cache.variable.toUpperCase());
  return !cache.folders.some((folder) => isCacheMounted(step.instruction, folder, named));
}

const cleans = (cache: Cache, command: ShellCommand): boolean =>
  removes(command, cache.removed) || (cache.cleans?.(command) ?? false);
