import type { Range } from "../dockerfile/model.ts";
import { oncePerCommand } from "../dockerfile/shell.ts";
import {
  copyParts,
  expandKnown,
  finalSteps,
  hasLetter,
  hasOption,
  operands,
  optionValues,
  placedCommands,
  resolvePath,
} from "./helpers.ts";
import { oncePerFile } from "./rule.ts";
import { startCommand } from "./start-command.ts";

/** Who may write: the permission bits for writing that a mode gives to the group (0o020) and to others (0o002). */
export function writersOf(mode: string): number {
  if (/^[0-7]{3,4}$/.test(mode)) return Number.parseInt(mode, 8) & 0o022;
  let bits = 0;
  for (const clause of mode.split(",").slice(0, 20)) {
    const [, who = "", what = ""] = /^([ugoa]*)[+=]([rwxXstugo]*)$/.exec(clause) ?? [];
    // Without a letter for whom, the umask of a build (022) keeps group and others from writing.
    if (!/[wu]/.test(what)) continue;
    if (/[ga]/.test(who)) bits |= 0o020;
    if (/[oa]/.test(who)) bits |= 0o002;
  }
  return bits;
}

/** A user other than root, from `user:group`; undefined for root, for a group alone and for what is not known. */
export function ordinaryOwner(owner: string): string | undefined {
  const user = owner.split(":")[0] ?? "";
  return user === "" || user.includes("$") || /^(?:root|0+)$/.test(user) ? undefined : user;
}

/** One change of mode or owner by a RUN of the final image. */
export interface OwnershipChange {
  readonly program: "chmod" | "chown";
  /** The mode or the owner. */
  readonly to: string;
  readonly path: string;
  readonly recursive: boolean;
  readonly range: Range;
}

export const ownershipChanges = oncePerFile((facts): readonly OwnershipChange[] =>
  finalSteps(facts)
    .filter(({ instruction }) => instruction.keyword === "RUN")
    .flatMap((step) =>
      placedCommands(step).flatMap(({ command, folder }): readonly OwnershipChange[] => {
        if (!changesOwnership(command.parsed)) return NO_CHANGES;
        const at = (word: string): string => resolvePath(folder, expandKnown(word, step.variables));
        const { name: program, range } = command;
        if (program === "chmod" || program === "chown") {
          const [to = "", ...paths] = operands(command);
          const recursive = hasLetter(command, "R") || hasOption(command, "--recursive");
          const known = expandKnown(to, step.variables);
          return paths.map((path) => ({ program, to: known, path: at(path), recursive, range }));
        }
        if (program !== "mkdir" && program !== "install") return [];
        return optionValues(command, "-m", "--mode").flatMap((to) =>
          operands(command).map((path) => ({
            program: "chmod",
            to,
            path: at(path),
            recursive: false,
            range,
          })),
        );
      }),
    ),
);

const NO_CHANGES: readonly OwnershipChange[] = [];
const changesOwnership = oncePerCommand(({ name }) => /^(?:chmod|chown|mkdir|install)$/.test(name));

const CODE = /\.(?:py|R|r|jl|sh|pl|js|mjs|jar|m|rb|ipynb|qmd|Rmd)$/;
const CODE_FOLDER = /^(?:\.\/?)?(?:src|app|bin|scripts?|code|lib|R|python|julia|workflow)?\/?$/;
const PROGRAM_FOLDER = /^\/(?:usr\/(?:local\/)?)?s?bin(?:\/|$)/;

export const isProgramFile = (path: string): boolean => CODE.test(path) || PROGRAM_FOLDER.test(path);

/** No path is longer than this in Linux; what is, names nothing. */
const LONGEST = 4096;

/** A path and the folders that it lies in. */
function withFolders(path: string): string[] {
  if (path.length > LONGEST) return [];
  const all = ["/", path];
  for (let slash = path.indexOf("/", 1); slash > 0; slash = path.indexOf("/", slash + 1))
    all.push(path.slice(0, slash));
  return all;
}

/** Where the programs of the image are, as far as the Dockerfile says. */
export interface Programs {
  /** Files that are started, and files and folders with code that COPY brings. */
  readonly paths: ReadonlySet<string>;
  /** The same with all folders that they lie in. */
  readonly folders: ReadonlySet<string>;
  /** Whether a COPY brings programs, told from the names of what it copies and where to. */
  readonly copiedBy: (sources: readonly string[], target: string) => boolean;
}

export const programsOf = oncePerFile((facts): Programs => {
  const steps = finalSteps(facts);
  const last = steps.findLast(({ instruction }) => instruction.keyword === "WORKDIR");
  const workingFolder =
    last === undefined
      ? "/"
      : resolvePath(last.folder, expandKnown(last.instruction.text.trim(), last.variables));
  const paths = new Set<string>();
  for (const word of (startCommand(facts)?.words ?? []).flat()) {
    if ((word.startsWith("/") || CODE.test(word)) && !word.includes("$"))
      paths.add(resolvePath(workingFolder, word));
  }
  const started = new Set([...paths].flatMap(withFolders));
  const copiedBy = (sources: readonly string[], target: string): boolean =>
    isProgramFile(target) ||
    sources.some((source) => CODE.test(source) || CODE_FOLDER.test(source)) ||
    started.has(target);
  for (const { instruction, folder, variables } of steps) {
    if (instruction.keyword !== "COPY" && instruction.keyword !== "ADD") continue;
    const { sources, target } = copyParts(instruction);
    if (target === undefined) continue;
    const path = resolvePath(folder, expandKnown(target, variables));
    if (copiedBy(sources, path)) paths.add(path);
  }
  return { paths, folders: new Set([...paths].flatMap(withFolders)), copiedBy };
});

/** Tells for any folder whether a chmod lets everyone write there. */
export function openedFolders(changes: readonly OwnershipChange[]): (path: string) => boolean {
  const open = changes.filter(({ program, to }) => program === "chmod" && (writersOf(to) & 0o002) !== 0);
  const itself = new Set(open.map(({ path }) => path));
  const below = new Set(open.filter(({ recursive }) => recursive).map(({ path }) => path));
  return (path) => itself.has(path) || withFolders(path).some((folder) => below.has(folder));
}
