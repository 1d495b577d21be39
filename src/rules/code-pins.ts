import type { Range } from "../dockerfile/model.ts";
import type { ShellCommand } from "../dockerfile/shell.ts";
import { type Call, type CallArgument, callsIn } from "./code-calls.ts";
import type { RunCode } from "./run-code.ts";

/** Packages that a call in R or Julia installs in whatever version is newest. */
export interface LooseCall {
  readonly call: Call;
  readonly kind: "cran" | "repository" | "bioconductor" | "julia";
  readonly packages: readonly string[];
}

const bare = (name: string): string => name.slice(name.lastIndexOf(":") + 1);

const CRAN =
  /^(?:utils::|remotes::|devtools::)?(?:install\.packages|install_cran|install_version)$|^pacman::p_load$|^p_load$/;
const REPOSITORY = /^(?:remotes::|devtools::|pak::)?install_(?:github|gitlab|bitbucket|git)$/;
const PAK = /^pak::(?:pkg_install|pak)$|^pkg_install$|^renv::install$/;
const BIOCONDUCTOR =
  /^(?:BiocManager::install|BiocInstaller::biocLite|biocLite|(?:remotes::|devtools::)?install_bioc)$/;

/** Branches: what they name today is not what they name tomorrow. */
const BRANCH = /@(?:main|master|devel|develop|dev|HEAD|\*release)$/i;
/** An address of a repository as it was on one day. */
export const DATED_REPOSITORY = /(?:\/|=|["'])(?:20\d\d)-[01]\d-[0-3]\d\b/;

const argument = (call: Call, name: string, place?: number): CallArgument | undefined =>
  call.args.find((one) => one.name === name) ??
  (place === undefined ? undefined : call.args.filter((one) => one.name === undefined)[place]);

/**
 * What the code installs in no fixed version. `dated` says that R's repository shows packages as of one day, `released`
 * that the file names the release of Bioconductor.
 */
export function looseCalls(code: RunCode, dated: boolean, released: boolean): LooseCall[] {
  if (code.language === "julia") return looseJulia(code);
  if (code.language !== "R") return [];
  const settled = dated || DATED_REPOSITORY.test(code.text.slice(0, 200_000));
  const calls = callsIn(
    code.text,
    "R",
    (name) => CRAN.test(name) || REPOSITORY.test(name) || PAK.test(name) || BIOCONDUCTOR.test(name),
  );
  return calls.flatMap((call): LooseCall[] => {
    if (REPOSITORY.test(call.name)) return loose(call, "repository", fromRepositories(call));
    if (PAK.test(call.name)) {
      const named = packagesOf(call);
      const moving = named.filter(
        (spec) => /\//.test(spec) && !/^(?:local|deps|url)::|^[./~]/.test(spec) && unfixed(spec),
      );
      const newest = settled
        ? []
        : named.filter((spec) => !/[@/]/.test(spec) && !/^(?:local|deps|url)::|^\.?$/.test(spec));
      return loose(call, newest.length > 0 ? "cran" : "repository", newest.length > 0 ? newest : moving);
    }
    if (BIOCONDUCTOR.test(call.name)) {
      const fixed = settled || released;
      return fixed
        ? []
        : loose(
            call,
            "bioconductor",
            packagesOf(call).filter((spec) => !/@/.test(spec)),
          );
    }
    if (bare(call.name) === "install_version" && argument(call, "version", 1) !== undefined) return [];
    return settled || isLocal(call) ? [] : loose(call, "cran", packagesOf(call));
  });
}

const loose = (call: Call, kind: LooseCall["kind"], packages: readonly string[]): LooseCall[] =>
  packages.length === 0 ? [] : [{ call, kind, packages }];

/** Packages named by literals; those in variables cannot be told. */
export function packagesOf(call: Call): string[] {
  const named = argument(call, "pkgs") ?? argument(call, "pkg") ?? argument(call, "package");
  const first = named ?? call.args.find((one) => one.name === undefined);
  if (first === undefined) return [];
  const isName = (text: string): boolean => /^[\w.@/:#*-]+$/.test(text);
  if (bare(call.name) === "p_load") {
    return call.args
      .filter((one) => one.name === undefined)
      .flatMap((one) => (one.literal === undefined ? [one.text] : [one.literal]))
      .filter((text) => /^[A-Za-z][\w.]*$/.test(text));
  }
  if (first.literal !== undefined) return isName(first.literal) ? [first.literal] : [];
  return /^c\s*\(/.test(first.text) ? first.strings.filter(isName) : [];
}

/** A file or address is one version of a package. */
function isLocal(call: Call): boolean {
  const repos = argument(call, "repos", call.name.endsWith("install.packages") ? 2 : undefined);
  return (
    repos?.text === "NULL" ||
    packagesOf(call).some((name) => /\.(?:tar\.gz|tgz|zip)$|^https?:|^[./~]/.test(name)) ||
    /^\s*["'](?:https?:|[./~])|\.tar\.gz["']$/.test(call.args[0]?.text ?? "")
  );
}

const unfixed = (spec: string): boolean => !/@[^@]+$/.test(spec) || BRANCH.test(spec);

function fromRepositories(call: Call): string[] {
  const reference = argument(call, "ref") ?? argument(call, "subdir_ref");
  if (reference !== undefined && !BRANCH.test(`@${reference.literal ?? ""}`)) return [];
  const first =
    argument(call, "repo") ?? argument(call, "url") ?? call.args.find((one) => one.name === undefined);
  return (first?.strings ?? []).filter(
    (spec) => /\//.test(spec) && unfixed(spec.replace(/^https?:\/\/[^/]*/, "")),
  );
}

function looseJulia(code: RunCode): LooseCall[] {
  const calls = callsIn(code.text, "julia", (name) =>
    /^(?:Pkg\.)?(?:add|API\.add)$|^(?:Pkg\.)?PackageSpec$/.test(name),
  );
  const adds = calls.filter(({ name }) => /^Pkg\.(?:API\.)?add$/.test(name));
  return adds.flatMap((call): LooseCall[] => {
    const whole = code.text.slice(call.start, Math.min(call.end, call.start + 20_000));
    if (/\b(?:rev|path|version)\s*=/.test(whole)) return [];
    const named = call.args.flatMap((one) =>
      one.name === undefined || one.name === "name" || one.name === "url" ? one.strings : [],
    );
    return loose(
      call,
      "julia",
      named.filter((text) => /^[\w./:-]+$/.test(text)),
    );
  });
}

const LITTLER_VALUES = new Set(
  "-l --libloc -d --deps -n --ncpus -r --repos -m --method --repo -t --type".split(" "),
);

/** The same for littler's scripts `install2.r`, `installGithub.r` and `installBioc.r`. */
export function looseScript(
  command: ShellCommand,
  dated: boolean,
): { kind: LooseCall["kind"]; packages: string[]; range: Range } | undefined {
  const kind = (
    {
      "install2.r": "cran",
      "install.r": "cran",
      "installGithub.r": "repository",
      "installBioc.r": "bioconductor",
    } as const
  )[command.name];
  if (kind === undefined || (dated && kind !== "repository")) return undefined;
  if (command.args.some(({ value }) => DATED_REPOSITORY.test(value))) return undefined;
  const named = command.args.filter(
    ({ value }, index) =>
      /^[\w./@-]+$/.test(value) &&
      !/^[-./]|\.tar\.gz$/.test(value) &&
      !LITTLER_VALUES.has(command.args[index - 1]?.value ?? ""),
  );
  const found =
    kind === "repository" ? named.filter(({ value }) => /\//.test(value) && unfixed(value)) : named;
  const [first] = found;
  return first === undefined
    ? undefined
    : { kind, packages: found.map(({ value }) => value), range: first.range };
}

/** `install.packages("a", "b")`: only the first argument names packages, the next is the library to install into. */
export function misplacedPackages(call: Call): readonly CallArgument[] {
  if (bare(call.name) !== "install.packages" && !/^BiocManager::install$/.test(call.name)) return [];
  const unnamed = call.args.filter(({ name }) => name === undefined);
  const [first, second] = unnamed;
  if (
    first === undefined ||
    second === undefined ||
    unnamed.length !== call.args.indexOf(unnamed.at(-1) ?? first) + 1
  )
    return [];
  const isPackage = ({ literal }: CallArgument): boolean =>
    literal !== undefined && /^[A-Za-z][\w.]*$/.test(literal);
  return isPackage(first) && isPackage(second) && unnamed.every(isPackage) ? unnamed : [];
}
