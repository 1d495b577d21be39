import type { Instruction } from "../dockerfile/model.ts";
import { lineage } from "../dockerfile/variables.ts";
import type { Library } from "../knowledge/library.ts";
import type { LibraryUse } from "../source/facts.ts";
import { flagValue, isWithin } from "./helpers.ts";
import { jobCode, scriptOf } from "./job-code.ts";
import type { ProjectFacts } from "./rule.ts";

/** Whether something already keeps a use from the network; `but` tells what only looks as if it did. */
export interface Cure {
  readonly cured: boolean;
  readonly but?: string;
}

const CURED: Cure = { cured: true };
const OPEN: Cure = { cured: false };

/** Looks for a cure: in the call, in the environment, in what the build fetches. */
export function cureOf(facts: ProjectFacts, library: Library, use: LibraryUse): Cure {
  if (use.local !== undefined) return CURED;
  const notes: string[] = [];
  for (const [name, wanted] of Object.entries(library.env_fix)) {
    if (!counts(name, library)) continue;
    const { value, late } = variableFor(facts, name, use);
    if (value === undefined) {
      if (late !== undefined)
        notes.push(`${use.file}:${late} sets ${name}, but after the import that reads it.`);
    } else if (isFolder(wanted)) {
      if (isFilled(facts, value, library)) return CURED;
      notes.push(`${name} is ${value || "empty"}, and nothing in the Dockerfile puts files there.`);
    } else if (switchesOff(wanted, value)) {
      return CURED;
    } else {
      notes.push(`${name} is “${value}”, which does not switch it off.`);
    }
  }
  const fetched = fetchedBy(facts, library, use);
  if (fetched === "this") return CURED;
  if (fetched !== undefined) notes.push(fetched);
  const [but] = notes;
  return but === undefined ? OPEN : { cured: false, but };
}

const isFolder = (value: string): boolean => /^\/|^file:/.test(value);

/** Variables that say nothing about the network. */
function counts(name: string, { category }: Library): boolean {
  if (
    /^(?:USER|HOME|LOGNAME|PATH|MAX_JOBS|\w*_TELEMETRY|\w*UPDATE_CHECK|PYTHONNOUSERSITE|XDG_CONFIG_HOME)$/.test(
      name,
    )
  )
    return category === "telemetry" && /TELEMETRY/.test(name);
  return true;
}

/** `off`, `false` and `0` are one; so are `1`, `true` and `yes`. */
function switchesOff(wanted: string, value: string): boolean {
  const plain = value.trim().toLowerCase();
  if (ON.test(wanted)) return ON.test(plain);
  if (OFF.test(wanted)) return OFF.test(plain);
  if (/^offline$/i.test(wanted)) return /^(?:offline|disabled|dryrun|off)$/.test(plain);
  return plain !== "";
}

const ON = /^(?:1|true|yes|on|t|y)$/i;
const OFF = /^(?:0|false|no|off|f|n|never)$/i;

export const isOn = (value: string | undefined): boolean => value !== undefined && ON.test(value.trim());

interface Variable {
  /** What the program sees; undefined when nobody sets it in time. */
  readonly value: string | undefined;
  /** Line of the same file that sets it too late. */
  readonly late?: number;
}

/** A variable as a use sees it: set in its file before the import, in a script that is started, or by ENV. */
export function variableFor(facts: ProjectFacts, name: string, use: LibraryUse): Variable {
  const own = facts.source.settings.filter((one) => one.name === name && one.file === use.file);
  const deadline = READ_AT_IMPORT.test(name) ? (use.importLine ?? use.line) : use.line;
  const inTime = own.findLast(({ line }) => line <= deadline && line < use.line);
  if (inTime !== undefined) return { value: inTime.value ?? "" };
  const script = facts.source.settings.find(
    (one) =>
      one.name === name && one.file !== use.file && SHELL.test(one.file) && jobCode(facts).starts(one.file),
  );
  if (script !== undefined) return { value: script.value ?? "" };
  const value = facts.stages.at(-1)?.environment.get(name)?.expanded;
  if (value !== undefined) return { value };
  const [late] = own;
  return late === undefined ? { value } : { value, late: late.line };
}

/** Variables that a library looks at once, when it is imported. */
const READ_AT_IMPORT =
  /^(?:HF_|TRANSFORMERS_|NLTK_DATA$|KERAS_HOME$|FLAIR_|STANZA_|EASYOCR_|SKIMAGE_|CARTOPY_|MNE_|NUMBA_|PYTENSOR_)/;

const SHELL = /\.(?:sh|bash)$|(?:^|\/)[^./]+$/;

