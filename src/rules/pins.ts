import { oncePerCommand, type ShellArgument, type ShellCommand } from "../dockerfile/shell.ts";
import { hasOption, optionValues } from "./helpers.ts";

/** How firmly a package's version is given. */
export type Hold = "none" | "open" | "moving";

export interface LoosePackage {
  /** As written, for the message. */
  readonly text: string;
  readonly hold: Hold;
  readonly argument: ShellArgument;
}

type PinManager = "pip" | "pipx" | "uv" | "uv-tool" | "conda" | "pixi" | "npm" | "gem" | "go" | "cargo";

export interface LooseInstall {
  readonly manager: PinManager;
  readonly packages: readonly LoosePackage[];
}

/** Variables as they hold where a command runs. */
type Lookup = (name: string) => string | undefined;

/** Options that take the next word, by the program that takes them. */
const WITH_VALUE: Readonly<Record<PinManager, ReadonlySet<string>>> = {
  pip: words(
    "-r --requirement -c --constraint -t --target -d --dest -b --build -f --find-links -i --index-url --extra-index-url --platform --python-version --implementation --abi --root --prefix --src --upgrade-strategy --install-option --global-option --config-settings --config-setting -C --no-binary --only-binary --progress-bar --report --proxy --retries --timeout --exists-action --trusted-host --cert --client-cert --cache-dir --log --python --use-feature --use-deprecated --build-option --root-user-action --keyring-provider --group --uploaded-prior-to --resume-retries --build-constraint",
  ),
  pipx: words("--index-url -i --pip-args --python --suffix --fetch-missing-python --spec --backend"),
  uv: words(
    "-r --requirement --requirements -c --constraint --constraints --override --overrides -b --build-constraint -t --target --prefix -p --python -f --find-links --index-url -i --extra-index-url --index --default-index --index-strategy --keyring-provider --resolution --prerelease --exclude-newer --link-mode --cache-dir --refresh-package --reinstall-package --upgrade-package -P --no-binary --only-binary --no-build-package --no-binary-package --config-setting -C --config-settings --torch-backend --python-version --python-platform --extra --group --only-group --no-group --optional --package --project --directory --script --branch --tag --rev --marker -m --color --allow-insecure-host --config-file",
  ),
  "uv-tool": words(
    "-p --python --with --with-requirements --with-editable --with-executables-from --from --index --default-index --index-url -i --extra-index-url -c --constraints --overrides --exclude-newer --cache-dir --resolution --prerelease -P --upgrade-package --torch-backend --color --config-file --directory --project",
  ),
  conda: words(
    "-n --name -p --prefix -c --channel -f --file --solver --experimental --revision --platform --subdir -r --root-prefix --rc-file --channel-priority --repodata-fn --clone --category --log-level --cacert --ssl-verify --safety-checks --retry-clean-cache --description --copy-from",
  ),
  pixi: words(
    "--manifest-path -p --platform -f --feature --git --branch --tag --rev -s --subdir --color --pypi-keyring-provider --index -c --channel -e --environment --with --expose --concurrent-downloads --concurrent-solves --auth-file --tls-root-certs",
  ),
  npm: words(
    "--registry --prefix -C --cwd --cache --workspace -w --filter --tag --loglevel --omit --include --userconfig --globalconfig --before --install-strategy --cache-folder --modules-folder --global-folder --network-timeout --mutex --dir --store-dir --cpu --os --libc --save-prefix --node-linker --cache-min",
  ),
  gem: words(
    "-v --version -i --install-dir -n --bindir --build-root --platform -s --source -p --http-proxy -B --bulk-threshold -P --trust-policy -g --file --without --with --document --config-file --target-rbconfig",
  ),
  go: words(
    "-tags -ldflags -gcflags -asmflags -o -mod -modfile -C -p -buildmode -overlay -pkgdir -toolexec -exec",
  ),
  cargo: words(
    "--version --vers --git --branch --tag --rev --path --root --index --registry -F --features --profile --target --target-dir -j --jobs --bin --example --color --message-format --config -Z -C",
  ),
};

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(" "));
}

