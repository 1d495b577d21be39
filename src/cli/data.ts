import { open, stat } from "node:fs/promises";
import type { TableDescription } from "../data/column.ts";
import { PratiqueError, systemErrorCode } from "../errors.ts";
import { write } from "./work.ts";

export interface DataOptions {
  readonly schema?: string;
  readonly header?: string;
  readonly like?: string;
  readonly rows?: number;
  readonly seed?: number;
  readonly format: "csv" | "jsonl";
  readonly output?: string;
  readonly force?: boolean;
}

const DEFAULT_ROWS = 100;
const DEFAULT_SEED = 1;
/** A description is written by hand; names of columns stand at the beginning of a file. */
const MOST_READ = 1024 * 1024;
/** As much text goes out at once. */
const PIECE = 64 * 1024;

/** Makes a table of values that belong to nobody, and writes it to a file or the screen. */
export async function runData(options: DataOptions): Promise<number> {
  const { table, delimiter } = await describe(options);
  const made = {
    columns: table.columns,
    rows: options.rows ?? table.rows ?? DEFAULT_ROWS,
    seed: options.seed ?? table.seed ?? DEFAULT_SEED,
  };
  const [{ csvLines, jsonLines }, { plainLine }] = await Promise.all([
    import("../data/write.ts"),
    import("../reporters/plain.ts"),
  ]);
  for (const note of table.notes) process.stderr.write(`${plainLine(note)}\n`);
  const pieces = inPieces(options.format === "jsonl" ? jsonLines(made) : csvLines(made, delimiter));
  if (options.output === undefined) {
    for (const piece of pieces) {
      // Nobody reads any more.
      if (process.stdout.destroyed) break;
      await write(process.stdout, piece);
    }
    return 0;
  }
  if (options.force !== true && (await stat(options.output).catch(() => undefined)) !== undefined)
    throw new PratiqueError("output.exists", `${options.output} is there already.`, {
      hint: "Choose another name, or write over it with --force.",
    });
  const { writeWhole } = await import("../system/files.ts");
  await writeWhole(options.output, pieces);
  process.stderr.write(`${made.rows} rows, seed ${made.seed}, are in ${plainLine(options.output)}\n`);
  return 0;
}

/** Of the three ways to describe a table exactly one. */
async function describe({
  schema,
  header,
  like,
}: DataOptions): Promise<{ table: TableDescription; delimiter: string }> {
  if ([schema, header, like].filter((way) => way !== undefined).length !== 1)
    throw new PratiqueError(
      "usage.bad-argument",
      "Say what the table is like: --schema, --header or --like.",
      {
        hint: 'As in: pratique data --header "id,age:int[18..90],sex:{F,M}"',
      },
    );
  const plain = { rows: undefined, seed: undefined, notes: [] };
  if (header !== undefined) {
    const { readHeader } = await import("../data/syntax.ts");
    return { table: { ...plain, columns: readHeader(header) }, delimiter: "," };
  }
  if (schema !== undefined) {
    const { readSchemaFile } = await import("../data/schema-file.ts");
    const text = await readBeginning(schema);
    if (text.length === MOST_READ)
      throw new PratiqueError("data-schema.invalid", `${schema} is too long to describe a table.`, {
        hint: "A description has at most 1 MB.",
      });
    return { table: readSchemaFile(text), delimiter: "," };
  }
  const { describeGuesses, readFirstLine } = await import("../data/first-line.ts");
  const [line = ""] = (await readBeginning(String(like))).split("\n", 1);
  const { columns, delimiter } = readFirstLine(line);
  const note = `Only the first line was read. From the names: ${describeGuesses(columns)}`;
  return { table: { ...plain, columns, notes: [note] }, delimiter };
}

/** The first megabyte of a file. */
async function readBeginning(path: string): Promise<string> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST_READ), 0, MOST_READ, null);
      return buffer.toString("utf8", 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new PratiqueError(
      "data-schema.unreadable",
      `${path} cannot be read: ${systemErrorCode(error) ?? error}.`,
      {
        hint: "Check its name, and that you may read it.",
        cause: error,
      },
    );
  }
}

function* inPieces(lines: Iterable<string>): Generator<string> {
  let piece = "";
  for (const line of lines) {
    piece += line;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = "";
  }
  yield piece;
}
