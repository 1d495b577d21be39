import { constants } from "node:fs";
import { type FileHandle, lstat, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { TableFormat } from "../config/expectations.ts";
import { systemErrorCode } from "../errors.ts";
import { plural, sizeOf } from "../findings/counting.ts";
import { compareText } from "../findings/finding.ts";
import { CsvReader } from "./csv.ts";
import {
  broken,
  type OutputFacts,
  type OutputFile,
  type TableFacts,
  type TextReader,
  unread,
} from "./facts.ts";
import { JsonReader } from "./json.ts";
import { readParquet } from "./parquet.ts";

/** The job wrote what lies there: nothing of it is trusted, and no link is followed. */

const MOST_FILES = 10_000;
const DEEPEST = 40;
const LONGEST_PATH = 1000;
/** Of one file, unpacked, and of all together. */
const MAX_BYTES = 256 * 1024 * 1024;
const MAX_TOTAL = 1024 * 1024 * 1024;

export interface ReadOptions {
  /** In which formats a file is to be read. */
  readonly formats: (path: string) => Iterable<TableFormat>;
  readonly signal: AbortSignal;
  /** Bytes of one file, unpacked, that are read at the most. */
  readonly mostBytes?: number;
}

export async function readOutputs(folder: string, options: ReadOptions): Promise<OutputFacts> {
  const { formats, signal } = options;
  const { paths, unlisted } = await listFiles(folder, signal);
  const budget: Budget = { each: options.mostBytes ?? MAX_BYTES, left: MAX_TOTAL };
  const files: OutputFile[] = [];
  for (const { path, size } of paths) {
    const tables: Partial<Record<TableFormat, TableFacts>> = {};
    for (const format of formats(path)) {
      signal.throwIfAborted();
      tables[format] = await readTable(join(folder, path), path, format, budget, signal);
    }
    files.push({ path, size, tables });
  }
  return { files, unlisted };
}

interface Budget {
  readonly each: number;
  left: number;
}

interface Listed {
  readonly path: string;
  readonly size: number;
}

async function listFiles(
  folder: string,
  signal: AbortSignal,
): Promise<{ paths: Listed[]; unlisted: string }> {
  const paths: Listed[] = [];
  const reasons = new Set<string>();
  const pending = [{ path: "", depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    signal.throwIfAborted();
    const { path, depth } = next;
    const entries = await readdir(join(folder, path), { withFileTypes: true }).catch((error: unknown) => {
      reasons.add(`the folder ${path || "itself"} cannot be read (${systemErrorCode(error) ?? "unknown"})`);
      return [];
    });
    for (const entry of entries) {
      const inner = path === "" ? entry.name : `${path}/${entry.name}`;
      if (inner.length > LONGEST_PATH) {
        reasons.add(`a path is longer than ${LONGEST_PATH} characters`);
      } else if (entry.isDirectory()) {
        if (depth < DEEPEST) pending.push({ path: inner, depth: depth + 1 });
        else reasons.add(`folders are nested deeper than ${DEEPEST} levels`);
      } else if (entry.isFile()) {
        if (paths.length >= MOST_FILES) {
          reasons.add(`there are more than ${plural(MOST_FILES, "file")}`);
          pending.length = 0;
          break;
        }
        const info = await lstat(join(folder, inner)).catch(() => undefined);
        if (info?.isFile() === true) paths.push({ path: inner, size: info.size });
        else reasons.add("a file's name is not in UTF-8");
      }
    }
  }
  paths.sort((a, b) => compareText(a.path, b.path));
  return { paths, unlisted: [...reasons].slice(0, 3).join("; ") };
}

async function readTable(
  absolute: string,
  path: string,
  format: TableFormat,
  budget: Budget,
  signal: AbortSignal,
): Promise<TableFacts> {
  let file: FileHandle;
  try {
    file = await open(absolute, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return unread(`it cannot be opened (${systemErrorCode(error) ?? "unknown"})`);
  }
  try {
    const info = await file.stat();
    if (!info.isFile()) return unread("it is no regular file");
    if (format === "parquet") return await readParquet(file, info.size);
    return await readText(file, /\.gz$/i.test(path), readerFor(format), budget, signal);
  } catch (error) {
    signal.throwIfAborted();
    return unread(`it cannot be read (${systemErrorCode(error) ?? "unknown"})`);
  } finally {
    await file.close();
  }
}

function readerFor(format: Exclude<TableFormat, "parquet">): TextReader {
  if (format === "json" || format === "jsonl") return new JsonReader(format);
  return new CsvReader(format === "tsv" ? "\t" : undefined);
}

async function readText(
  file: FileHandle,
  packed: boolean,
  reader: TextReader,
  budget: Budget,
  signal: AbortSignal,
): Promise<TableFacts> {
  const most = Math.min(budget.each, budget.left);
  let bytes = 0;
  let decoder: TextDecoder | undefined;
  let tooMuch = false;
  let decided = false;
  const take = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of source) {
      signal.throwIfAborted();
      bytes += chunk.length;
      tooMuch = bytes > most;
      decoder ??= decoderFor(chunk);
      decided = tooMuch || !reader.write(decoder.decode(chunk, { stream: true }));
      if (decided) return;
    }
    if (decoder !== undefined) reader.write(decoder.decode());
  };
  const stream = file.createReadStream({ autoClose: false, start: 0, highWaterMark: 256 * 1024 });
  try {
    if (packed) await pipeline(stream, createGunzip(), take);
    else await pipeline(stream, take);
  } catch (error) {
    const code = systemErrorCode(error) ?? "";
    if (packed && code.startsWith("Z_")) return broken("it is no gzip file, or was cut short");
    // Where reading was given up before the end, the streams complain of it.
    if (!decided) throw error;
  } finally {
    budget.left -= Math.min(bytes, budget.left);
  }
  if (!tooMuch) return reader.end();
  return unread(
    most < budget.each
      ? `all outputs together are larger than the ${sizeOf(MAX_TOTAL)} that are read`
      : `it is larger than the ${sizeOf(budget.each)} that are read of a file`,
  );
}

/** By the mark that some programs put first; else UTF-8, in which what is no text stays visible. */
function decoderFor(first: Buffer): TextDecoder {
  if (first[0] === 0xff && first[1] === 0xfe) return new TextDecoder("utf-16le");
  if (first[0] === 0xfe && first[1] === 0xff) return new TextDecoder("utf-16be");
  return new TextDecoder("utf-8");
}