/** What a command installs without a firm version; undefined when it installs no named packages. */
export function looseInstall(command: ShellCommand, variable: Lookup): LooseInstall | undefined {
  const { name } = command;
  if (/^pip(?:\d(?:\.\d+)?)?$/.test(name)) return verb(command, ["install"], pipPackages("pip", variable));
  if (name === "pipx") return verb(command, ["install", "inject"], pipxPackages(variable));
  if (name === "uv") {
    return (
      verb(command, ["pip install"], pipPackages("uv", variable)) ??
      verb(command, ["add"], pipPackages("uv", variable)) ??
      verb(command, ["tool install"], toolPackages)
    );
  }
  if (/^(?:conda|mamba|micromamba)$/.test(name))
    return verb(command, ["install", "create", "update"], condaPackages);
  if (name === "pixi") return verb(command, ["add", "global install"], condaPackages);
  if (/^(?:npm|pnpm|bun)$/.test(name)) return verb(command, ["install", "i", "add"], npmPackages(variable));
  if (name === "yarn") return verb(command, ["add", "global add"], npmPackages(variable));
  if (name === "gem") return verb(command, ["install", "i"], gemPackages);
  if (name === "go") return verb(command, ["install", "get", "run"], goPackages);
  if (name === "cargo") return verb(command, ["install", "binstall"], cargoPackages);
  if (name === "poetry" || name === "pdm") return verb(command, ["add"], pipPackages("uv", variable));
  if (name === "pipenv") return verb(command, ["install"], pipPackages("pip", variable));
  return undefined;
}

/** An editable package is named behind its option, which is no option's value then. */
const BEFORE_EDITABLE = {
  pip: new Set([...WITH_VALUE.pip, "-e", "--editable"]),
  uv: new Set([...WITH_VALUE.uv, "-e", "--editable"]),
};

/** True for programs that `looseInstall` knows. */
export const mayInstallLoosely = oncePerCommand(({ name }) =>
  /^(?:pip(?:\d(?:\.\d+)?)?|pipx|uv|conda|mamba|micromamba|pixi|npm|pnpm|bun|yarn|gem|go|cargo|poetry|pdm|pipenv)$/.test(
    name,
  ),
);

type Reader = (command: ShellCommand, from: number) => LooseInstall | undefined;

/** Finds the sub-command, past options before it, and reads what comes after. */
function verb(command: ShellCommand, verbs: readonly string[], read: Reader): LooseInstall | undefined {
  const first = command.args.findIndex(({ value }) => !value.startsWith("-"));
  if (first < 0) return undefined;
  for (const wanted of verbs) {
    const parts = wanted.split(" ");
    if (parts.every((part, index) => command.args[first + index]?.value === part)) {
      if (hasOption(command, "--dry-run", "--help")) return undefined;
      return read(command, first + parts.length);
    }
  }
  return undefined;
}

/** Arguments that are neither options nor their values. */
function positional(command: ShellCommand, from: number, withValue: ReadonlySet<string>): ShellArgument[] {
  const found: ShellArgument[] = [];
  let literal = false;
  for (let index = from; index < command.args.length; index++) {
    const argument = command.args[index];
    if (argument === undefined) break;
    const { value } = argument;
    if (!literal && value === "--") literal = true;
    else if (!literal && withValue.has(value)) index++;
    else if (value !== "" && (literal || !value.startsWith("-"))) found.push(argument);
  }
  return found;
}

/** Expands a variable that stands for a whole list; what is not known is not judged. */
function specs(argument: ShellArgument, variable: Lookup): string[] {
  const whole = /^\$\{?(\w+)\}?$/.exec(argument.value)?.[1];
  if (whole === undefined) return [argument.value];
  return (variable(whole) ?? "").split(/\s+/).filter((spec) => spec !== "" && !spec.startsWith("-"));
}

