import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { OutputFacts, TableFacts } from "./facts.ts";
import { readOutputs } from "./read.ts";
import { formatOf } from "./wanted.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pratique-outputs-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (name: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
};
const read = (mostBytes?: number): Promise<OutputFacts> =>
  readOutputs(folder, {
    formats: (path) => {
      const format = formatOf(path);
      return format === undefined ? [] : [format];
    },
    signal: new AbortController().signal,
    ...(mostBytes === undefined ? {} : { mostBytes }),
  });
async function table(name: string, mostBytes?: number): Promise<TableFacts | undefined> {
  const { files } = await read(mostBytes);
  return Object.values(files.find(({ path }) => path === name)?.tables ?? {})[0];
}

describe("readOutputs", () => {
  it("lists files in order, with their sizes", async () => {
    put("b/c.csv", "x\n1\n");
    put("a.bin", new Uint8Array(3));
    mkdirSync(join(folder, "empty"));
    const { files, unlisted } = await read();
    expect(files.map(({ path, size }) => [path, size])).toEqual([
      ["a.bin", 3],
      ["b/c.csv", 4],
    ]);
    expect(unlisted).toBe("");
  });

  it("reads each format, packed and with marks of their encoding", async () => {
    put("a.csv", "\uFEFFid,b\n1,2\n");
    put("b.csv.gz", gzipSync("id,b\n1,2\n3,4\n"));
    put("c.tsv", Buffer.from("\uFEFFid\tb\n1\t2\n", "utf16le"));
    put("d.json", '[{"id": 1}]');
    put("e.jsonl", '{"id": 1}\n{"id": 2}\n');
    copyFileSync(new URL("../../test/fixtures/cohort.parquet", import.meta.url), join(folder, "f.parquet"));
    const { files } = await read();
    const seen = files.map(({ path, tables }) => [path, Object.values(tables)[0]]);
    expect(seen).toMatchObject([
      ["a.csv", { rows: 1, columns: ["id", "b"] }],
      ["b.csv.gz", { rows: 2, columns: ["id", "b"] }],
      ["c.tsv", { rows: 1, columns: ["id", "b"] }],
      ["d.json", { rows: 1, columns: ["id"] }],
      ["e.jsonl", { rows: 2, columns: ["id"] }],
      ["f.parquet", { rows: 3 }],
    ]);
  });

  it("follows no link, and opens nothing that is no file", async () => {
    const outside = mkdtempSync(join(tmpdir(), "pratique-outside-"));
    writeFileSync(join(outside, "secret.csv"), "secret\n1\n");
    symlinkSync(join(outside, "secret.csv"), join(folder, "link.csv"));
    symlinkSync(outside, join(folder, "links"));
    execFileSync("mkfifo", [join(folder, "pipe.csv")]);
    expect(await read()).toEqual({ files: [], unlisted: "" });
    rmSync(outside, { recursive: true });
  });

  it("says what is broken", async () => {
    put("cut.csv.gz", gzipSync("id,b\n1,2\n".repeat(1000)).subarray(0, 40));
    put("no.csv.gz", "id,b\n");
    put("cut.parquet", Buffer.concat([Buffer.from("PAR1"), Buffer.alloc(100)]));
    put("short.parquet", "PAR1");
    put("liar.parquet", Buffer.from("PAR1aaaa\xff\xff\xff\x7fPAR1", "latin1"));
    put("shut.parquet", Buffer.from("PAR1aaaa\x04\x00\x00\x00PARE", "latin1"));
    put("early.json", `x${" ".repeat(2_000_000)}`);
    put("early.json.gz", gzipSync(`x${" ".repeat(2_000_000)}`));
    expect(await table("cut.csv.gz")).toMatchObject({
      kind: "broken",
      reason: expect.stringMatching(/gzip/),
    });
    expect(await table("no.csv.gz")).toMatchObject({ kind: "broken", reason: expect.stringMatching(/gzip/) });
    for (const name of ["cut.parquet", "short.parquet", "liar.parquet", "early.json", "early.json.gz"])
      expect(await table(name), name).toMatchObject({ kind: "broken" });
    expect(await table("shut.parquet")).toMatchObject({ kind: "unread" });
  });

  it("unpacks no bomb, and lists no endless tree", async () => {
    put("bomb.csv.gz", gzipSync(Buffer.alloc(20_000_000, "a\n")));
    expect(await table("bomb.csv.gz", 10_000_000)).toMatchObject({
      kind: "unread",
      reason: expect.stringMatching(/larger/),
    });
    put(`${"d/".repeat(60)}x.csv`, "a\n");
    expect((await read()).unlisted).toMatch(/nested deeper/);
  });

  it("says that a folder is not there", async () => {
    rmSync(folder, { recursive: true });
    expect((await read()).unlisted).toMatch(/ENOENT/);
  });

  it("stops when it is told to", async () => {
    put("a.csv", "a\n");
    const options = { formats: () => [], signal: AbortSignal.abort(new Error("stopped")) };
    await expect(readOutputs(folder, options)).rejects.toThrow("stopped");
  });
});
