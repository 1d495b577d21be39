import { oncePerCommand, type ShellCommand } from "../dockerfile/shell.ts";

/** Programs that install software, told from a command line alone: never from the host they would contact. */
export type Manager =
  | "apt"
  | "apk"
  | "dnf"
  | "zypper"
  | "pip"
  | "uv"
  | "conda"
  | "npm"
  | "R"
  | "julia"
  | "cargo"
  | "gem"
  | "go"
  | "other";

export interface Install {
  readonly manager: Manager;
  /** The program as a reader knows it: `apt-get`, `pip`. */
  readonly program: string;
  /** What is installed, options removed; versions kept. */
  readonly packages: readonly string[];
}

const base = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
const isOption = (word: string): boolean => word.startsWith("-");
/** Options of pip and apt that take the next word as their value. */
const TAKES_VALUE = new Set(
  "-r --requirement -c --constraint -i --index-url --extra-index-url -f --find-links -t --target -o --option --prefix --root --python -n --name -p --channel --file --cache-dir --trusted-host".split(
    " ",
  ),
);

function plainWords(words: readonly string[]): string[] {
  const plain: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (TAKES_VALUE.has(word)) index++;
    else if (!isOption(word)) plain.push(word);
  }
  return plain;
}

/** Programs that install, and those that may run them. */
const MAY_INSTALL =
  /^(?:apt|apk|dnf|yum|microdnf|tdnf|zypper|pip|uv|conda|mamba|micromamba|pixi|poetry|pdm|npm|pnpm|yarn|npx|install|R|r|littler|julia|cargo|gem|go|tlmgr|cpan|python|pypy|node|perl|sh$|bash|dash|busybox)/;

/** What a command line installs, if it installs something. */
export function installOf(words: readonly string[]): Install | undefined {
  const [first = "", ...rest] = words;
  const program = base(first);
  if (!MAY_INSTALL.test(program)) return undefined;
  const plain = plainWords(rest);
  const [verb, ...packages] = plain;
  const made = (manager: Manager, list: readonly string[] = packages): Install => ({
    manager,
    program,
    packages: list,
  });

  if (/^(?:apt-get|apt|aptitude)$/.test(program)) return verb === "install" ? made("apt") : undefined;
  if (program === "apk") return verb === "add" ? made("apk") : undefined;
  if (/^(?:dnf|yum|microdnf|tdnf)$/.test(program)) {
    return /^(?:install|groupinstall|localinstall)$/.test(verb ?? "") ? made("dnf") : undefined;
  }
  if (program === "zypper") return verb === "install" || verb === "in" ? made("zypper") : undefined;
  if (/^pip(?:\d(?:\.\d+)?)?$/.test(program)) return verb === "install" ? made("pip") : undefined;
  if (program === "pipx") return verb === "install" || verb === "run" ? made("pip") : undefined;
  if (program === "uv") return uvInstall(verb, packages, made);
  if (program === "uvx") return made("uv", plain);
  if (/^(?:conda|mamba|micromamba)$/.test(program)) {
    if (verb === "install" || verb === "create" || verb === "update") return made("conda");
    return verb === "env" && /^(?:create|update)$/.test(packages[0] ?? "") ? made("conda", []) : undefined;
  }
  if (program === "pixi") return /^(?:install|add)$/.test(verb ?? "") ? made("conda") : undefined;
  if (program === "poetry" || program === "pdm" || program === "pipenv") {
    return /^(?:install|add|sync)$/.test(verb ?? "") ? made("pip") : undefined;
  }
  if (/^(?:npm|pnpm|yarn)$/.test(program)) {
    return /^(?:install|i|ci|add)$/.test(verb ?? "") || (program === "yarn" && verb === undefined)
      ? made("npm")
      : undefined;
  }
  if (program === "npx") return made("npm", plain);
  if (program === "install2.r" || program === "installGithub.r" || program === "installBioc.r")
    return made("R", plain);
  if (program === "R" && verb === "CMD" && packages[0] === "INSTALL") return made("R", packages.slice(1));
  if (/^(?:R|Rscript|littler|r)$/.test(program)) return rInstall(rest, made);
  if (program === "julia") {
    return /\bPkg\.(?:add|instantiate|develop|update|build|resolve|API)\b/.test(rest.join(" "))
      ? made("julia", [])
      : undefined;
  }
  if (program === "cargo") return verb === "install" ? made("cargo") : undefined;
  if (program === "gem") return verb === "install" ? made("gem") : undefined;
  if (program === "go") return verb === "install" || verb === "get" ? made("go") : undefined;
  if (program === "tlmgr" || program === "cpan" || program === "cpanm") return made("other", packages);
  return throughInterpreter(program, rest);
}

