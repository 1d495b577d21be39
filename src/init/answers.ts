import { isImageName, parseImageReference } from "../dockerfile/image-reference.ts";
import { PratiqueError } from "../errors.ts";
import { baseNamed, basesFor, factsOf, isPython } from "./bases.ts";
import type { Detected } from "./detect.ts";
import { LANGUAGES, type Language, PACKAGERS, PACKAGERS_OF, type Packager } from "./project.ts";
import { noStarter, TASKS, type Task } from "./starter.ts";

/** What was said so far: by options, by what was found in a folder, by answers. */
export interface Given {
  readonly language?: string | undefined;
  readonly packager?: string | undefined;
  readonly task?: string | undefined;
  readonly entry?: string | undefined;
  readonly base?: string | undefined;
  readonly gpu?: boolean | undefined;
  /** Empty: none are wanted. */
  readonly models?: readonly string[] | undefined;
  /** Empty: there is none. */
  readonly licence?: string | undefined;
  /** Empty: made-up data. */
  readonly data?: string | undefined;
}

/** All that the files depend on, checked. */
export interface Answers {
  readonly language: Language;
  readonly packager: Packager;
  readonly task: Task;
  /** Undefined for a new project, whose program is ours. */
  readonly entry: string | undefined;
  /** Undefined for the usual base of the language. */
  readonly base: string | undefined;
  readonly gpu: boolean;
  readonly models: readonly string[];
  readonly licence: string | undefined;
  readonly data: string | undefined;
}

interface Asked {
  readonly key: keyof Given;
  readonly message: string;
}

/** What is still to be said. `initial` is what holds where nobody answers. */
export type Question =
  | (Asked & {
      readonly kind: "choice";
      readonly choices: readonly { readonly value: string; readonly label: string }[];
      readonly initial: string | undefined;
    })
  | (Asked & { readonly kind: "yes-no"; readonly initial: boolean })
  | (Asked & {
      readonly kind: "text";
      readonly example: string;
      readonly initial: "";
      /** What is wrong with an answer; undefined where nothing is. */
      readonly check: (text: string) => string | undefined;
    });

const LANGUAGE_NAMES: Readonly<Record<Language, string>> = {
  python: "Python",
  r: "R",
  julia: "Julia",
  octave: "Octave",
  notebook: "a Jupyter notebook",
  quarto: "a Quarto report",
};

const TASK_NAMES: Readonly<Record<Task, string>> = {
  table: "work on a table",
  text: "read text with a language model",
  training: "train a model with PyTorch",
};

const PACKAGER_NAMES: Readonly<Record<Packager, string>> = {
  pip: "pip, from requirements.txt",
  uv: "uv, from uv.lock",
  poetry: "Poetry, from poetry.lock",
  conda: "conda, from environment.yml",
  renv: "renv, from renv.lock",
  description: "the packages in DESCRIPTION",
  julia: "Pkg, from Manifest.toml",
  none: "nothing: no packages are needed",
};

/** What was said, or seen in a project, for a person to see whether it is right: `Python, with uv; it starts with main.py`. */
export function inWords({ language, packager, entry }: Answers): string {
  const name = LANGUAGE_NAMES[language];
  const packages =
    packager === "none" ? "without packages" : `with ${PACKAGER_NAMES[packager].replace(/,.*/, "")}`;
  return `${name[0]?.toUpperCase()}${name.slice(1)}, ${packages}${entry === undefined ? "" : `; it starts with ${entry}`}`;
}

/**
 * The next thing to ask, in an order where each answer narrows what follows; undefined when all is said. `found` is what
 * an existing folder showed.
 */
