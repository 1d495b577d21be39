import { constants } from "node:fs";
import { open, stat } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import { PratiqueError, systemErrorCode } from "../errors.ts";
import { isFileLocation } from "../findings/finding.ts";
import type { Profile, Runtime } from "../profiles/profile.ts";
import forbidden from "../rules/run-option-forbidden/rule.ts";
import { NO_EXTRAS, type RunExtras } from "../run/extras.ts";
import { INSIDE } from "../run/plan.ts";
import type { EnvironmentFile, RunFileKind, WordFile } from "../run-files/facts.ts";
import { type RunOption, runOptions } from "../run-files/options.ts";
import { MAX_LENGTH, MAX_LINE, readRunFile } from "../run-files/read.ts";

/** The files that the command line names, as `ces-run` takes them. */
export interface CesRunFiles {
  readonly options?: string | undefined;
  readonly arguments?: string | undefined;
  readonly environment?: string | undefined;
}

export const KIND_OPTIONS: Readonly<Record<RunFileKind, string>> = {
  options: "--opt-file",
  arguments: "--arg-file",
  environment: "--env-file",
};

/** What the files say for the runtimes that `ces-run` starts, and what of it a test cannot show. */
export interface CesRun {
  extrasFor(runtime: Runtime): RunExtras;
  readonly notes: (runtime: Runtime) => readonly string[];
}

type StartedBy = "podman" | "apptainer";

