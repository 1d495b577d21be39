import { familiarRepository, parseImageReference } from "../dockerfile/image-reference.ts";
import { oncePerCommand, type ShellCommand, shellCommands } from "../dockerfile/shell.ts";
import type { ResolvedStage } from "../dockerfile/variables.ts";
import { callsIn } from "./code-calls.ts";
import {
  copyParts,
  finalSteps,
  fixOf,
  hasOption,
  isWithin,
  operands,
  optionValues,
  type Step,
} from "./helpers.ts";
import { installIn, installOfCommand } from "./packages.ts";
import { type DockerfileFacts, oncePerFile } from "./rule.ts";
import { runCode } from "./run-code.ts";
import { hideSecrets } from "./secrets.ts";

/** Software that a command puts into the home of the user who builds. */
interface HomeInstall {
  readonly message: string;
  readonly fix: string;
  /** Where it ends up, as far as that can be told. */
  readonly folder: string;
}

export const isHome = (path: string): boolean =>
  isWithin(path, "/root") || /^\/home\/[^/]+(?:\/|$)/.test(path);
const atHome = (text: string): boolean => /^(?:~|\$HOME|\$\{HOME\})(?:\/|$)/.test(text) || isHome(text);

interface Situation {
  readonly facts: DockerfileFacts;
  readonly step: Step;
  readonly command: ShellCommand;
  readonly variable: (name: string) => string | undefined;
  /** Repository of the base that the file begins with: `python`, `nvidia/cuda`. */
  readonly base: string;
}

/** The first of the ways to install into a home that a command takes. */
export function homeInstall(
  facts: DockerfileFacts,
  step: Step,
  command: ShellCommand,
  variable: Situation["variable"],
): HomeInstall | undefined {
  // A home that was moved on purpose is the fix that EPCC itself uses.
  const home = variable("HOME");
  const moved = home !== undefined && !atHome(home);
  const situation = { facts, step, command, variable, base: rootRepository(step.stage) };
  for (const look of CHOSEN) {
    const found = look(situation);
    if (found !== undefined) return found;
  }
  if (moved) return undefined;
  for (const look of BY_DEFAULT) {
    const found = look(situation);
    if (found !== undefined) return found;
  }
  return undefined;
}

const isAbout = oncePerCommand((command): boolean => {
  if (/^(?:julia|npm|pipx|uv|cargo|go|gem|micromamba|(?:ba)?sh|python3?)$/.test(command.name)) return true;
  const install = installOfCommand(command);
  // What the system's own managers install is for everyone.
  return install !== undefined && !/^(?:apt|apk|dnf|zypper)$/.test(install.manager);
});

/** False for commands that none of the ways below is about. */
export const mayInstallAtHome = ({ parsed }: ShellCommand): boolean => isAbout(parsed);

function rootRepository(stage: ResolvedStage): string {
  let root = stage;
  while (root.parent !== undefined) root = root.parent;
  return familiarRepository(parseImageReference(root.base));
}

type Look = (situation: Situation) => HomeInstall | undefined;

/** Set and not empty: the software goes where it says. */
const given = ({ variable }: Situation, ...names: readonly string[]): boolean =>
  names.some((name) => (variable(name) ?? "") !== "");

const WHERE = "in the home of the user who builds, where the job does not look";
const starts = (command: ShellCommand, ...words: readonly string[]): boolean =>
  words.every((word, index) => operands(command)[index] === word);