export function nextQuestion(given: Given, found: Detected | undefined): Question | undefined {
  if (given.language === undefined)
    return {
      kind: "choice",
      key: "language",
      message: "What is the job written in?",
      choices: LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] })),
      initial: found?.language,
    };
  const language = languageOf(given.language);
  const isNew = found === undefined;
  if (given.packager === undefined && (isNew || found.language !== language)) {
    const names = PACKAGERS_OF[language].filter(
      (one) =>
        !isNew ||
        (noStarter(language, one, "table") === undefined && !(language === "python" && one === "none")),
    );
    return {
      kind: "choice",
      key: "packager",
      message: "What installs the packages?",
      choices: names.map((value) => ({
        value,
        label:
          language !== "quarto"
            ? PACKAGER_NAMES[value]
            : value === "pip"
              ? "pip: the report computes in Python"
              : value === "none"
                ? "R's own: the report computes in R"
                : `R: ${PACKAGER_NAMES[value]}`,
      })),
      initial: names[0],
    };
  }
  const packager = packagerOf(given.packager ?? found?.packager ?? "none", language);
  if (given.task === undefined && isNew && language === "python" && packager === "pip")
    return {
      kind: "choice",
      key: "task",
      message: "What does it do?",
      choices: TASKS.map((value) => ({ value, label: TASK_NAMES[value] })),
      initial: "table",
    };
  if (given.entry === undefined && !isNew)
    return {
      kind: "choice",
      key: "entry",
      message: "What does the job start with?",
      choices: found.entries.slice(0, 50).map((value) => ({ value, label: value })),
      initial: found.certain ? found.entries[0] : undefined,
    };
  if (given.gpu === undefined)
    return { kind: "yes-no", key: "gpu", message: "Does it need a GPU?", initial: false };
  const task = taskOf(given.task ?? "table");
  if (given.base === undefined && given.gpu && !isPython(language, packager))
    return {
      kind: "text",
      key: "base",
      message: `Which image with CUDA does it start from? None is usual for ${LANGUAGE_NAMES[language]}.`,
      example: "docker.io/rocker/cuda:4.4.1",
      initial: "",
      check: (text) =>
        text !== "" && isImageName(baseNamed(text)) ? undefined : "This is no name of an image.",
    };
  const bases = basesFor(language, packager, task, given.gpu);
  if (given.base === undefined && bases.length > 1)
    return {
      kind: "choice",
      key: "base",
      message: "Which image does it start from?",
      choices: [
        { value: "", label: `${bases[0]?.name ?? ""}, the usual one` },
        ...bases.slice(1).map(({ name, purpose }) => ({ value: name, label: `${name}: ${purpose}` })),
      ],
      initial: "",
    };
  if (given.models === undefined && isPython(language, packager))
    return {
      kind: "text",
      key: "models",
      message: "Which models of Hugging Face go into the image? Separate them with spaces.",
      example: task === "text" ? "google-bert/bert-base-uncased" : "none",
      initial: "",
      check: (text) =>
        text.trim() === "" && isNew && task === "text"
          ? "Reading text needs a model."
          : text.split(/\s+/).filter(Boolean).map(wrongModel).find(Boolean),
    };
  if (given.licence === undefined)
    return {
      kind: "text",
      key: "licence",
      message: "Does its software read a licence file? Give its path in the project.",
      example: "none",
      initial: "",
      check: (text) => (text === "" ? undefined : wrongPath(text)),
    };
  if (given.data === undefined)
    return {
      kind: "text",
      key: "data",
      message: "Which folder holds data for the test? No real data.",
      example: "test-data, with made-up data",
      initial: "",
      check: (text) => (text === "" ? undefined : wrongPath(text)),
    };
  return undefined;
}

/** What the answer to a question adds to what was said. */
export function withAnswer(given: Given, { key }: Question, answer: string | boolean): Given {
  if (key === "models") return { ...given, models: String(answer).split(/\s+/).filter(Boolean) };
  return { ...given, [key]: answer };
}

const wrong = (message: string, hint: string): PratiqueError =>
  new PratiqueError("usage.bad-argument", message, { hint });

const listed = (names: readonly string[]): string => names.join(", ");

const oneOf = <Name extends string>(names: readonly Name[], text: string, what: string): Name => {
  const found = names.find((name) => name === text.toLowerCase());
  if (found === undefined)
    throw wrong(`${what} “${text.slice(0, 60)}” is not known here.`, `It is one of: ${listed(names)}.`);
  return found;
};

const languageOf = (text: string): Language => oneOf(LANGUAGES, text, "The language");
const taskOf = (text: string): Task => oneOf(TASKS, text, "The task");

function packagerOf(text: string, language: Language): Packager {
  const packager = oneOf(PACKAGERS, text, "The package manager");
  if (!PACKAGERS_OF[language].includes(packager))
    throw wrong(
      `${packager} does not go with ${language}.`,
      `It is one of: ${listed(PACKAGERS_OF[language])}.`,
    );
  return packager;
}

