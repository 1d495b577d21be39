import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { PratiqueError } from "../errors.ts";
import { file, packed, symlink, tar } from "../image/test-archives.ts";
import { readScanInputs } from "./scan-inputs.ts";
import { cacheOf, findDatabase } from "./trivy-database.ts";

const folder = mkdtempSync(join(tmpdir(), "scan-inputs-"));
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;
const written = (content: string | Buffer): string => {
  const path = join(folder, `file-${count++}`);
  writeFileSync(path, content);
  return path;
};
/** The database of an archive, unpacked into a folder of its own. */
const unpacked = async (archive: Buffer): Promise<string> => {
  const scratch = join(folder, `scratch-${count++}`);
  mkdirSync(scratch);
  return join(await cacheOf(await findDatabase(written(archive)), scratch), "db");
};

describe("--db", () => {
  it.each(["none", "gzip", "zstd"] as const)(
    "takes an archive (%s) by the names of its files alone",
    async (packing) => {
      const members = [
        symlink("metadata.json", "/etc/passwd"),
        file("../../trivy.db", "database"),
        file("./db/metadata.json", "{}"),
        file("../escaped", "x"),
        file("trivy.db", "another"),
      ];
      const db = await unpacked(packed(tar(...members), packing));
      expect(readdirSync(db).sort()).toEqual(["metadata.json", "trivy.db"]);
      expect(readFileSync(join(db, "trivy.db"), "utf8")).toBe("database");
    },
  );

  it("says that an archive holds none, and reads any bytes", async () => {
    await expect(unpacked(tar(file("a", "b")))).rejects.toMatchObject({ code: "usage.bad-argument" });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.boolean(), async (bytes, zip) => {
        const content = Buffer.from(bytes);
        const said = await unpacked(zip ? gzipSync(content) : content).catch((error: unknown) => error);
        expect(said).toBeInstanceOf(PratiqueError);
      }),
      { numRuns: 50 },
    );
  });

  it("takes Trivy's cache, with the other database where it is there", async () => {
    const cache = join(folder, "cache");
    for (const [of, name] of [
      ["db", "trivy.db"],
      ["java-db", "trivy-java.db"],
    ] as const) {
      mkdirSync(join(cache, of), { recursive: true });
      writeFileSync(join(cache, of, name), "");
    }
    const both = { kind: "folder", db: join(cache, "db"), java: join(cache, "java-db") };
    expect(await findDatabase(cache)).toEqual(both);
    expect(await findDatabase(join(cache, "db"))).toEqual(both);
    await expect(findDatabase(folder)).rejects.toMatchObject({ code: "usage.bad-argument" });
  });
});

describe("--import", () => {
  it("reads plain and compressed files, and names them without their folder", async () => {
    const text = "cve,epss,percentile\nCVE-2021-44228,0.9,1\n";
    const paths = [written(text), written(gzipSync(text))];
    const { imports } = await readScanInputs({ imports: paths });
    expect(imports).toMatchObject([
      { file: expect.stringMatching(/^file-\d+$/), content: { kind: "catalogue" } },
      { content: { epss: new Map([["CVE-2021-44228", 0.9]]) } },
    ]);
  });

  it.each([
    ["what is not there", () => join(folder, "absent"), "ENOENT"],
    ["a folder", () => folder, "is no file"],
    ["what is no report", () => written("{}"), "is neither SARIF"],
    ["damaged compression", () => written(Buffer.from([0x1f, 0x8b, 1])), "cannot be read"],
  ])("refuses %s", async (_title, path, words) => {
    await expect(readScanInputs({ imports: [path()] })).rejects.toMatchObject({
      code: "usage.bad-argument",
      message: expect.stringContaining(words),
    });
  });

  it("refuses a VEX document that is not there", async () => {
    await expect(readScanInputs({ vex: [join(folder, "absent")] })).rejects.toMatchObject({
      code: "usage.bad-argument",
    });
  });
});
