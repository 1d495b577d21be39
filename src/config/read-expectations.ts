import { wholeLine } from "../findings/finding.ts";
import { parseDuration } from "./duration.ts";
import type { Asked, Expectations, ExpectedOutput } from "./expectations.ts";
import type { ParsedConfig } from "./parse.ts";
import type { ExpectationsDocument } from "./schema.ts";
import { parseSize } from "./size.ts";

/** The settings' own file, by the name that findings give it. */
export interface Source {
  readonly file: string;
  readonly lines: readonly string[];
}

type OutputDocument = NonNullable<ExpectationsDocument["outputs"]>[number];

/** What the settings expect, each part with its place. */
export function expectationsOf(
  document: ExpectationsDocument = {},
  path: readonly string[],
  lineOf: ParsedConfig["lineOf"],
  source: Source,
): Expectations {
  const asked = <T>(value: T, ...more: readonly PropertyKey[]): Asked<T> => {
    const line = lineOf([...path, ...more]);
    const excerpt = source.lines[line - 1] ?? "";
    return { value, location: wholeLine(source.file, line, excerpt), excerpt };
  };
  const list = <T>(values: readonly T[] | undefined, ...key: readonly string[]): Asked<T>[] =>
    (values ?? []).map((value, index) => asked(value, ...key, index));
  const one = <T>(value: T | undefined, key: string): Asked<T> | undefined =>
    value === undefined ? undefined : asked(value, key);
  const { exitCode, maxTime, maxMemory } = document;
  const time = maxTime === undefined ? undefined : parseDuration(maxTime);
  return {
    exitCode: one(typeof exitCode === "number" ? [exitCode] : exitCode, "exitCode"),
    outputs: list(document.outputs?.map(outputOf), "outputs"),
    noOutputs: list(document.noOutputs, "noOutputs"),
    forbiddenColumns: list(document.forbiddenColumns, "forbiddenColumns"),
    log: {
      match: list(document.log?.match, "log", "match"),
      noMatch: list(document.log?.noMatch, "log", "noMatch"),
    },
    maxTime: one(time === undefined ? undefined : time / 1000, "maxTime"),
    maxMemory: one(maxMemory === undefined ? undefined : parseSize(maxMemory), "maxMemory"),
    allowAttempts: list(
      document.allowAttempts?.map(({ host, port, reason }) => ({ host, port, reason })),
      "allowAttempts",
    ),
  };
}

function outputOf(given: OutputDocument): ExpectedOutput {
  if (typeof given === "string")
    return { path: given, format: undefined, minSize: undefined, rows: undefined };
  const { path, format, minSize, rows } = given;
  return {
    path,
    format,
    minSize: minSize === undefined ? undefined : parseSize(String(minSize)),
    rows:
      rows === undefined
        ? undefined
        : typeof rows === "number"
          ? { min: rows, max: rows }
          : { min: rows.min ?? 0, max: rows.max ?? Number.POSITIVE_INFINITY },
  };
}