/** Reads the files and refuses what is forbidden. Fails with `run-file.unreadable` or `run-file.refused`. */
export async function readCesRun(files: CesRunFiles, profile: Profile): Promise<CesRun | undefined> {
  const [options, args, environment] = [
    await readWords(files.options, "options"),
    await readWords(files.arguments, "arguments"),
    await readEnvironment(files.environment),
  ];
  if (options === undefined && args === undefined && environment === undefined) return undefined;
  if (options !== undefined) refuseForbidden(options, profile);
  const variables = environment === undefined ? {} : variablesOf(environment);
  const words = args?.rows.flatMap((row) => row.map(({ value }) => value));
  const literal = args?.rows.flat().find(({ value }) => /\$\w|\$\{/.test(value));
  const applied = new Map<StartedBy, Applied>();
  for (const by of ["podman", "apptainer"] as const) {
    applied.set(
      by,
      options === undefined ? { extras: NO_EXTRAS, notes: [] } : await apply(options, by, profile),
    );
  }
  const of = ({ startedBy: { value } }: Runtime): Applied | undefined =>
    value === "kubernetes" ? undefined : applied.get(value);
  return {
    extrasFor(runtime) {
      const own = of(runtime)?.extras;
      if (own === undefined) return NO_EXTRAS;
      return { ...own, args: words, environment: { ...variables, ...own.environment } };
    },
    notes: (runtime) => {
      const own = of(runtime);
      if (own === undefined) return [];
      return [
        ...own.notes,
        ...(literal === undefined || args === undefined
          ? []
          : [
              `${args.file}:${literal.range.start.line}: “$” was handed to the program as it is; no document says whether ces-run replaces it.`,
            ]),
      ];
    },
  };
}

const refused = (file: string, line: number, what: string, hint: string): PratiqueError =>
  new PratiqueError("run-file.refused", `${file}:${line}: ${what}`, { hint });

async function readWords(
  path: string | undefined,
  kind: "options" | "arguments",
): Promise<WordFile | undefined> {
  if (path === undefined) return undefined;
  const file = readRunFile(await readText(path, kind), path, kind);
  if (file.kind === "environment") return undefined;
  const unclosed = file.rows.flat().find((word) => word.unclosed);
  if (unclosed !== undefined)
    throw refused(
      file.file,
      unclosed.range.start.line,
      "A quote is opened on this line and not closed.",
      "Close the quote, or take it away.",
    );
  return file;
}

async function readEnvironment(path: string | undefined): Promise<EnvironmentFile | undefined> {
  if (path === undefined) return undefined;
  const file = readRunFile(await readText(path, "environment"), path, "environment");
  return file.kind === "environment" ? file : undefined;
}

/** `<(...)` of a shell is a pipe: it is read to its end, whatever its size says. */
async function readText(path: string, kind: RunFileKind): Promise<string> {
  let content: Buffer;
  let pipe = false;
  try {
    const file = await open(resolve(path), constants.O_RDONLY);
    try {
      pipe = (await file.stat()).isFIFO();
      const chunks: Buffer[] = [];
      let length = 0;
      for await (const chunk of file.createReadStream({ autoClose: false, highWaterMark: 64 * 1024 })) {
        chunks.push(chunk as Buffer);
        length += (chunk as Buffer).length;
        if (length > MAX_LENGTH) break;
      }
      content = Buffer.concat(chunks);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new PratiqueError(
      "run-file.unreadable",
      `${path} cannot be read: ${systemErrorCode(error) ?? String(error)}.`,
      { hint: `Correct the name after ${KIND_OPTIONS[kind]}.`, cause: error },
    );
  }
  const text = content.toString("utf8");
  if (kind === "environment" && pipe && text === "")
    throw refused(
      path,
      1,
      "Nothing is left to read: Node reads what stands behind --env-file before pratique can (Node 20 does).",
      "Give a pipe with --ces-env-file, or write the variables to a file.",
    );
  const long = text.split("\n").findIndex((line) => line.length > MAX_LINE);
  if (content.length > MAX_LENGTH || long >= 0 || text.includes("\0"))
    throw refused(
      path,
      Math.max(1, long + 1),
      "This is no file for ces-run: it is too long, or not text.",
      `Correct the name after ${KIND_OPTIONS[kind]}.`,
    );
  return text;
}

function refuseForbidden(file: WordFile, profile: Profile): void {
  for (const said of forbidden.check({ files: [file], scripts: [] }, profile)) {
    if ("notAssessed" in said) continue;
    const line = isFileLocation(said.location) ? said.location.startLine : 1;
    throw refused(file.file, line, said.message, said.fix ?? forbidden.fix);
  }
}

/** As the engines read them: the value is all after the equals sign; without one it is the desktop's own. */
function variablesOf(file: EnvironmentFile): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const { name, value, range } of file.variables) {
    const plain = value === undefined ? name.trim() : name;
    if (!isName(plain))
      throw refused(
        file.file,
        range.start.line,
        `“${plain.replace(/[^\x20-\x7e]/g, "?").slice(0, 40)}” is no name for a variable, and ces-run would stop here.`,
        "Write NAME=value, without “export” and without blanks before the equals sign.",
      );
    if (plain === "NODE_OPTIONS" && process.argv.some((word) => word.startsWith("--env-file")))
      throw refused(
        file.file,
        range.start.line,
        "NODE_OPTIONS acts on pratique itself, since Node reads what stands behind --env-file.",
        "Give the file with --ces-env-file.",
      );
    const given = value ?? process.env[plain];
    if (given !== undefined) variables[plain] = given;
  }
  return variables;
}

const isName = (name: string): boolean => /^[^\s=*\0]+$/.test(name);

interface Applied {
  readonly extras: RunExtras;
  readonly notes: readonly string[];
}

type Draft = { -readonly [K in keyof RunExtras]: RunExtras[K] };

/** What an option does to the run: undefined when it was applied, else why it makes no difference to a test. */
type Apply = (
  option: RunOption,
  extras: Draft,
  where: Where,
) => string | undefined | Promise<string | undefined>;

interface Where {
  readonly profile: Profile;
  readonly reject: (what: string, hint: string) => PratiqueError;
}

