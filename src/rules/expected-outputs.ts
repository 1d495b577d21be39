import type { Asked, ExpectedOutput, TableFormat } from "../config/expectations.ts";
import { plural, sizeOf } from "../findings/counting.ts";
import type { OutputFile, Table } from "../outputs/facts.ts";
import { nearestPath } from "../outputs/nearest.ts";
import { formatOf, holdsNoTable, outputMatcher } from "../outputs/wanted.ts";
import type { Profile } from "../profiles/profile.ts";
import type { Recording } from "../run/recording.ts";
import { type AssessedExpectation, met, notAssessed, notMet, type Outcome } from "./expectation.ts";
import { someOf } from "./helpers.ts";
import type { RunFacts } from "./rule.ts";
import { endedEarly } from "./runs.ts";

const FORMAT_NAMES: Readonly<Record<TableFormat, string>> = {
  csv: "CSV",
  tsv: "TSV",
  json: "JSON",
  jsonl: "JSON lines",
  parquet: "Parquet",
};

export function expectedOutput(
  asked: Asked<ExpectedOutput>,
  facts: RunFacts,
  profile: Profile,
): AssessedExpectation {
  const { path, format, minSize, rows } = asked.value;
  const parts = [
    `writes ${path}`,
    format === undefined ? "" : `as ${FORMAT_NAMES[format]}`,
    minSize === undefined ? "" : `of at least ${sizeOf(minSize)}`,
    rows === undefined ? "" : `with ${rowsInWords(rows)}`,
  ];
  return { text: parts.filter(Boolean).join(", "), ...outputOutcome(asked.value, facts, profile), asked };
}

function outputOutcome(wanted: ExpectedOutput, facts: RunFacts, profile: Profile): Outcome {
  const folder = profile.directories.outputs.value;
  const { files, unlisted } = facts.outputs;
  const matches = outputMatcher(wanted.path, folder);
  const matching = files.filter(({ path }) => matches(path));
  if (matching.length === 0) {
    return unlisted === ""
      ? missing(wanted.path, facts, folder)
      : notAssessed("missing-output", `Not all outputs could be looked at: ${unlisted}.`);
  }
  const outcomes = matching.flatMap((file) => [
    sizeOutcome(file, wanted.minSize),
    ...tableOutcomes(file, wanted),
  ]);
  const bad = outcomes.filter(({ status }) => status === "not-met");
  const [first] = [...bad, ...outcomes.filter(({ status }) => status === "not-assessed")];
  if (first === undefined) return met("missing-output");
  return bad.length > 1
    ? {
        ...first,
        reason: first.reason.replace(
          /\.$/,
          `, and ${plural(bad.length - 1, "more like it", "more like it")}.`,
        ),
      }
    : first;
}

function missing(pattern: string, facts: RunFacts, folder: string): Outcome {
  const wanted = pattern.startsWith(`${folder}/`) ? pattern.slice(folder.length + 1) : pattern;
  const guess = nearestPath(
    wanted,
    facts.outputs.files.map(({ path }) => path),
  );
  const what = `No file in ${folder} matches “${shortPath(wanted)}”`;
  if (guess === undefined) return notMet("missing-output", `${what}${inItsPlace(wanted, facts)}.`);
  return notMet(
    "missing-output",
    `${what} (did you mean “${shortPath(guess)}”?).`,
    `Write “${shortPath(guess)}” in the settings, or correct where the program writes it.`,
  );
}

/** What there is where a file is missing, as the rest of a sentence. */
function inItsPlace(wanted: string, { outputs, recording }: RunFacts): string {
  const astray = writtenElsewhere(wanted, recording);
  if (astray !== undefined)
    return `: ${shortPath(astray)} was written instead, which is lost when the job ends`;
  const early = endedEarly(recording);
  if (early !== undefined) return `: ${early}`;
  const paths = outputs.files.map(({ path }) => shortPath(path));
  return paths.length === 0
    ? ": nothing was written there"
    : `: all that was written there is ${someOf(paths, 3)}`;
}

/** Enough of a path to know it by; its end says most. */
const shortPath = (path: string): string => (path.length > 80 ? `…${path.slice(-79)}` : path);

/** A file of that name that was written outside the folder. */
function writtenElsewhere(pattern: string, { strayWrites }: Recording): string | undefined {
  const name = pattern.slice(pattern.lastIndexOf("/") + 1);
  if (!/[A-Za-z0-9]/.test(name)) return undefined;
  const matches = outputMatcher(name, "");
  return strayWrites.map(({ path }) => path).find((path) => matches(path.slice(path.lastIndexOf("/") + 1)));
}

function sizeOutcome({ path, size }: OutputFile, minSize: number | undefined): Outcome {
  if (minSize === undefined || size >= minSize) return met("output-too-small");
  return notMet(
    "output-too-small",
    `${shortPath(path)} has ${sizeOf(size)}; at least ${sizeOf(minSize)} are expected.`,
  );
}

