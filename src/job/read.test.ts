import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { processorTime } from "../../test/processor-time.ts";
import { parseQuantity } from "./quantity.ts";
import { looksLikeManifest, readManifest } from "./read.ts";

const read = (text: string) => readManifest(text, "job.yaml");
const messages = (text: string): string[] => read(text).problems.map(({ message }) => message);

describe("readManifest", () => {
  it("reads several documents, and the items of a list", () => {
    const { documents } = read(
      "kind: A\n---\n# nothing\n---\nkind: List\nitems:\n  - kind: B\n  - {kind: C, apiVersion: v1}\n",
    );
    expect(documents.map(({ kind, apiVersion }) => [kind, apiVersion])).toEqual([
      ["A", ""],
      ["B", ""],
      ["C", "v1"],
    ]);
  });

  it("reads JSON and Windows line ends", () => {
    const { documents } = read('\uFEFF{\r\n"kind": "Job",\r\n"spec": {"x": 1}}\r\n');
    expect(documents[0]?.kind).toBe("Job");
    expect(documents[0]?.rangeOf(["spec", "x"])).toEqual({
      start: { line: 3, column: 15 },
      end: { line: 3, column: 16 },
    });
  });

  it("knows where values, keys and missing parts stand", () => {
    const [document] = read("kind: Job\nspec:\n  a:\n    - name: x # note\n  text: |\n    one\n").documents;
    const line = (path: (string | number)[]) => document?.rangeOf(path).start;
    expect(document?.rangeOf(["spec", "a", 0, "name"])).toEqual({
      start: { line: 4, column: 13 },
      end: { line: 4, column: 14 },
    });
    expect(document?.keyOf(["spec", "a", 0, "name"]).start).toEqual({ line: 4, column: 7 });
    expect(line(["spec", "a"])).toEqual({ line: 3, column: 3 });
    expect(line(["spec", "a", 3, "name"])).toEqual({ line: 3, column: 3 });
    expect(line(["nothing"])).toEqual({ line: 1, column: 1 });
    expect(document?.rangeOf(["spec", "text"])).toEqual({
      start: { line: 5, column: 9 },
      end: { line: 5, column: 10 },
    });
  });

  it("resolves aliases and merge keys, and what is written wins", () => {
    const [document] = read("x: &x {a: 1, b: 2}\ny: *x\nz:\n  <<: *x\n  b: 3\n").documents;
    expect(document?.value).toMatchObject({ y: { a: 1, b: 2 }, z: { a: 1, b: 3 } });
    expect(document?.rangeOf(["z", "b"]).start.line).toBe(5);
    expect(messages("x: &x {b: 2}\nz:\n  <<: *x\n  b: 3\n")).toEqual([]);
  });

  it("says what it could not read, and where", () => {
    expect(read("kind: Job\nspec: [a\n").problems[0]?.range.start.line).toBeGreaterThanOrEqual(2);
    expect(messages("kind: Job\nkind: Pod\n")).toEqual(["“kind” is given twice"]);
    expect(messages("a: {{ .Values.x }}: b\n")[0]).toMatch(/template/);
    expect(messages("- a\n")[0]).toMatch(/no Kubernetes object/);
    expect(messages("a: \0\n")).toEqual(["the file is not text"]);
    expect(messages("x".repeat(2_000_000))).toEqual(["the file is larger than 512 KiB, which no job is"]);
    expect(messages("---\na: 1\n".repeat(1001))).toEqual([
      "the file has more than 1000 parts, which no list of jobs has",
    ]);
    expect(messages("")).toEqual([]);
  });

  it.each([
    ["brackets", "a: ".concat("[".repeat(400_000))],
    ["braces that are closed", `a: ${"{a: ".repeat(20_000)}1${"}".repeat(20_000)}`],
    ["dashes", `a:\n${"- ".repeat(200_000)}x`],
    ["indentation", Array.from({ length: 1200 }, (_, n) => `${" ".repeat(n)}a:`).join("\n")],
    [
      "laughter",
      Array.from({ length: 60 }, (_, n) => `a${n}: &a${n} [*a${n - 1}, *a${n - 1}, *a${n - 1}]`).join("\n"),
    ],
    ["an alias of itself", "a: &a [*a, *a]\n"],
    ["many aliases", `a: &a {kind: Job}\nkind: List\nitems: [${"*a,".repeat(150_000)}]`],
    [
      "many merges",
      `a: &a {${Array.from({ length: 20_000 }, (_, n) => `k${n}: 1`).join(", ")}}\n${Array.from({ length: 20_000 }, (_, n) => `b${n}: {<<: *a}`).join("\n")}`,
    ],
    ["many keys", Array.from({ length: 50_000 }, (_, n) => `k${n}: 1`).join("\n")],
    ["many documents", "---\na: 1\n".repeat(40_000)],
    ["many errors", "a: b: c\n---\n".repeat(40_000)],
  ])("takes bounded time for hostile %s", (_title, text) => {
    let facts = read("");
    const time = processorTime(() => {
      facts = read(text);
    });
    expect(time).toBeLessThan(10_000);
    expect(facts.problems.length).toBeLessThanOrEqual(20);
    expect(facts.documents.length).toBeLessThanOrEqual(1000);
  });

  it("never throws", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "kind: Job\n",
        "spec:\n",
        "  - ",
        "&a ",
        "*a",
        "<<: ",
        "{",
        "}",
        "[",
        "]",
        "|\n",
        ": ",
        "? ",
        "!!x ",
        "---\n",
        "\t",
        '"',
        "'",
        "%",
      ),
      fc.string({ maxLength: 6 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const facts = read(pieces.join(""));
        for (const document of facts.documents) {
          const { start, end } = document.rangeOf(["spec", "template", 0]);
          expect(end.line > start.line || end.column > start.column).toBe(true);
        }
      }),
      { numRuns: 500, seed: 20_260_722 },
    );
  });
});

describe("looksLikeManifest", () => {
  it.each([
    ["apiVersion: batch/v1\nkind: Job\n", true],
    ['{\n  "kind": "Job",\n  "apiVersion": "batch/v1"\n}', true],
    ["kind: Job\n", false],
    ["# apiVersion: kind:\n", false],
    ["services:\n  web:\n    image: a\n", false],
  ])("%j: %s", (text, expected) => {
    expect(looksLikeManifest(text)).toBe(expected);
  });
});

describe("parseQuantity", () => {
  it.each([
    [2, 2],
    ["500m", 0.5],
    ["4Gi", 4 * 2 ** 30],
    ["1e3", 1000],
    ["1E", 1e18],
    [".5", 0.5],
    ["2.", 2],
    ["100k", 100_000],
    ["4GB", undefined],
    ["4 Gi", undefined],
    ["", undefined],
    ["-1", -1],
    [true, undefined],
  ])("%j is %s", (text, expected) => {
    expect(parseQuantity(text)).toBe(expected);
  });
});