async function apply(file: WordFile, by: StartedBy, profile: Profile): Promise<Applied> {
  const extras: Draft = { ...NO_EXTRAS };
  const notes: string[] = [];
  for (const option of runOptions({ files: [file], scripts: [] })) {
    const line = option.range.start.line;
    const reject = (what: string, hint: string): PratiqueError => refused(file.file, line, what, hint);
    const handle = OPTIONS[by].get(option.option);
    const why =
      handle === undefined
        ? `a test does not know it in ${by}`
        : await handle(option, extras, { profile, reject });
    if (why !== undefined)
      notes.push(`${file.file}:${line}: ${option.option} was not applied, so it is not assessed: ${why}.`);
  }
  return { extras, notes };
}

const setVariable: Apply = ({ value }, extras, { reject }) => {
  const equals = value.indexOf("=");
  const name = equals < 0 ? value : value.slice(0, equals);
  if (!isName(name)) throw reject("This is no variable.", "Write it so: -e NAME=value");
  const given = equals < 0 ? process.env[name] : value.slice(equals + 1);
  if (given !== undefined) extras.environment = { ...extras.environment, [name]: given };
  return undefined;
};

const volume: Apply = async ({ option, value }, extras, where) => {
  const [source = "", target = "", ...more] = value.split(":");
  if (target === "") return "a volume without a folder of the desktop is new and empty";
  return bind(source, target, more.join(":").split(",").includes("ro"), option, extras, where);
};

/** Apptainer takes several, with commas between. */
const binds: Apply = async (option, extras, where) => {
  for (const part of option.value.split(",")) {
    const [source = "", target = source, mode] = part.split(":");
    await bind(source, target, mode === "ro", option.option, extras, where);
  }
  return undefined;
};

async function bind(
  source: string,
  target: string,
  readOnly: boolean,
  option: string,
  extras: Draft,
  { profile, reject }: Where,
): Promise<string | undefined> {
  if (!isAbsolute(source) && !source.startsWith("."))
    return "it names a volume of the engine there, which this machine does not have";
  const folder = resolve(source);
  const place = checkTarget(target, extras, profile, reject);
  const there = await stat(folder).then(
    () => true,
    () => false,
  );
  if (!there)
    throw reject(
      `“${option}” names ${source.slice(0, 200)}, which is not there.`,
      "Name a folder that exists; files for ces-run are not read by a shell, so that $HOME and ~ stay as they are.",
    );
  extras.mounts = [...extras.mounts, { source: folder, target: place, readOnly }];
  return undefined;
}

function checkTarget(target: string, extras: Draft, profile: Profile, reject: Where["reject"]): string {
  const place = target.length > 1 ? target.replace(/\/+$/, "") : target;
  if (!place.startsWith("/") || place === "/" || /(?:^|\/)\.\.?(?:\/|$)/.test(place))
    throw reject(
      `“${target.slice(0, 200)}” is no folder to mount at.`,
      "Write a whole path, such as /mnt/x.",
    );
  const own = Object.values(profile.directories).map(({ value }) => value);
  if (own.includes(place))
    throw reject(`ces-run mounts ${place} itself, and this would take its place.`, "Take this option away.");
  if (
    place === INSIDE ||
    place.startsWith(`${INSIDE}/`) ||
    place.startsWith("/proc") ||
    place.startsWith("/sys")
  )
    throw reject(`Nothing can be mounted at ${place}.`, "Choose another place, such as /mnt/x.");
  if (extras.mounts.some((mount) => mount.target === place) || extras.temporary.includes(place))
    throw reject(`Something is mounted at ${place} already.`, "Take one of the two away.");
  return place;
}

const mount: Apply = async ({ option, value }, extras, where) => {
  const fields = new Map(
    value.split(",").map((field): [string, string] => {
      const equals = field.indexOf("=");
      return equals < 0 ? [field, "true"] : [field.slice(0, equals), field.slice(equals + 1)];
    }),
  );
  const first = (...names: string[]): string => names.map((name) => fields.get(name)).find(Boolean) ?? "";
  const target = first("target", "dst", "destination");
  const kind = first("type");
  if (kind === "tmpfs") {
    extras.temporary = [...extras.temporary, checkTarget(target, extras, where.profile, where.reject)];
    return undefined;
  }
  if (kind !== "bind")
    return `mounts of the type ${kind.slice(0, 20) || "volume"} are the engine's own there`;
  const readOnly = first("ro", "readonly") === "true";
  return bind(first("source", "src"), target, readOnly, option, extras, where);
};

