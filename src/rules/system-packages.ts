import { oncePerCommand, oncePerProgram, type ShellCommand } from "../dockerfile/shell.ts";

/** Package managers of operating systems; those that take the same words count as one. */
export type SystemManager = "apt" | "apk" | "dnf" | "zypper" | "pacman";

const MANAGERS: readonly (readonly [SystemManager, RegExp, RegExp])[] = [
  [
    "apt",
    /^(?:apt-get|apt|aptitude)$/,
    /^(?:-[coat]|--option|--config-file|--target-release|--default-release|--host-architecture)$/,
  ],
  [
    "apk",
    /^apk$/,
    /^(?:-[tXp]|--(?:virtual|repository|root|arch|keys-dir|repositories-file|cache-dir|wait|cache-max-age))$/,
  ],
  [
    "dnf",
    /^(?:dnf5?|yum|microdnf|tdnf)$/,
    /^(?:-[cdexR]|--(?:config|installroot|releasever|exclude|enablerepo|disablerepo|repo|repoid|setopt))$/,
  ],
  ["zypper", /^zypper$/, /^(?:-[trpRDxC]|--(?:type|repo|from|root|plus-repo|capability))$/],
  ["pacman", /^pacman$/, /^(?:-[brS]?b|--(?:dbpath|root|arch|cachedir|config))$/],
];

/** Any of their programs. */
export const SYSTEM_MANAGERS = new RegExp(MANAGERS.map(([, program]) => program.source).join("|"));

export interface SystemVerb {
  readonly manager: SystemManager | undefined;
  /** The first plain word: `install`. */
  readonly verb: string | undefined;
  /** The plain words after it. */
  readonly rest: readonly string[];
}

const NONE: SystemVerb = { manager: undefined, verb: undefined, rest: [] };

/** What a command asks of the operating system's package manager, whatever options stand before it. */
export const systemVerb = (command: ShellCommand, words = command.values): SystemVerb =>
  words === command.values ? asWritten(command.parsed) : verbOf(command.name, words);

const entryOf = oncePerProgram((name) => MANAGERS.find(([, program]) => program.test(name)));

const asWritten = oncePerCommand(({ name, values }) => verbOf(name, values));

function verbOf(name: string, words: readonly string[]): SystemVerb {
  const entry = entryOf(name);
  if (entry === undefined) return NONE;
  const [manager, , valued] = entry;
  const [verb, ...rest] = words.filter(
    (word, index) => !word.startsWith("-") && !valued.test(words[index - 1] ?? ""),
  );
  if (manager !== "dnf" || !/^(?:module|groups?)$/.test(verb ?? "")) return { manager, verb, rest };
  const [inner, ...names] = rest;
  // What stands for many packages has no version of its own: `@name`, as dnf writes it.
  return { manager, verb: inner, rest: verb === "module" ? names : names.map((name) => `@${name}`) };
}
