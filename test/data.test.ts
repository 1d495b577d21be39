import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { here, pratique, put, useCommandLine } from "./cli-support.ts";

useCommandLine();
const HEADER = "id:id[S],age:int[18..90],sex:{F,M}";

describe("pratique data", () => {
  it("prints a table, the same each time", () => {
    const first = pratique(["data", "--header", HEADER, "--rows", "5"]);
    expect(first).toMatchObject({ status: 0, stderr: "" });
    expect(first.stdout).toMatch(/^id,age,sex\n(?:S000[1-5],\d\d,[FM]\n){5}$/);
    expect(pratique(["data", "--header", HEADER, "--rows", "5"]).stdout).toBe(first.stdout);
    expect(pratique(["data", "--header", HEADER, "--rows", "5", "--seed", "2"]).stdout).not.toBe(
      first.stdout,
    );
  });

  it("writes a file whole, and over one that is there only when told so", () => {
    const args = [
      "data",
      "--header",
      HEADER,
      "--rows",
      "20000",
      "--output",
      "data/x.jsonl",
      "--format",
      "jsonl",
    ];
    expect(pratique(args)).toEqual({
      status: 0,
      stdout: "",
      stderr: "20000 rows, seed 1, are in data/x.jsonl\n",
    });
    const text = readFileSync(join(here(), "data/x.jsonl"), "utf8");
    expect(
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).id)
        .at(-1),
    ).toBe("S20000");
    const again = pratique([...args, "--seed", "9"]);
    expect(again.status).toBe(2);
    expect(again.stderr).toContain("[output.exists]");
    expect(readFileSync(join(here(), "data/x.jsonl"), "utf8")).toBe(text);
    expect(pratique([...args, "--seed", "9", "--force"]).status).toBe(0);
    expect(readFileSync(join(here(), "data/x.jsonl"), "utf8")).not.toBe(text);
  });

  it("reads a description with rows and seed, which the command line overrules", () => {
    put("t.yaml", "rows: 3\nseed: 5\ncolumns:\n  sex: {F, M}\n  age: int[18..90]?\n");
    const { stdout } = pratique(["data", "--schema", "t.yaml"]);
    expect(stdout.split("\n")).toHaveLength(5);
    expect(pratique(["data", "--schema", "t.yaml", "--seed", "5", "--rows", "3"]).stdout).toBe(stdout);
  });

  it("takes names from a file's first line, and nothing else", () => {
    put("real.csv", `person_id;age;sex\n4711;93;F\n${"x".repeat(3_000_000)}`);
    const { status, stdout, stderr } = pratique(["data", "--like", "real.csv", "--rows", "3"]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^person_id;age;sex\n1;\d+;[FM]\n/);
    expect(stderr).toBe(
      "Only the first line was read. From the names: person_id: id, age: integer, sex: category\n",
    );
    put("bare.csv", "4711;Ann Smith;F\n");
    const bare = pratique(["data", "--like", "bare.csv", "--output", "x.csv"]);
    expect(bare.status).toBe(2);
    expect(bare.stderr).toContain("[data-schema.invalid]");
    expect(bare.stderr).not.toContain("Smith");
    expect(existsSync(join(here(), "x.csv"))).toBe(false);
  });

  it.each([
    ["nothing to go by", [], "usage.bad-argument"],
    ["two descriptions", ["--header", "a", "--like", "b"], "usage.bad-argument"],
    ["no rows", ["--header", "a", "--rows", "0"], "usage.bad-argument"],
    ["a type that is none", ["--header", "a:colour"], "data-schema.invalid"],
    ["a file that is not there", ["--schema", "none.yaml"], "data-schema.unreadable"],
    ["a folder", ["--schema", "."], "data-schema.unreadable"],
  ])("ends with 2 for %s", (_title, args, code) => {
    const { status, stdout, stderr } = pratique(["data", ...args]);
    expect(status).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(`[${code}]`);
  });

  it("leaves nothing half-written where it may not write", () => {
    put("file", "");
    const { status, stderr } = pratique(["data", "--header", "a", "--output", "file/x.csv"]);
    expect(status).toBe(3);
    expect(stderr).toContain("[output.not-writable]");
    expect(statSync(join(here(), "file")).size).toBe(0);
  });
});