const temporary: Apply = ({ value }, extras, { profile, reject }) => {
  extras.temporary = [...extras.temporary, checkTarget(value.split(":")[0] ?? "", extras, profile, reject)];
  return undefined;
};

const sizeOf = (value: string, { reject }: Where): string => {
  const match = /^([1-9]\d{0,14})([bkmg]?)b?$/i.exec(value);
  if (match === null) throw reject(`“${value.slice(0, 40)}” is no size.`, "Write it so: 4g, 512m");
  return `${match[1]}${(match[2] || "b").toLowerCase()}`;
};

const memory: Apply = ({ value }, extras, where) => {
  extras.memory = sizeOf(value, where);
  return undefined;
};
const sharedMemory: Apply = ({ value }, extras, where) => {
  extras.sharedMemory = sizeOf(value, where);
  return undefined;
};
const processes: Apply = ({ value }, extras, { reject }) => {
  if (!/^[1-9]\d{0,6}$/.test(value))
    throw reject(`“${value.slice(0, 40)}” is no number.`, "Write it so: 2048");
  extras.processes = Number(value);
  return undefined;
};
const workingDirectory: Apply = ({ value }, extras, { reject }) => {
  if (!value.startsWith("/")) throw reject("A working directory is a whole path.", "Write it so: /scratch");
  extras.workingDirectory = value;
  return undefined;
};
const entrypoint: Apply = ({ value }, extras) => {
  extras.entrypoint = value === "" ? [] : [value];
  return undefined;
};
const readOnly: Apply = ({ value }, extras) => {
  extras.readOnlyRoot = value !== "false";
  return undefined;
};
const network: Apply = ({ value }) =>
  value === "none" ? undefined : "a test has no network, as the place has none";
const httpProxy: Apply = ({ value }) =>
  value === "false" ? undefined : "a test has no proxy, so that the report names what the program wants";
const says =
  (why: string): Apply =>
  () =>
    why;
const nothing: Apply = () => undefined;

const terminal = says("a test has no one at the keyboard");
const port = says("nobody opens a port of a test");
const gpu = says("a test has no GPU");
const named = says("a test names its containers itself");

const table = (entries: Readonly<Record<string, Apply>>): ReadonlyMap<string, Apply> =>
  new Map(
    Object.entries(entries).flatMap(([names, handle]) => names.split(" ").map((name) => [name, handle])),
  );

const OPTIONS: Readonly<Record<StartedBy, ReadonlyMap<string, Apply>>> = {
  podman: table({
    "-e --env": setVariable,
    "-v --volume": volume,
    "--mount": mount,
    "--tmpfs": temporary,
    "-m --memory": memory,
    "--shm-size": sharedMemory,
    "--pids-limit": processes,
    "-w --workdir": workingDirectory,
    "--entrypoint": entrypoint,
    "--read-only": readOnly,
    "--net --network": network,
    "--http-proxy": httpProxy,
    "--rm --rmi --pull --quiet -q --replace --sig-proxy --no-healthcheck --init --tls-verify": nothing,
    "-i -t -it -ti --interactive --tty -d --detach": terminal,
    "-p -P --publish --publish-all --expose": port,
    "--gpus --gpu --device": gpu,
    "--name -h --hostname -l --label": named,
  }),
  apptainer: table({
    "--env": setVariable,
    "-B --bind": binds,
    "--mount": mount,
    "--memory": memory,
    "--pids-limit": processes,
    "--pwd --cwd": workingDirectory,
    "--net --network": network,
    "--no-https --quiet -q --silent -s": nothing,
    "--nv --rocm --nvccli": gpu,
  }),
};