function collect(
  manager: PinManager,
  list: readonly ShellArgument[],
  judge: (spec: string) => Hold | undefined,
  variable: Lookup = () => undefined,
): LooseInstall {
  const packages = list.flatMap((argument) =>
    specs(argument, variable).flatMap((text) => {
      // A variable or a command in a name may well hold the version.
      if (/[$`]/.test(text)) return [];
      const hold = judge(text.trim());
      return hold === undefined ? [] : [{ text: text.trim(), hold, argument }];
    }),
  );
  return { manager, packages };
}

const DATED = /(?:^|[^\d])20\d\d-?[01]\d-?[0-3]\d(?:[^\d]|$)/;

const pipPackages =
  (manager: "pip" | "uv", variable: Lookup): Reader =>
  (command, from) => {
    const withValue = BEFORE_EDITABLE[manager];
    const constrained =
      hasOption(
        command,
        "-c",
        "--constraint",
        "--constraints",
        "--exclude-newer",
        "--uploaded-prior-to",
        "--no-index",
      ) ||
      command.args.some(({ value }) => /^-c\S/.test(value)) ||
      ["PIP_CONSTRAINT", "UV_CONSTRAINT", "UV_EXCLUDE_NEWER", "PIP_NO_INDEX", "PIP_UPLOADED_PRIOR_TO"].some(
        (name) => (variable(name) ?? "") !== "",
      ) ||
      [
        ...optionValues(command, "-i", "--index-url", "--default-index"),
        variable("PIP_INDEX_URL") ?? "",
        variable("UV_DEFAULT_INDEX") ?? variable("UV_INDEX_URL") ?? "",
      ].some((url) => DATED.test(url));
    if (constrained || hasOption(command, "--rev", "--tag")) return undefined;
    const editable = command.args.filter(
      (_, index) => index > from && /^(?:-e|--editable)$/.test(command.args[index - 1]?.value ?? ""),
    );
    const named = positional(command, from, withValue);
    return collect(manager, [...named, ...editable].sort(byPlace), pipHold, variable);
  };

const byPlace = (a: ShellArgument, b: ShellArgument): number =>
  a.range.start.line - b.range.start.line || a.range.start.column - b.range.start.column;

/** Branches: what they name today is not what they name tomorrow. */
const BRANCH = /^(?:main|master|develop|development|devel|dev|trunk|HEAD|latest|next|nightly)$/i;

/** How a requirement of pip, as on its command line or in a requirements file, holds its version. */
export function pipHold(spec: string): Hold | undefined {
  const plain = spec.split(/\s*;\s/)[0]?.trim() ?? "";
  // Poetry and uv's tools also write `name@version`.
  const at = /^[\w.-]+(?:\[[^\]]*\])?@([^\s:/]+)$/.exec(plain)?.[1];
  if (at !== undefined) return BRANCH.test(at) ? "moving" : undefined;
  const direct = /^[\w.-]+\s*(?:\[[^\]]*\])?\s*@\s*(\S+)/.exec(plain)?.[1] ?? plain;
  if (/^(?:git|hg|svn|bzr)\+|^git:\/\//.test(direct)) return repositoryHold(direct);
  if (/^https?:\/\//.test(direct)) {
    return /\/(?:archive|zipball|tarball)\/(?:refs\/heads\/|(?:main|master|develop|HEAD)\b)/.test(direct)
      ? "moving"
      : undefined;
  }
  if (direct !== plain || /^[./~]|^file:|[/\\]|\.(?:whl|tar\.gz|tar\.bz2|zip|tgz)$/.test(plain))
    return undefined;
  const operators = plain.replace(/^[\w.-]+\s*(?:\[[^\]]*\])?/, "");
  if (/===?|~=/.test(operators)) return undefined;
  return /[<>!^]/.test(operators) ? "open" : /^[A-Za-z0-9]/.test(plain) ? "none" : undefined;
}

/** `git+https://host/x.git@v1.2#egg=x`: an `@` in the path names a revision, one before the host a user. */
function repositoryHold(url: string): Hold | undefined {
  const path = url.replace(/#.*$/s, "").replace(/^[\w+]+:\/\/[^/]*/, "");
  const at = path.lastIndexOf("@");
  if (at < 0) return "moving";
  return BRANCH.test(path.slice(at + 1)) ? "moving" : undefined;
}

const pipxPackages =
  (variable: Lookup): Reader =>
  (command, from) => {
    const named = positional(command, from, WITH_VALUE.pipx);
    const inject = command.args[from - 1]?.value === "inject";
    const spec = optionValues(command, "--spec")[0];
    if (spec !== undefined && pipHold(spec) === undefined) return undefined;
    return collect("pipx", inject ? named.slice(1) : named, pipHold, variable);
  };

const toolPackages: Reader = (command, from) => {
  if (hasOption(command, "--exclude-newer", "-c", "--constraints")) return undefined;
  const source = optionValues(command, "--from")[0];
  if (source !== undefined && pipHold(source) === undefined) return undefined;
  return collect("uv-tool", positional(command, from, WITH_VALUE["uv-tool"]).slice(0, 1), pipHold);
};

const condaPackages: Reader = (command, from) => {
  const manager = command.name === "pixi" ? "pixi" : "conda";
  if (hasOption(command, "--clone", "--revision", "--offline")) return undefined;
  const named = positional(command, from, WITH_VALUE[manager]);
  return collect(manager, named, hasOption(command, "--pypi") ? pipHold : condaHold);
};

/** How a specification of conda holds its version: `numpy=1.26`, `conda-forge::numpy >=1.26`. */
export function condaHold(spec: string): Hold | undefined {
  const plain = spec.trim();
  if (/\.(?:conda|tar\.bz2|ya?ml|txt|lock)$|^https?:|^[./~]/.test(plain)) return undefined;
  const name = /^(?:[\w./-]+::)?[\w.-]+/.exec(plain)?.[0];
  if (name === undefined || name === "") return undefined;
  const rest = plain.slice(name.length).trim();
  if (rest === "" || /^\[(?!.*version)/.test(rest)) return "none";
  if (/^(?:=|\[version=['"]?=?)?=?\s*v?\d|^~=|==/.test(rest)) return undefined;
  return /[<>!]/.test(rest) ? "open" : /\*/.test(rest) && !/\d/.test(rest) ? "none" : undefined;
}

const npmPackages =
  (variable: Lookup): Reader =>
  (command, from) => {
    if (hasOption(command, "--before") || (variable("npm_config_before") ?? "") !== "") return undefined;
    return collect("npm", positional(command, from, WITH_VALUE.npm), npmHold, variable);
  };

function npmHold(spec: string): Hold | undefined {
  const plain = spec.replace(/^(?:@?[\w./-]+@)?npm:/, "");
  if (/^(?:[./~]|file:|link:|workspace:)|\.(?:tgz|tar\.gz|tar)$/.test(plain)) return undefined;
  if (
    /^(?:git\+|git:|github:|gitlab:|bitbucket:|git@|https?:\/\/[^#]*\.git)/.test(plain) ||
    /^[^@/\s]+\/[^/@\s]+$/.test(plain)
  ) {
    const revision = plain.includes("#") ? plain.slice(plain.indexOf("#") + 1) : undefined;
    return revision === undefined || BRANCH.test(revision) ? "moving" : undefined;
  }
  if (/^https?:/.test(plain)) return undefined;
  const at = plain.indexOf("@", 1);
  if (at < 0) return /^@?[\w.-]/.test(plain) ? "none" : undefined;
  const version = plain.slice(at + 1);
  if (/^[a-z][a-z-]*$/i.test(version) || version === "*") return "moving";
  return /^>/.test(version) ? "open" : undefined;
}

const gemPackages: Reader = (command, from) => {
  const given = optionValues(command, "-v", "--version");
  if (hasOption(command, "-g", "--file", "--local", "-l")) return undefined;
  const hold: Hold | undefined =
    given.length === 0 ? "none" : given.every((version) => /^\s*(?:>|!=)/.test(version)) ? "open" : undefined;
  return collect("gem", positional(command, from, WITH_VALUE.gem), (spec) =>
    /\.gem$|^[./~]/.test(spec) || /:\s*[~=\d]/.test(spec) ? undefined : /:\s*>/.test(spec) ? "open" : hold,
  );
};

const goPackages: Reader = (command, from) => {
  const run = command.args[from - 1]?.value === "run";
  const list = positional(command, from, WITH_VALUE.go);
  return collect("go", run ? list.slice(0, 1) : list, (spec) => {
    // Only a path that begins with a host is fetched; others are parts of the own module or of Go.
    if (!/^[\w-]+(?:\.[\w-]+)+\/\S/.test(spec) || /\.go$/.test(spec)) return undefined;
    const at = spec.indexOf("@");
    return at < 0
      ? "none"
      : BRANCH.test(spec.slice(at + 1)) || /^(?:upgrade|patch)$/.test(spec.slice(at + 1))
        ? "moving"
        : undefined;
  });
};

const cargoPackages: Reader = (command, from) => {
  if (hasOption(command, "--path", "--list") || optionValues(command, "--rev", "--tag").length > 0)
    return undefined;
  if (optionValues(command, "--version", "--vers").length > 0) return undefined;
  const repository = command.args.find((_, index) => command.args[index - 1]?.value === "--git");
  const named = positional(command, from, WITH_VALUE.cargo);
  if (repository !== undefined) return collect("cargo", [named[0] ?? repository], () => "moving");
  return collect("cargo", named, (spec) => (/@\S/.test(spec) || /^[./]/.test(spec) ? undefined : "none"));
};
