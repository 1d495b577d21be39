import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { PratiqueError, systemErrorCode } from "../errors.ts";
import { wholeLine } from "../findings/finding.ts";
import type { Waiver } from "../findings/waivers.ts";
import {
  type Config,
  DEFAULT_PROFILE,
  defaultConfig,
  type RunSettings,
  type TestCase,
  type TestSettings,
} from "./config.ts";
import { parseDuration } from "./duration.ts";
import type { ParsedConfig } from "./parse.ts";
import { expectationsOf, type Source } from "./read-expectations.ts";
import type { ConfigDocument } from "./schema.ts";

const NAMES = ["pratique.yaml", "pratique.yml"];
/** Settings are written by hand: anything larger is not one. */
const MAX_BYTES = 1024 * 1024;

/**
 * Reads the settings of a project: the file that was named, else `pratique.yaml` in the project folder, else the
 * defaults. Fails with `config.unreadable` or `config.invalid`, the place in the file in the message.
 */
export async function loadConfig(project: string, named: string | undefined): Promise<Config> {
  const file = named === undefined ? await findConfig(project) : resolve(named);
  if (file === undefined) return defaultConfig;
  const text = await readText(file);
  // YAML and the schema take longer to load than a Dockerfile to lint: only where there is a file to read.
  const { parseConfig } = await import("./parse.ts");
  return toConfig(parseConfig(text, relative(process.cwd(), file) || file), text.split(/\r?\n/), file);
}

async function findConfig(project: string): Promise<string | undefined> {
  for (const name of NAMES) {
    const path = join(project, name);
    try {
      if ((await stat(path)).isFile()) return path;
    } catch (error) {
      const code = systemErrorCode(error);
      if (code !== "ENOENT" && code !== "ENOTDIR") throw unreadable(path, error);
    }
  }
  return undefined;
}

async function readText(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) {
      throw new PratiqueError("config.invalid", `${path} is ${size} bytes long: that is no settings file.`, {
        hint: "Name another file with --config <file>.",
      });
    }
    return await readFile(path, "utf8");
  } catch (error) {
    throw error instanceof PratiqueError ? error : unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): PratiqueError {
  return new PratiqueError(
    "config.unreadable",
    `${path} cannot be read: ${systemErrorCode(cause) ?? String(cause)}.`,
    {
      hint: "Check the name after --config, and that you may read the file.",
      cause,
    },
  );
}

async function toConfig(parsed: ParsedConfig, lines: readonly string[], file: string): Promise<Config> {
  const { document } = parsed;
  const folder = dirname(file);
  const { build, test: given } = document;
  const test = { runtimes: given?.runtimes ?? [], ...runSettingsOf(given ?? {}, folder) };
  return {
    file,
    profile: document.profile ?? DEFAULT_PROFILE,
    dockerfile: document.dockerfile === undefined ? undefined : resolve(folder, document.dockerfile),
    build: {
      args: { ...(await readArgsFile(folder, build?.argsFile)), ...build?.args },
      network: build?.network === "default" ? undefined : build?.network,
      target: build?.target,
    },
    test,
    cases: casesOf(parsed, test, folder, { file: basename(file), lines }),
    job: document.job ?? {},
    rules: document.rules ?? {},
    failOn: document.failOn ?? "error",
    select: document.select ?? [],
    ignore: document.ignore ?? [],
    labels: document.labels ?? {},
    strictLabels: document.strictLabels ?? false,
    trustedRegistries: document.trustedRegistries ?? [],
    scan: { failOn: document.scan?.failOn, image: document.scan?.image },
    waivers: waiversOf(parsed, lines, file),
  };
}

function runSettingsOf(given: RunDocument, folder: string): RunSettings {
  return {
    data: given.data === undefined ? undefined : resolve(folder, given.data),
    args: given.args,
    env: given.env ?? {},
    timeout: given.timeout === undefined ? undefined : parseDuration(given.timeout),
    memory: given.memory?.toLowerCase(),
    lineage: given.lineage,
  };
}

/** Key by key, what a case says takes the place of what `test` says; variables are joined. */
function casesOf(parsed: ParsedConfig, test: TestSettings, folder: string, source: Source): TestCase[] {
  const { lineOf } = parsed;
  const given = parsed.document.test;
  const expect = expectationsOf(given?.expect, ["test", "expect"], lineOf, source);
  if (given?.cases === undefined) return [{ name: undefined, settings: test, expect }];
  return Object.entries(given.cases).map(([name, own]) => {
    const settings = { ...test, ...withoutUndefined(runSettingsOf(own, folder)) };
    const more = expectationsOf(own.expect, ["test", "cases", name, "expect"], lineOf, source);
    return {
      name,
      settings: { ...settings, env: { ...test.env, ...own.env } },
      expect: { ...expect, ...pick(more, own.expect ?? {}) },
    };
  });
}

const withoutUndefined = <T extends object>(value: T): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Partial<T>;

/** Only the fields that the other object has. */
const pick = <T extends object>(value: T, given: object): Partial<T> =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key in given)) as Partial<T>;

function waiversOf({ document, lineOf }: ParsedConfig, lines: readonly string[], file: string): Waiver[] {
  return (document.waivers ?? []).map(
    ({ rule, path, line, package: only, reason = "", by, until }, index) => {
      const startLine = lineOf(["waivers", index]);
      return {
        rule,
        path,
        package: only,
        ...(line === undefined ? {} : { lines: { first: line, last: line } }),
        reason,
        by,
        until,
        source: "settings",
        location: wholeLine(basename(file), startLine, lines[startLine - 1] ?? ""),
      };
    },
  );
}

type RunDocument = NonNullable<NonNullable<ConfigDocument["test"]>["cases"]>[string];
type ArgsFile = NonNullable<ConfigDocument["build"]>["argsFile"];

/** `NAME=value` lines, as `podman build --build-arg-file` reads them; `#` starts a comment. */
async function readArgsFile(folder: string, setting: ArgsFile): Promise<Record<string, string>> {
  if (setting === undefined) return {};
  const { path, optional } = typeof setting === "string" ? { path: setting, optional: false } : setting;
  const file = resolve(folder, path);
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    const missing = error instanceof PratiqueError && systemErrorCode(error.cause) === "ENOENT";
    if (missing && optional === true) return {};
    throw error;
  }
  const args: Record<string, string> = {};
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const match = /^([A-Za-z_]\w*)=(.*)$/.exec(line);
    if (match === null) {
      throw new PratiqueError("config.invalid", `${file}:${index + 1}: the line is not NAME=value.`, {
        hint: "Correct the line.",
      });
    }
    args[match[1] ?? ""] = match[2] ?? "";
  }
  return args;
}