const MODEL = /^[A-Za-z0-9][\w.-]{0,95}(?:\/[A-Za-z0-9][\w.-]{0,95})?(?:@[A-Za-z0-9][\w.-]{0,95})?$/;

const wrongModel = (text: string): string | undefined =>
  MODEL.test(text) ? undefined : `“${text.slice(0, 60)}” is no name of a model, such as owner/model.`;

/** Paths go into the Dockerfile and its ignore file as they are. */
function wrongPath(text: string): string | undefined {
  const isPlain = /^[\w@+-][\w.@+-]*(?:\/[\w@+-][\w.@+-]*)*\/?$/.test(text);
  return isPlain
    ? undefined
    : `“${text.slice(0, 60)}” is no path inside the project, of letters, digits, “.”, “_” and “-”.`;
}

function baseOf(text: string): string {
  const reference = baseNamed(text);
  const { digest } = parseImageReference(reference);
  if (!isImageName(reference) || /\s/.test(reference))
    throw wrong(
      `“${text.slice(0, 100)}” is no name of an image.`,
      "Give one such as docker.io/library/python:3.12-slim-bookworm, or a name that the question lists.",
    );
  if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest))
    throw wrong(`The digest of ${text.slice(0, 100)} is not whole.`, "It is sha256: and 64 digits.");
  const known = factsOf(reference);
  if (known?.shell === false)
    throw wrong(
      `${known.name} has no shell, so that nothing can be installed in it.`,
      "Start from another image; move to this one with a second stage when the job works.",
    );
  return reference;
}

/** Checks what was said as a whole. Fails with `usage.bad-argument`. */
export function settle(given: Given, found: Detected | undefined): Answers {
  if (given.language === undefined && found === undefined)
    throw wrong("What the job is written in was not said.", `Say --language ${LANGUAGES.join(", ")}.`);
  const language = languageOf(given.language ?? found?.language ?? "");
  const usual = found?.language === language ? found.packager : (PACKAGERS_OF[language][0] ?? "none");
  const packager = packagerOf(given.packager ?? usual, language);
  const task = taskOf(given.task ?? "table");
  const models = given.models ?? [];
  const gpu = given.gpu ?? false;
  if (found === undefined) {
    const problem = noStarter(language, packager, task);
    if (problem !== undefined) throw wrong(problem, "Choose another --packages, or the task “table”.");
    if (task === "text" && models.length === 0)
      throw wrong("The task “text” needs a model.", "Name it: --model google-bert/bert-base-uncased.");
    if (given.entry !== undefined)
      throw wrong("--entry names a program that exists.", "It goes with --from <folder>.");
  } else if (given.task !== undefined) {
    throw wrong("--task is for a new project: this one has its program.", "Leave it out.");
  }
  const problem =
    models.map(wrongModel).find(Boolean) ??
    [given.licence, given.data]
      .filter((path) => path)
      .map((path) => wrongPath(path ?? ""))
      .find(Boolean);
  if (problem !== undefined) throw wrong(problem, "Put it into the project's folder under a plain name.");
  if (gpu && !given.base && !isPython(language, packager))
    throw wrong(
      `The usual image for ${language} has nothing for GPUs.`,
      "Name one that has with --base, or leave --gpu out.",
    );
  return {
    language,
    packager,
    task,
    entry: found === undefined ? undefined : entryOf(given.entry, found),
    base: given.base ? baseOf(given.base) : undefined,
    gpu,
    models: [...new Set(models)],
    licence: given.licence || undefined,
    data: given.data?.replace(/\/$/, "") || undefined,
  };
}

function entryOf(given: string | undefined, found: Detected): string {
  const entry = given ?? (found.certain ? found.entries[0] : undefined);
  if (entry === undefined)
    throw wrong(
      `It is not clear what the job starts with: ${listed(found.entries.slice(0, 5))}${found.entries.length > 5 ? ", ..." : ""}.`,
      "Name it with --entry <file>.",
    );
  if (!found.entries.includes(entry))
    throw wrong(
      `The project has no program ${entry.slice(0, 100)}.`,
      `It has: ${listed(found.entries.slice(0, 5))}.`,
    );
  if (!/^[\w@+-][\w.@+ /-]*$/.test(entry))
    throw wrong(
      `The name ${entry.slice(0, 100)} cannot stand in a Dockerfile.`,
      "Use letters, digits, “.”, “_”, “-” and spaces.",
    );
  return entry;
}