/** A folder in a home that the file names itself: wrong wherever HOME points. */
const CHOSEN: readonly Look[] = [
  ({ command, variable }) => {
    const depot = variable("JULIA_DEPOT_PATH");
    return command.name === "julia" && depot !== undefined && atHome(depot) ? juliaDepot(depot) : undefined;
  },
  ({ command, variable }) => {
    if (installIn(command)?.manager !== "R") return undefined;
    const library = ["R_LIBS_USER", "RENV_PATHS_LIBRARY", "R_LIBS"]
      .map(variable)
      .find((value) => value !== undefined && atHome(value));
    const text = command.args
      .map(({ value }) => value)
      .join(" ")
      .slice(0, 50_000);
    if (library === undefined && !/lib\s{0,9}=\s{0,9}["'](?:~|\/root|\/home\/)/.test(text)) return undefined;
    return {
      message: "R packages go to a library in a home directory, where the job does not look.",
      fix: fixOf("Install into the site library.", "ENV R_LIBS_SITE=/usr/local/lib/R/site-library"),
      folder: library ?? "/root",
    };
  },
  ({ command }) => {
    if (installIn(command)?.manager !== "conda") return undefined;
    const prefix = optionValues(command, "-p", "--prefix", "-r", "--root-prefix").find(atHome);
    if (prefix === undefined) return undefined;
    return {
      message: `The Conda environment is made in ${prefix}, which the user that the job runs as may not read.`,
      fix: fixOf("Make it below /opt.", `${command.name} create -y -p /opt/env ...`),
      folder: prefix,
    };
  },
  ({ command, variable, facts }) => {
    if (command.name !== "npm" || !hasOption(command, "-g", "--global", "--location=global"))
      return undefined;
    const prefix = [
      ...optionValues(command, "--prefix"),
      variable("npm_config_prefix") ?? variable("NPM_CONFIG_PREFIX") ?? wholeFile(facts).npmPrefix ?? "",
    ].find(atHome);
    if (installIn(command) === undefined || prefix === undefined) return undefined;
    return {
      message: `“npm install -g” installs into ${prefix}, which the user that the job runs as may not read.`,
      fix: fixOf("Choose a place for everyone.", "ENV NPM_CONFIG_PREFIX=/usr/local"),
      folder: prefix,
    };
  },
];

/** What the file says as a whole, worked out once. */
interface Whole {
  readonly npmPrefix: string | undefined;
  /** Something installs a Python that uv can use. */
  readonly python: boolean;
  /** Scripts that ADD fetched, by where they lie. */
  readonly installers: ReadonlyMap<string, string>;
}

const wholeFile = oncePerFile((facts): Whole => {
  const steps = finalSteps(facts);
  const commands = steps.flatMap(({ instruction }) =>
    instruction.keyword === "RUN" ? shellCommands(instruction) : [],
  );
  return {
    npmPrefix: commands.map(npmPrefix).find((prefix) => prefix !== undefined),
    python:
      commands.some(bringsPython) ||
      steps.some(
        ({ instruction: { keyword, text } }) =>
          keyword === "COPY" && /python|conda|\/usr\/local/.test(text.slice(0, 2000)),
      ),
    installers: new Map(
      steps.flatMap(({ instruction }): [string, string][] => {
        const { sources, target } = copyParts(instruction);
        const [source = ""] = sources;
        return instruction.keyword === "ADD" && target !== undefined && /^https?:/.test(source)
          ? [[target, source]]
          : [];
      }),
    ),
  };
});

/** `npm config set prefix ~/npm`. */
function npmPrefix(command: ShellCommand): string | undefined {
  const [verb, set, name = "", value] = operands(command);
  if (command.name !== "npm" || verb !== "config" || set !== "set") return undefined;
  if (name === "prefix") return value;
  return name.startsWith("prefix=") ? name.slice("prefix=".length) : undefined;
}

const bringsPython = (command: ShellCommand): boolean =>
  installIn(command)?.packages.some((name) => /^(?:lib)?python|conda|^py3/.test(name)) === true ||
  /conda|mamba|pyenv/.test(command.name) ||
  command.args.some(({ value }) => /(?:conda|forge|pyenv)\S{0,80}\.sh$/i.test(value)) ||
  (command.name === "uv" && starts(command, "python", "install"));

const juliaDepot = (depot: string | undefined): HomeInstall => ({
  message: `Julia's packages go to ${depot ?? "~/.julia"}, ${WHERE}.`,
  fix: fixOf(
    "Use a depot for everyone before packages are added.",
    "ENV JULIA_DEPOT_PATH=/opt/julia-depot",
    "RUN julia -e 'using Pkg; Pkg.add(...)' && chmod -R a+rX /opt/julia-depot",
    "ENV JULIA_DEPOT_PATH=/scratch/julia:/opt/julia-depot",
  ),
  folder: depot ?? "/root/.julia",
});

/** Programs that install into the home unless they are told otherwise. */
const BY_DEFAULT: readonly Look[] = [
  (at) => {
    if (
      installIn(at.command)?.manager !== "pip" ||
      !hasOption(at.command, "--user") ||
      given(at, "PYTHONUSERBASE")
    )
      return undefined;
    return {
      message:
        "“pip install --user” installs into the home of the user who builds, where the job does not look.",
      fix: fixOf("Install for everyone.", "RUN pip install --no-cache-dir ..."),
      folder: "/root/.local",
    };
  },
  (at) => {
    const { command, step, base } = at;
    if (!/^pip[\d.]*$/.test(command.name) || installIn(command) === undefined || base !== "python")
      return undefined;
    if (step.user === undefined || /^(?:root|0)?(?::|$)|\$/.test(step.user)) return undefined;
    if (
      given(at, "VIRTUAL_ENV", "PYTHONUSERBASE") ||
      hasOption(command, "--target", "-t", "--prefix", "--root")
    )
      return undefined;
    const user = hideSecrets(step.user).slice(0, 40);
    const path = at.variable("PATH") ?? "";
    if (/env\b/.test(path) || !/^pip[\d.]*$/.test(command.program?.value ?? "pip")) return undefined;
    return {
      message: `pip may not write to the system as “${user}” and installs into that user's home, where the job does not look.`,
      fix: fixOf("Install before USER.", "RUN pip install --no-cache-dir ...", `USER ${user}`),
      folder: "/home",
    };
  },
  (at) => {
    if (at.command.name !== "pipx" || installIn(at.command) === undefined || given(at, "PIPX_HOME"))
      return undefined;
    if (hasOption(at.command, "--global")) return undefined;
    return {
      message: "“pipx install” installs into the home of the user who builds, where the job does not look.",
      fix: fixOf("Choose a place for everyone.", "ENV PIPX_HOME=/opt/pipx PIPX_BIN_DIR=/usr/local/bin"),
      folder: "/root/.local",
    };
  },
  (at) =>
    installIn(at.command)?.manager === "julia" && !given(at, "JULIA_DEPOT_PATH")
      ? juliaDepot(undefined)
      : undefined,
  (at) => {
    if (at.command.name !== "uv" || !starts(at.command, "tool", "install")) return undefined;
    if (given(at, "UV_TOOL_DIR", "XDG_DATA_HOME")) return undefined;
    return {
      message: `“uv tool install” installs below ~/.local, ${WHERE}.`,
      fix: fixOf(
        "Choose a place for everyone.",
        "ENV UV_TOOL_DIR=/opt/uv-tools UV_TOOL_BIN_DIR=/usr/local/bin",
      ),
      folder: "/root/.local/share/uv",
    };
  },
  (at) => {
    const { command } = at;
    if (command.name !== "uv" || given(at, "UV_PYTHON_INSTALL_DIR", "XDG_DATA_HOME")) return undefined;
    const fetches =
      starts(command, "python", "install") && optionValues(command, "-i", "--install-dir").length === 0;
    if (!fetches && !(starts(command, "sync") || starts(command, "venv"))) return undefined;
    if (!fetches && hasPython(at)) return undefined;
    return {
      message: `uv puts Python itself below ~/.local/share/uv, ${WHERE}: the environment then has no Python.`,
      fix: fixOf(
        "Choose a place for everyone before uv fetches Python.",
        "ENV UV_PYTHON_INSTALL_DIR=/opt/python",
      ),
      folder: "/root/.local/share/uv",
    };
  },
  (at) => {
    if (at.command.name !== "cargo" || !starts(at.command, "install") || at.base === "rust") return undefined;
    if (given(at, "CARGO_HOME", "CARGO_INSTALL_ROOT") || optionValues(at.command, "--root").length > 0)
      return undefined;
    return {
      message: `“cargo install” installs into ~/.cargo/bin, ${WHERE}.`,
      fix: fixOf("Choose a place for everyone.", "cargo install --root /usr/local ..."),
      folder: "/root/.cargo",
    };
  },
  (at) => {
    if (at.command.name !== "go" || !starts(at.command, "install") || at.base === "golang") return undefined;
    if (given(at, "GOPATH", "GOBIN")) return undefined;
    return {
      message: `“go install” installs into ~/go/bin, ${WHERE}.`,
      fix: fixOf("Choose a place for everyone.", "ENV GOBIN=/usr/local/bin"),
      folder: "/root/go",
    };
  },
  (at) => {
    const { command } = at;
    if (command.name !== "gem" || installIn(command) === undefined || !hasOption(command, "--user-install"))
      return undefined;
    return {
      message: `“gem install --user-install” installs into ~/.gem, ${WHERE}.`,
      fix: fixOf("Install for everyone.", "gem install <package>:<version>"),
      folder: "/root/.gem",
    };
  },
  (at) => {
    const { command } = at;
    if (command.name !== "micromamba" || installIn(command) === undefined) return undefined;
    if (given(at, "MAMBA_ROOT_PREFIX") || /micromamba/.test(at.base)) return undefined;
    if (optionValues(command, "-p", "--prefix", "-r", "--root-prefix").length > 0) return undefined;
    return {
      message: `micromamba keeps its environments ${WHERE}.`,
      fix: fixOf("Choose a place for everyone.", "ENV MAMBA_ROOT_PREFIX=/opt/conda"),
      folder: "/root",
    };
  },
  condaInstaller,
  shellInstaller,
];

/** Images that come without a Python of their own, so that uv fetches one. */
function hasPython(at: Situation): boolean {
  const bare = /^(?:ubuntu|debian|nvidia\/cuda|alpine)$/.test(at.base);
  if (!bare || given(at, "UV_PYTHON") || hasOption(at.command, "--python", "-p")) return true;
  if (
    /^(?:never|manual)$/.test(at.variable("UV_PYTHON_DOWNLOADS") ?? "") ||
    given(at, "UV_NO_MANAGED_PYTHON")
  )
    return true;
  return wholeFile(at.facts).python;
}

/** `bash Miniforge3-Linux-x86_64.sh -b`, which goes to the home unless `-p` says otherwise. */
function condaInstaller({ command }: Situation): HomeInstall | undefined {
  if (!/^(?:ba)?sh$/.test(command.name)) return undefined;
  const script = operands(command)[0] ?? "";
  if (
    !/(?:conda|mamba|forge)[^/]*\.sh$/i.test(script) ||
    !command.args.some(({ value }) => /^-[a-z]*b[a-z]*$/.test(value))
  )
    return undefined;
  const at = command.args.findIndex(({ value }) => /^-[a-z]*p$/.test(value));
  const prefix = at < 0 ? undefined : command.args[at + 1]?.value;
  if (prefix !== undefined && !atHome(prefix)) return undefined;
  return {
    message: `Conda is installed into ${prefix ?? "the home of the user who builds"}, which the user that the job runs as may not read.`,
    fix: fixOf("Install it below /opt.", `bash ${script.slice(0, 100)} -b -p /opt/conda`),
    folder: prefix ?? "/root",
  };
}

/** Installers that are piped into a shell, with the variables that tell them where to go. */
const INSTALLERS: readonly (readonly [address: RegExp, ...variables: string[]])[] = [
  [/astral\.sh\/uv/, "UV_INSTALL_DIR", "XDG_BIN_HOME", "XDG_DATA_HOME"],
  [/sh\.rustup\.rs|static\.rust-lang\.org\/rustup/, "CARGO_HOME"],
  [/install\.julialang\.org/, "JULIAUP_DEPOT_PATH"],
  [/install\.python-poetry\.org/, "POETRY_HOME"],
  [/pixi\.sh\/install/, "PIXI_HOME"],
  [/nvm-sh\/nvm/, "NVM_DIR"],
  [/pyenv\.run|pyenv-installer/, "PYENV_ROOT"],
  [/bun\.sh\/install/, "BUN_INSTALL"],
  [/deno\.land\/(?:x\/)?install/, "DENO_INSTALL"],
  [/micro\.mamba\.pm\/install/, "BIN_FOLDER"],
];

function shellInstaller({ facts, command, step, variable }: Situation): HomeInstall | undefined {
  if (!/^(?:(?:ba)?sh|python3?)$/.test(command.name)) return undefined;
  const [first] = command.args;
  const added = first === undefined ? undefined : wholeFile(facts).installers.get(first.value);
  if (added === undefined && (!command.piped || (first !== undefined && !first.value.startsWith("-"))))
    return undefined;
  // A folder among the installer's own options is where it goes.
  const own = added === undefined ? command.args : command.args.slice(1);
  if (own.some(({ value }) => /(?:^|=)\//.test(value) && !atHome(value.slice(value.indexOf("/")))))
    return undefined;
  const script = added ?? step.instruction.text.slice(0, 20_000);
  const installer = INSTALLERS.find(([address]) => address.test(script));
  if (installer === undefined) return undefined;
  const [, ...variables] = installer;
  if (variables.some((name) => variable(name) !== undefined && !atHome(variable(name) ?? "")))
    return undefined;
  const name = variables[0] ?? "HOME";
  return {
    message:
      "The installer puts the program into the home of the user who builds, where the job does not look.",
    fix: fixOf(
      "Tell it a place for everyone.",
      `ENV ${name}=${name === "UV_INSTALL_DIR" || name === "BIN_FOLDER" ? "/usr/local/bin" : `/opt/${name.split("_")[0]?.toLowerCase() ?? "tools"}`}`,
    ),
    folder: "/root",
  };
}

/** renv keeps packages in a cache below the home and only links to them from the library. */
export function renvCache(
  step: Step,
  variable: Situation["variable"],
): (HomeInstall & { readonly range: ReturnType<ReturnType<typeof runCode>[number]["rangeOf"]> }) | undefined {
  const off = (name: string): boolean => /^(?:false|f|no|0)$/i.test(variable(name) ?? "");
  if (off("RENV_CONFIG_CACHE_SYMLINKS") || off("RENV_CONFIG_CACHE_ENABLED")) return undefined;
  const cache = variable("RENV_PATHS_CACHE") ?? variable("RENV_PATHS_ROOT") ?? variable("XDG_CACHE_HOME");
  if (cache !== undefined && !atHome(cache)) return undefined;
  const home = variable("HOME");
  if (home !== undefined && !atHome(home)) return undefined;
  for (const code of runCode(step.instruction)) {
    if (code.language !== "R") continue;
    if (
      /cache\.(?:symlinks|enabled)|RENV_PATHS|RENV_CONFIG_CACHE|renv::isolate|use\.cache/.test(
        code.text.slice(0, 100_000),
      )
    )
      return undefined;
    const call = callsIn(code.text, "R", (name) => name === "renv::restore")[0];
    if (call === undefined || call.args.some(({ name }) => name === "library")) continue;
    return {
      message: `renv links the packages of its library to a cache below ~/.cache/R/renv, ${WHERE}.`,
      fix: fixOf(
        "Have it copy the packages, with this line before the RUN.",
        "ENV RENV_CONFIG_CACHE_SYMLINKS=FALSE",
      ),
      folder: "/root/.cache/R/renv",
      range: code.rangeOf(call.start, call.end),
    };
  }
  return undefined;
}
