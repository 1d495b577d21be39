import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { purlOf } from "./purl.ts";
import { otherRpm, rpm } from "./rpm.ts";
import { SqliteProblem, sqliteRows } from "./sqlite.ts";

/**
 * What rpm 4.18 wrote for three packages that were made with rpmbuild: two small ones, and one with 121 files, whose header
 * runs over several pages. Its other tables, which only repeat what the headers say, were dropped.
 */
const database = gunzipSync(readFileSync(new URL("../../../test/fixtures/rpmdb.sqlite.gz", import.meta.url)));
const PATH = "/var/lib/rpm/rpmdb.sqlite";

describe("rpm", () => {
  it("lists packages with version, licence and the files that declare others", () => {
    const { packages = [], owned, problem } = rpm.read(database, PATH);
    expect(problem).toBeUndefined();
    expect(
      packages.map(({ purl, version, licence }) => [purlOf(purl, version), licence.expression]).sort(),
    ).toEqual([
      ["pkg:rpm/alpha@1.2-3?arch=noarch&epoch=1", "GPL-2.0-or-later AND MIT"],
      ["pkg:rpm/beta@1.2-3?arch=noarch&epoch=1", "GPL-2.0-or-later AND MIT"],
      ["pkg:rpm/gamma@2.0~rc1-1?arch=noarch", "MIT"],
    ]);
    expect(owned?.find(({ name }) => name === "alpha")?.paths).toEqual([
      "/usr/bin/alpha",
      "/usr/lib/python3/site-packages/alpha-1.2.dist-info/METADATA",
    ]);
    expect(owned?.find(({ name }) => name === "gamma")?.paths).toEqual(["/usr/bin/gamma"]);
  });

  it("says so of databases that it does not read", () => {
    expect(rpm.read(Buffer.from("text"), PATH).problem).toContain("damaged");
    expect(rpm.read(database.subarray(0, 20_000), PATH).problem).toContain("damaged");
    expect(otherRpm.read(Buffer.from("xxxx"), "/usr/lib/sysimage/rpm/Packages.db").problem).toContain(
      "(ndb)",
    );
    expect(rpm.read(Buffer.alloc(0), PATH)).toEqual({});
  });
});

describe("a database", () => {
  it("is read table by table", () => {
    expect([...sqliteRows(database, "Packages")].map(([, blob]) => (blob as Buffer).length)).toEqual([
      17556, 1972, 1972,
    ]);
    expect([...sqliteRows(database, "sqlite_sequence")].map(([name, last]) => [String(name), last])).toEqual([
      ["Packages", 3],
    ]);
    expect([...sqliteRows(database, "none")]).toEqual([]);
  });

  it("gives rows or a reason, whichever bytes are changed, and never more than it has", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 12 }),
        fc.nat(),
        (changes, cut) => {
          const damaged = Buffer.from(database);
          // Mostly where pages begin: their headers lead further.
          for (const [at, byte] of changes) {
            const page = Math.floor(at / 64) % (damaged.length / 4096);
            damaged[at % 3 === 0 ? at % damaged.length : page * 4096 + (at % 64)] = byte;
          }
          const bytes = cut % 5 === 0 ? damaged.subarray(0, cut % damaged.length) : damaged;
          let sum = 0;
          try {
            for (const row of sqliteRows(bytes, "Packages"))
              for (const value of row) sum += Buffer.isBuffer(value) ? value.length : 0;
          } catch (error) {
            expect(error).toSatisfy((one) => one instanceof SqliteProblem || one instanceof RangeError);
          }
          expect(sum).toBeLessThanOrEqual(bytes.length);
          expect(() => rpm.read(bytes, PATH)).not.toThrow();
        },
      ),
      { numRuns: Number(process.env.PRATIQUE_FUZZ ?? 1000) },
    );
  });

  it("ends where many rows claim the same long content", () => {
    // One page of cells that all point to the same place, and say that they go on for megabytes.
    const big = Buffer.alloc(64 * 1024 * 64);
    database.copy(big, 0, 0, 100);
    big.writeUInt16BE(1, 16);
    big[100] = 13;
    big.writeUInt16BE(20_000, 103);
    for (let index = 0; index < 20_000; index++) big.writeUInt16BE(60_000, 108 + index * 2);
    big.set([0x81, 0x80, 0x80, 0x00], 60_000);
    expect(() => [...sqliteRows(big, "Packages")]).toThrow(SqliteProblem);
  });
});
