import { closeSync, openSync, writeSync } from "node:fs";
import { mkdir, open, symlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { PratiqueError } from "../errors.ts";
import { compressionOf, inflater } from "../image/compression.ts";
import { nameOf, TarWalker } from "../image/tar.ts";
import { isFile, notWritable } from "../system/files.ts";

/** What `--db` names: folders of a database, or an archive of one. */
export type TrivyDatabase =
  | { readonly kind: "folder"; readonly db: string; readonly java: string | undefined }
  | { readonly kind: "archive"; readonly file: string };

/** Looks for a database where the user says that one is. Fails with `usage.bad-argument`. */
export async function findDatabase(named: string): Promise<TrivyDatabase> {
  const given = resolve(named);
  if (await isFile(given)) return { kind: "archive", file: given };
  for (const db of [given, join(given, "db")]) {
    if (!(await isFile(join(db, "trivy.db")))) continue;
    const java = join(dirname(db), "java-db");
    return { kind: "folder", db, java: (await isFile(join(java, "trivy-java.db"))) ? java : undefined };
  }
  throw noDatabase(named);
}

const noDatabase = (named: string): PratiqueError =>
  new PratiqueError("usage.bad-argument", `There is no Trivy database in ${named}.`, {
    hint: "Name a folder that holds trivy.db and metadata.json, such as the folder db of Trivy's cache, or an archive of it (db.tar.gz).",
  });

/**
 * A cache in the form that Trivy wants, which writes beside the database. Resolves to the folder. Fails with
 * `usage.bad-argument` for an archive without a database.
 */
export async function cacheOf(database: TrivyDatabase, scratch: string): Promise<string> {
  const cache = join(scratch, "cache");
  await mkdir(cache);
  if (database.kind === "archive") {
    await mkdir(join(cache, "db"));
    await unpack(database.file, join(cache, "db"));
  } else {
    await symlink(database.db, join(cache, "db"));
    if (database.java !== undefined) await symlink(database.java, join(cache, "java-db"));
  }
  return cache;
}

const WANTED: readonly string[] = ["trivy.db", "metadata.json"];
/** Trivy's database has some 1 GB (2026); what is much larger is to fill the disk. */
const MOST_BYTES = 8 * 1024 ** 3;
const CHUNK = 1024 * 1024;

/** Takes two files out of an archive, plain or compressed, by their names alone: no path of it is believed. */
async function unpack(file: string, folder: string): Promise<void> {
  const found = new Set<string>();
  let target: number | undefined;
  let bytes = 0;
  const walker = new TarWalker({
    entry(header) {
      const name = basename(nameOf(header));
      if (header.kind !== "file" || !WANTED.includes(name) || found.has(name)) return false;
      target = created(join(folder, name));
      found.add(name);
      return true;
    },
    data(chunk) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw unusable(file, "it holds more than a database could");
      if (target === undefined) return false;
      try {
        for (let at = 0; at < chunk.length; ) at += writeSync(target, chunk, at);
      } catch (error) {
        throw notWritable(folder, error);
      }
      return true;
    },
    done() {
      if (target !== undefined) closeSync(target);
      target = undefined;
    },
  });
  const handle = await open(file, "r");
  try {
    const buffer = Buffer.alloc(CHUNK);
    const first = await handle.read(buffer, 0, CHUNK, 0);
    const kind = compressionOf(buffer.subarray(0, first.bytesRead));
    const source = kind === "none" ? undefined : await inflater(kind, (chunk) => walker.write(chunk));
    for (let at = 0; ; ) {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      const part = buffer.subarray(0, bytesRead);
      if (source === undefined) walker.write(part);
      else await source.write(part);
    }
    await source?.end();
    walker.end();
  } catch (error) {
    if (error instanceof PratiqueError && error.code === "image.invalid")
      throw unusable(file, "it is damaged, or no archive");
    throw error;
  } finally {
    if (target !== undefined) closeSync(target);
    await handle.close();
  }
  if (!found.has("trivy.db")) throw noDatabase(file);
}

function created(path: string): number {
  try {
    return openSync(path, "wx", 0o600);
  } catch (error) {
    throw notWritable(path, error);
  }
}

const unusable = (file: string, why: string): PratiqueError =>
  new PratiqueError("usage.bad-argument", `${file} cannot be used as Trivy's database: ${why}.`, {
    hint: "Name a folder that holds trivy.db and metadata.json, or an archive of one (db.tar.gz).",
  });