function* tableOutcomes(file: OutputFile, { format, rows }: ExpectedOutput): Generator<Outcome> {
  if (format === undefined && rows === undefined) return;
  const kind = format ?? formatOf(file.path);
  const table = kind === undefined ? undefined : file.tables[kind];
  if (kind === undefined || table === undefined) {
    const why = kind === undefined ? "its name does not say in which format it is" : "it was not read";
    yield notAssessed("unreadable-output", `${shortPath(file.path)} could not be checked: ${why}.`);
  } else if (table.kind === "unread") {
    yield notAssessed("unreadable-output", `${shortPath(file.path)} could not be checked: ${table.reason}.`);
  } else if (table.kind === "broken") {
    yield notMet(
      "unreadable-output",
      `${shortPath(file.path)} cannot be read as ${FORMAT_NAMES[kind]}: ${table.reason}.`,
    );
  } else if (rows !== undefined) yield rowOutcome(file.path, table, rows);
}

function rowOutcome(path: string, table: Table, rows: NonNullable<ExpectedOutput["rows"]>): Outcome {
  const wanted = rowsInWords(rows);
  const expected = `${wanted} ${wanted.endsWith("rows") ? "are" : "is"} expected`;
  if (table.rows !== undefined && table.rows >= rows.min && table.rows <= rows.max)
    return met("unexpected-row-count");
  const has =
    table.rows === undefined ? "holds no list, so it has no rows" : `has ${plural(table.rows, "row")}`;
  return notMet("unexpected-row-count", `${shortPath(path)} ${has}; ${expected}.`);
}

function rowsInWords({ min, max }: NonNullable<ExpectedOutput["rows"]>): string {
  if (min === max) return plural(min, "row");
  if (max === Number.POSITIVE_INFINITY) return `at least ${plural(min, "row")}`;
  return min === 0 ? `at most ${plural(max, "row")}` : `${min} to ${plural(max, "row")}`;
}

export function forbiddenOutput(
  asked: Asked<string>,
  facts: RunFacts,
  profile: Profile,
): AssessedExpectation {
  const { files, unlisted } = facts.outputs;
  const matches = outputMatcher(asked.value, profile.directories.outputs.value);
  const found = files.filter(({ path }) => matches(path)).map(({ path }) => path);
  const outcome =
    found.length > 0
      ? notMet(
          "unexpected-output",
          `${someOf(found.map(shortPath), 3)} ${found.length === 1 ? "is" : "are"} among the outputs, where no file may match “${shortPath(asked.value)}”.`,
        )
      : unlisted === ""
        ? met("unexpected-output")
        : notAssessed("unexpected-output", `Not all outputs could be looked at: ${unlisted}.`);
  return { text: `writes no ${asked.value}`, ...outcome, asked };
}

/** Names of columns as they are compared: letters and digits alone, so that “NHS Number” is nhs_number. */
const columnKey = (name: string): string => name.toLowerCase().replace(/[^\p{L}\p{N}*?]/gu, "");

export function* forbiddenColumns({ outputs, expected }: RunFacts): Generator<AssessedExpectation> {
  if (expected.forbiddenColumns.length === 0) return;
  const columns = outputs.files.flatMap((file) =>
    Object.values(file.tables).flatMap((table) =>
      table.kind === "table"
        ? table.columns.map((column) => ({ file: file.path, column, key: columnKey(column) }))
        : [],
    ),
  );
  const closed = outputs.files.flatMap((file) => {
    const why = whyClosed(file);
    return why === undefined ? [] : [`${shortPath(file.path)} (${why})`];
  });
  const unseen =
    outputs.unlisted !== ""
      ? `Not all outputs could be looked at: ${outputs.unlisted}.`
      : `The columns of ${plural(closed.length, "output")} could not be looked at: ${someOf(closed, 3)}.`;
  for (const asked of expected.forbiddenColumns) {
    const matches = outputMatcher(columnKey(asked.value), "");
    const found = columns
      .filter(({ key }) => matches(key))
      .map(({ file, column }) => `“${column.slice(0, 60)}” in ${shortPath(file)}`);
    const outcome =
      found.length > 0
        ? notMet(
            "forbidden-column",
            `${found.length === 1 ? "A column is" : `${plural(found.length, "column")} are`} in the outputs that must not be: ${someOf(found, 3)}.`,
          )
        : outputs.unlisted === "" && closed.length === 0
          ? met("forbidden-column")
          : notAssessed("forbidden-column", unseen);
    yield { text: `writes no column ${asked.value}`, ...outcome, asked };
  }
}

/** Why the columns of a file are not known; undefined where they are, or where it can have none. */
function whyClosed({ path, size, tables }: OutputFile): string | undefined {
  const all = Object.values(tables);
  if (all.some((table) => table.kind === "table" && !table.moreColumns)) return undefined;
  if (size === 0 || holdsNoTable(path)) return undefined;
  const [first] = all;
  if (first === undefined) return "a format that is not read";
  return first.kind === "table" ? "too many columns" : first.reason;
}