/** A folder of the data, or one that the build fills. */
function isFilled(facts: ProjectFacts, folder: string, library: Library): boolean {
  const path = folder.replace(/^file:\/\//, "");
  if (isWithin(path, "/safe_data")) return true;
  if (library.category === "telemetry") return isWithin(path, "/safe_outputs") || isWithin(path, "/scratch");
  if (isWithin(path, "/scratch") || isWithin(path, "/tmp") || !path.startsWith("/")) return false;
  return buildSteps(facts).some(({ text }) => text.includes(path) || mentionsLibrary(text, library));
}

interface BuildStep {
  readonly instruction: Instruction;
  readonly text: string;
  /** False for a stage of which nothing reaches the image. */
  readonly reaches: boolean;
}

const known = new WeakMap<ProjectFacts, readonly BuildStep[]>();

/** Every RUN and COPY, with whether its stage leaves something in the image. */
function buildSteps(facts: ProjectFacts): readonly BuildStep[] {
  const before = known.get(facts);
  if (before !== undefined) return before;
  const own = new Set(lineage(facts.stages).map(({ stage }) => stage.index));
  const handed = new Set<number>();
  const pending = [...own];
  // Stages hand on what later stages copy from them, over as many stages as there are.
  while (pending.length > 0) {
    const stage = facts.stages[pending.pop() ?? -1];
    if (stage === undefined || handed.has(stage.stage.index)) continue;
    handed.add(stage.stage.index);
    if (stage.parent !== undefined) pending.push(stage.parent.stage.index);
    for (const instruction of stage.stage.instructions) {
      const from = instruction.keyword === "COPY" ? flagValue(instruction, "from")?.toLowerCase() : undefined;
      const source = facts.stages.findLast(
        ({ stage: one }) => one.name === from || String(one.index) === from,
      );
      if (from !== undefined && source !== undefined) pending.push(source.stage.index);
    }
  }
  const steps = facts.stages.flatMap(({ stage }) =>
    stage.instructions
      .filter(({ keyword }) => keyword === "RUN" || keyword === "COPY" || keyword === "ADD")
      .map((instruction) => ({
        instruction,
        text: scriptOf(instruction).slice(0, 50_000),
        reaches: handed.has(stage.index),
      })),
  );
  known.set(facts, steps);
  return steps;
}

/** What a build step fetches for a library: the thing itself, or something that only looks like it. */
function fetchedBy(facts: ProjectFacts, library: Library, use: LibraryUse): "this" | string | undefined {
  let note: string | undefined;
  const { wanted } = use;
  for (const { instruction, text, reaches } of buildSteps(facts)) {
    const named = wanted !== undefined && names(text, wanted);
    const calls = instruction.keyword === "RUN" && mentionsCall(text, library);
    const gets = named && (instruction.keyword !== "RUN" || calls || FETCHES.test(text));
    if (!gets && !calls) continue;
    if (gets || wanted === undefined || !/["'\w]/.test(wanted)) {
      if (reaches) return "this";
      note ??= `It is fetched in a build stage of which nothing is copied (line ${instruction.range.start.line}).`;
    } else {
      note ??= `Line ${instruction.range.start.line} of the Dockerfile fetches something for ${library.library}, but not “${short(wanted)}”.`;
    }
  }
  const built = facts.source.uses.filter(
    ({ file, library: id, local }) => id === library.id && local === undefined && jobCode(facts).builds(file),
  );
  if (built.some((one) => one.wanted === undefined || wanted === undefined || one.wanted === wanted))
    return "this";
  const [other] = built;
  if (other?.wanted !== undefined && wanted !== undefined)
    note ??= `${other.file} fetches “${short(other.wanted)}” while building, but not “${short(wanted)}”.`;
  return note;
}

const FETCHES = /\b(?:download\w*|install|fetch\w*|get|wget|curl|clone|pip|from_pretrained|load\w*|pull)\b/;

const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

/** Every one of the words, for lists of names are wanted word by word. */
const names = (text: string, wanted: string): boolean =>
  wanted.length > 1 &&
  wanted.split(" ").every((word) => text.includes(word) || text.includes(word.replaceAll("_", "-")));

/** The library's module or program stands in the text as a word. */
function mentionsLibrary(text: string, library: Library): boolean {
  const modules = Object.values(library.imports ?? {}).flat();
  return [library.id, ...modules].some((module) => hasWord(text, module.split(".")[0] ?? module));
}

/** One of the calls that fetch, beside the module it belongs to, or one of the commands. */
function mentionsCall(text: string, library: Library): boolean {
  for (const source of library.commands ?? []) {
    const regex = new RegExp(source.replace(/^\^/, "(?:^|[\\s;&|(\"'])"));
    if (text.split("\n").some((line) => regex.test(line.slice(0, 4000)))) return true;
  }
  if (!mentionsLibrary(text, library)) return false;
  return Object.values(library.calls ?? {})
    .flat()
    .some(({ name }) => {
      const last =
        name
          .split(/::|\./)
          .at(-1)
          ?.replace(/[^\w.].*$/, "") ?? "";
      return last.length > 2 && hasWord(text, last);
    });
}

function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    if (!/\w/.test(text[at - 1] ?? " ") && !/\w/.test(text[at + word.length] ?? " ")) return true;
  }
  return false;
}
