import { posix } from "node:path";
import type { ProgramFacts } from "../facts.ts";
import { findProgram, type ImageTree } from "../tree.ts";
import { type JobUser, may, reach } from "./access.ts";
import type { ElfFacts } from "./elf.ts";
import { type LoaderImage, loadProgram, type MissingLibrary } from "./loader.ts";
import { handedOver, scriptOf } from "./wrappers.ts";

/** What starts when the container does, as far as files show it: programs, their interpreters, libraries and scripts. */
export interface StartFacts {
  /** Programs in the order in which they start one another; the last one does the work. */
  readonly programs: readonly StartedProgram[];
  /** Programs that one of these is to start and that are not there. */
  readonly missingPrograms: readonly { readonly name: string; readonly startedBy: string }[];
  readonly missingLibraries: readonly MissingLibrary[];
  /** Loaders that programs name and that are not there. */
  readonly missingLoaders: readonly { readonly loader: string; readonly program: string }[];
  /** A script that the program is given and that is not in the image; undefined where it is, or none is given. */
  readonly missingScript: string | undefined;
  /** Of all these files those that the job's user may not read or reach, and what is in the way. */
  readonly closed: readonly ClosedFile[];
  /** Why not all could be followed; empty where it could. */
  readonly notFollowed: readonly string[];
}

export interface StartedProgram {
  readonly path: string;
  /** Undefined for a script. */
  readonly architecture: string | undefined;
  readonly libraries: number;
}

export interface ClosedFile {
  readonly path: string;
  /** The folder that may not be entered; undefined where the file's own mode is in the way. */
  readonly closedBy: string | undefined;
}

export interface StartQuestion {
  readonly image: LoaderImage;
  readonly program: ProgramFacts;
  readonly argv: readonly string[];
  readonly workingDirectory: string;
  readonly user: JobUser;
  /** Folders that are mounted over when the job runs: what is there is no part of the image. */
  readonly mounted: readonly string[];
}

/** A program that is started through so many others is no program. */
const MAX_DEPTH = 8;
const MAX_CLOSED = 20;

export function startFacts(question: StartQuestion): StartFacts {
  const start = new Start(question);
  start.run(question.argv, question.program, 0);
  return start;
}

class Start implements StartFacts {
  readonly programs: StartedProgram[] = [];
  readonly missingPrograms: { name: string; startedBy: string }[] = [];
  readonly missingLibraries: MissingLibrary[] = [];
  readonly missingLoaders: { loader: string; program: string }[] = [];
  readonly closed: ClosedFile[] = [];
  readonly notFollowed: string[] = [];
  missingScript: string | undefined;
  readonly #question: StartQuestion;
  readonly #seen = new Set<string>();

  constructor(question: StartQuestion) {
    this.#question = question;
  }

  get #tree(): ImageTree {
    return this.#question.image.tree;
  }

  run(argv: readonly string[], { path, status }: ProgramFacts, depth: number): void {
    if (path === undefined || status === "unknown" || depth > MAX_DEPTH) return;
    this.#program(path, depth);
    const handed = handedOver(argv);
    if (handed === "shell") this.notFollowed.push(`what “${posix.basename(argv[0] ?? "")} -c” is told to do`);
    else if (handed !== undefined) this.#start(handed, path, depth + 1);
    else this.#script(argv);
  }

  #start(argv: readonly string[], startedBy: string, depth: number): void {
    const { image, workingDirectory } = this.#question;
    const [name = ""] = argv;
    const program = findProgram(this.#tree, argv, image.environment, workingDirectory);
    if (program.status === "missing") this.missingPrograms.push({ name: name.slice(0, 200), startedBy });
    else if (program.status === "not-executable" && program.path !== undefined)
      this.#close({ path: program.path, closedBy: undefined });
    else this.run(argv, program, depth);
  }

  /** A program, or a script with the program that its first line names. */
  #program(path: string, depth: number): void {
    if (this.#seen.has(path) || depth > MAX_DEPTH) return;
    this.#seen.add(path);
    this.#check(path);
    const { image } = this.#question;
    const elf = image.elf(path);
    if (elf !== undefined) {
      this.#load(path, elf);
      return;
    }
    this.programs.push({ path, architecture: undefined, libraries: 0 });
    const head = this.#tree.entry(path)?.head?.toString("utf8") ?? "";
    const [, interpreter, rest = ""] = /^#![ \t]*(\S+)[ \t]*([^\n]*)/.exec(head) ?? [];
    if (interpreter === undefined) return;
    const found = reach(this.#tree, interpreter, this.#question.user);
    // An interpreter that is missing is told by the program's own facts.
    if (found?.entry.type !== "file") {
      if (depth > 0) this.missingPrograms.push({ name: interpreter.slice(0, 200), startedBy: path });
      return;
    }
    this.#program(found.path, depth + 1);
    if (posix.basename(interpreter) === "env") {
      const words = handedOver(["env", ...rest.trim().split(/\s+/).filter(Boolean)]);
      if (Array.isArray(words)) this.#start(words.slice(0, 1), path, depth + 1);
    }
  }

  #load(path: string, elf: ElfFacts): void {
    const { files, missing, missingLoader, unread } = loadProgram(this.#question.image, path, elf);
    this.programs.push({ path, architecture: elf.architecture, libraries: files.length });
    for (const one of missing) this.missingLibraries.push(one);
    if (missingLoader !== undefined) this.missingLoaders.push({ loader: missingLoader, program: path });
    for (const file of files) this.#check(file);
    for (const file of unread) this.notFollowed.push(`the libraries of ${file.slice(0, 200)}`);
  }

  /** What an interpreter is given to do, where that is a file. */
  #script(argv: readonly string[]): void {
    const name = scriptOf(argv);
    if (name === undefined) return;
    const { workingDirectory, user, mounted } = this.#question;
    const path = posix.resolve("/", workingDirectory, name);
    if (mounted.some((folder) => path === folder || path.startsWith(`${folder}/`))) return;
    const found = reach(this.#tree, path, user);
    if (found === undefined) this.missingScript = path.slice(0, 500);
    else this.#check(path);
  }

  #check(path: string): void {
    const { user } = this.#question;
    const found = reach(this.#tree, path, user);
    if (found === undefined) return;
    if (found.closedBy !== undefined || !may(found.entry, user, "read"))
      this.#close({ path: found.path, closedBy: found.closedBy });
  }

  #close(file: ClosedFile): void {
    if (this.closed.length < MAX_CLOSED && !this.closed.some(({ path }) => path === file.path))
      this.closed.push(file);
  }
}