function uvInstall(
  verb: string | undefined,
  packages: readonly string[],
  made: (manager: Manager, list?: readonly string[]) => Install,
): Install | undefined {
  if (verb === "pip")
    return packages[0] === "install" || packages[0] === "sync" ? made("uv", packages.slice(1)) : undefined;
  if (verb === "add" || verb === "sync") return made("uv");
  return verb === "tool" && /^(?:install|run)$/.test(packages[0] ?? "")
    ? made("uv", packages.slice(1))
    : undefined;
}

const R_INSTALL =
  /\b(?:install\.packages|(?:remotes|devtools|pak|renv)::(?:install\w*|pkg_install|pak|restore|hydrate)|BiocManager::install|pacman::p_load|(?<![\w.])install_(?:github|cran|version|gitlab|bioc|local))\s*\(/;

function rInstall(
  rest: readonly string[],
  made: (manager: Manager, list?: readonly string[]) => Install,
): Install | undefined {
  // R's front end hands `-e` on with blanks written as `~+~`.
  const text = rest.join(" ").slice(0, 20_000).replaceAll("~+~", " ");
  if (!R_INSTALL.test(text)) return undefined;
  return made(
    "R",
    [...text.matchAll(/["']([\w.]+)["']/g)].map((match) => match[1] ?? ""),
  );
}

/** `python -m pip install`, `/usr/bin/python3 /usr/local/bin/pip install`, `node /usr/bin/npm ci`, `sh /usr/bin/R CMD`. */
function throughInterpreter(program: string, rest: readonly string[]): Install | undefined {
  if (!/^(?:python[\d.]*|pypy3?|node|nodejs|perl|sh|bash|dash|busybox)$/.test(program)) return undefined;
  let index = 0;
  while (index < rest.length && isOption(rest[index] ?? "") && rest[index] !== "-m" && rest[index] !== "-c")
    index++;
  if (rest[index] === "-m") {
    const module = rest[index + 1] ?? "";
    return /^(?:pip|uv|conda|pipx|poetry)$/.test(module) ? installOf(rest.slice(index + 1)) : undefined;
  }
  const script = base(rest[index] ?? "");
  if (rest[index] === "-c" || script === "") return undefined;
  const known =
    /^(?:pip[\d.]*|pipx|uv|conda|mamba|npm|npm-cli\.js|yarn|pnpm|poetry|R|Rscript|apt-get|gem|cpanm|tlmgr)$/.test(
      script,
    );
  if (!known) return undefined;
  return installOf([script === "npm-cli.js" ? "npm" : script, ...rest.slice(index + 1)]);
}

export const installOfCommand = oncePerCommand(({ name, values }) => installOf([name, ...values]));

export const installIn = ({ parsed }: ShellCommand): Install | undefined => installOfCommand(parsed);

/** A package name without version, extras and architecture: `numpy[all]==1.2` is `numpy`. */
export const packageName = (spec: string): string =>
  spec
    .replace(/^["']|["']$/g, "")
    .split(/[=<>!~[\s;@:/]/)[0]
    ?.toLowerCase() ?? "";
