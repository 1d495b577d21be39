import {
  type Declared,
  declared,
  type Ecosystem,
  type FileFacts,
  MB,
  mayDeclare,
  wordOf,
} from "./ecosystem.ts";
import { licenceOf } from "./licence.ts";
import { SqliteProblem, sqliteRows } from "./sqlite.ts";

/** RPM's packages, where they are kept in SQLite, as Fedora, RHEL 9 and their like do. */
export const rpm: Ecosystem = {
  wanted({ path }) {
    return SQLITE.test(path) ? 64 * MB : undefined;
  },
  read(bytes) {
    if (bytes.length === 0) return {};
    try {
      return packagesIn(bytes);
    } catch (error) {
      if (error instanceof SqliteProblem || error instanceof RangeError)
        return { problem: "rpm packages, whose database is damaged" };
      throw error;
    }
  },
};

/** Other databases (Berkeley DB, ndb): it is said that they are there, and they are not read. */
export const otherRpm: Ecosystem = {
  startSuffices: true,
  wanted({ path }) {
    return OTHERS.test(path) ? 4 : undefined;
  },
  read(bytes, path) {
    const kind = path.endsWith(".db") ? "ndb" : "Berkeley DB";
    return bytes.length === 0 ? {} : { problem: `rpm packages, whose database (${kind}) is not read` };
  },
};

const FOLDER = "^/(?:var/lib/rpm|usr/lib/sysimage/rpm)/";
const SQLITE = new RegExp(`${FOLDER}rpmdb\\.sqlite$`);
const OTHERS = new RegExp(`${FOLDER}(?:Packages\\.db|Packages)$`);

/** Tags of a header, and types of values: rpm's rpmtag.h. */
const TAG = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  licence: 1014,
  arch: 1022,
  folderIndexes: 1116,
  baseNames: 1117,
  folderNames: 1118,
} as const;
const INT32 = 4;

function packagesIn(bytes: Buffer): FileFacts {
  const packages: Declared[] = [];
  const owned: { type: "rpm"; name: string; paths: string[] }[] = [];
  for (const [, blob] of sqliteRows(bytes, "Packages")) {
    if (!Buffer.isBuffer(blob)) continue;
    const header = new Header(blob);
    const name = wordOf(header.text(TAG.name));
    // Keys that packages are signed with are kept as though they were packages.
    if (name === undefined || name === "gpg-pubkey") continue;
    const version = [header.text(TAG.version), header.text(TAG.release)].filter(Boolean).join("-");
    const made = declared(
      "rpm",
      name,
      version,
      {
        type: "rpm",
        name,
        qualifiers: {
          arch: wordOf(header.text(TAG.arch)) ?? "",
          epoch: header.numbers(TAG.epoch)[0]?.toString() ?? "",
        },
      },
      licenceOf(header.text(TAG.licence)),
    );
    if (made === undefined) continue;
    packages.push(made);
    const paths = header.paths().filter(mayDeclare);
    if (paths.length > 0) owned.push({ type: "rpm", name, paths });
  }
  return { packages, owned };
}

/** A package's header: an index of tags, and the values that it points to. */
class Header {
  readonly #data: Buffer;
  readonly #tags = new Map<
    number,
    { readonly type: number; readonly offset: number; readonly count: number }
  >();

  constructor(blob: Buffer) {
    const entries = blob.readUInt32BE(0);
    const length = blob.readUInt32BE(4);
    const start = 8 + entries * 16;
    if (start + length > blob.length) throw new SqliteProblem("a package's header is cut short");
    this.#data = blob.subarray(start, start + length);
    for (let index = 0; index < entries; index++) {
      const at = 8 + index * 16;
      this.#tags.set(blob.readUInt32BE(at), {
        type: blob.readUInt32BE(at + 4),
        offset: blob.readUInt32BE(at + 8),
        count: blob.readUInt32BE(at + 12),
      });
    }
  }

  text(tag: number): string | undefined {
    return this.texts(tag, 1)[0];
  }

  /** Texts end with a zero; there are no more of them than bytes. */
  texts(tag: number, most = Number.POSITIVE_INFINITY): string[] {
    const found = this.#tags.get(tag);
    const texts: string[] = [];
    if (found === undefined) return texts;
    for (let at = found.offset; texts.length < Math.min(found.count, most) && at < this.#data.length; ) {
      const end = this.#data.indexOf(0, at);
      if (end < 0) break;
      texts.push(this.#data.toString("utf8", at, end));
      at = end + 1;
    }
    return texts;
  }

  numbers(tag: number): number[] {
    const found = this.#tags.get(tag);
    if (found === undefined || found.type !== INT32) return [];
    const numbers: number[] = [];
    for (let at = found.offset; numbers.length < found.count && at + 4 <= this.#data.length; at += 4)
      numbers.push(this.#data.readUInt32BE(at));
    return numbers;
  }

  /** Names of files, each with the number of its folder. */
  paths(): string[] {
    const folders = this.texts(TAG.folderNames);
    const indexes = this.numbers(TAG.folderIndexes);
    return this.texts(TAG.baseNames).map((name, index) => `${folders[indexes[index] ?? -1] ?? ""}${name}`);
  }
}
