import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PratiqueError } from "../errors.ts";
import type { Column, ValueType } from "./column.ts";
import { readFirstLine } from "./first-line.ts";
import { rowsOf } from "./generate.ts";
import { guessType } from "./guess.ts";
import { readSchemaFile } from "./schema-file.ts";
import { readHeader, readType } from "./syntax.ts";
import { csvLines, jsonLines } from "./write.ts";

const column = (type: string, name = "x"): Column => ({ name, ...readType(type, name) });
const values = (type: string, rows = 200, seed = 1) =>
  [...rowsOf([column(type)], rows, seed)].map(([value]) => value);
const csv = (header: string, rows: number, seed = 1): string =>
  [...csvLines({ columns: readHeader(header), rows, seed })].join("");

describe("the types", () => {
  it.each<[string, ValueType, number]>([
    ["id", { kind: "id", prefix: "" }, 0],
    ["id[S]", { kind: "id", prefix: "S" }, 0],
    ["int", { kind: "integer", minimum: 0, maximum: 100 }, 0],
    ["int[18..90]", { kind: "integer", minimum: 18, maximum: 90 }, 0],
    [" INT [ -5 .. -1 ] ?", { kind: "integer", minimum: -5, maximum: -1 }, 0.1],
    ["int[7]?2.5%", { kind: "integer", minimum: 7, maximum: 7 }, 0.025],
    ["float", { kind: "number", minimum: 0, maximum: 1, decimals: 2 }, 0],
    ["float[0..1]", { kind: "number", minimum: 0, maximum: 1, decimals: 2 }, 0],
    ["float[-0.5..2.125]", { kind: "number", minimum: -0.5, maximum: 2.125, decimals: 3 }, 0],
    ["bool?100%", { kind: "boolean" }, 1],
    ["date[1970-01-01..1970-01-31]", { kind: "date", minimum: 0, maximum: 30 }, 0],
    ["datetime[1970-01-01T00:00..1970-01-02]", { kind: "datetime", minimum: 0, maximum: 86_400 }, 0],
    ["text[1..2]", { kind: "text", minimum: 1, maximum: 2 }, 0],
  ])("%s", (text, type, missing) => {
    expect(readType(text, "x")).toEqual({ type, missing });
  });

  it.each([
    [
      "{F,M}",
      [
        ["F", 1],
        ["M", 1],
      ],
    ],
    [
      '{ never*3 , "a, b" , "x*2" }',
      [
        ["never", 3],
        ["a, b", 1],
        ["x*2", 1],
      ],
    ],
    [
      "{0,1*2.5}",
      [
        [0, 1],
        [1, 2.5],
      ],
    ],
    [
      '{01,"1"}',
      [
        ["01", 1],
        ["1", 1],
      ],
    ],
  ])("%s", (text, choices) => {
    expect(readType(text, "x").type).toEqual({
      kind: "category",
      choices: choices.map(([value, weight]) => ({ value, weight })),
    });
  });

  it.each([
    "",
    "?",
    "integer",
    "int[",
    "int[a..b]",
    "int[5..1]",
    "int[1..2..3]",
    "int[1.5]",
    "int[1..9999999999999999]",
    "float[1e5]",
    "bool[1]",
    "date[2021-02-30]",
    "date[yesterday]",
    "datetime[2021-01-01T25:00]",
    "text[0]",
    "text[1..5000]",
    "{}?101%",
    "int?x%",
    "{a*0}",
    "id[a b]",
    "constructor",
    "__proto__",
    "toString[1]",
  ])("“%s” is none, and the message says which there are", (text) => {
    expect(() => readType(text, "age")).toThrow(PratiqueError);
    expect(() => readType(text, "age")).toThrow(/“age”/);
  });
});

describe("a header", () => {
  it("names columns, with or without a type", () => {
    expect(
      readHeader(
        'id, age:int[18..90] ,sex:{F,M},"a,b:c":bool,when:datetime[2020-01-01T10:00..2020-01-02]',
      ).map(({ name }) => name),
    ).toEqual(["id", "age", "sex", "a,b:c", "when"]);
  });

  it.each([
    ["", /no name/],
    ["a,a", /Two columns/],
    ["a,,b", /no name/],
    ["id[S],age", /no name before it/],
    ["{F,M}", /no name before it/],
    ["a\tb\u0007", /no name/],
  ])("%j cannot be one", (line, words) => {
    expect(() => readHeader(line)).toThrow(words);
  });

  it.each([
    ["patient_id", "id"],
    ["Age", "integer"],
    ["ageAtDiagnosis", "integer"],
    ["SEX", "category"],
    ["dateOfBirth", "date"],
    ["bmi", "number"],
    ["is_smoker", "boolean"],
    ["notes", "text"],
    ["page", "number"],
    ["zzz", "number"],
  ])("suggests for %s the type %s", (name, kind) => {
    expect(guessType(name).kind).toBe(kind);
  });
});

describe("the first line of a table", () => {
  it.each([
    ["id,age,sex", ",", ["id", "age", "sex"]],
    ['\uFEFF"id";"age, years"\r', ";", ["id", "age, years"]],
    ["id\tage", "\t", ["id", "age"]],
    ['"a ""b""",c', ",", ['a "b"', "c"]],
  ])("%j", (line, delimiter, names) => {
    const read = readFirstLine(line);
    expect(read.delimiter).toBe(delimiter);
    expect(read.columns.map(({ name }) => name)).toEqual(names);
  });

  it.each(["1,34,F", "Smith,34", "a,a", "", "id,2020-01-02", "id,a@example.org", "p1234567,x"])(
    "%j is refused without quoting it",
    (line) => {
      expect(() => readFirstLine(line)).toThrow(/looks like values/);
      expect(() => readFirstLine(line)).not.toThrow(/Smith|example/);
    },
  );
});

describe("a description in a file", () => {
  it("has a type for each column", () => {
    const { columns, rows, seed } = readSchemaFile(
      'rows: 20\nseed: 7\ncolumns:\n  id: id[S]\n  sex: {F, M}\n  smoker: {yes: 1, "no": 3}\n  dose: [0, 5, 10]\n  age: int[18..90]?5%\n',
    );
    expect([rows, seed]).toEqual([20, 7]);
    expect(columns.map(({ name, type, missing }) => [name, type.kind, missing])).toEqual([
      ["id", "id", 0],
      ["sex", "category", 0],
      ["smoker", "category", 0],
      ["dose", "category", 0],
      ["age", "integer", 0.05],
    ]);
    expect(columns[2]?.type).toMatchObject({
      choices: [
        { value: "yes", weight: 1 },
        { value: "no", weight: 3 },
      ],
    });
  });

  it("may be a Frictionless Table Schema, and says what is not kept to", () => {
    const { columns, notes } = readSchemaFile(
      JSON.stringify({
        primaryKey: "person",
        fields: [
          { name: "person", type: "string" },
          { name: "age", type: "integer", constraints: { required: true, minimum: 18, maximum: "90" } },
          { name: "sex", constraints: { enum: ["F", "M"] } },
          { name: "code", type: "string", constraints: { pattern: "[A-Z]{3}", unique: true } },
          { name: "seen", type: "date", constraints: { minimum: "2020-01-01" } },
          { name: "score", type: "number", constraints: { maximum: -5 } },
          { name: "stage", type: "integer", categories: [{ value: 1, label: "one" }, { value: 2 }] },
        ],
      }),
    );
    expect(columns.map(({ type }) => type.kind)).toEqual([
      "id",
      "integer",
      "category",
      "text",
      "date",
      "number",
      "category",
    ]);
    expect(columns.map(({ missing }) => missing)).toEqual([0, 0, 0.1, 0.1, 0.1, 0.1, 0.1]);
    expect(notes).toEqual(["“code”: pattern, unique is not kept to"]);
    const rows = [...rowsOf(columns, 300, 1)];
    for (const [person, age, , , seen, score] of rows) {
      expect(person).toMatch(/^S\d{4}$/);
      expect(age).toBeGreaterThanOrEqual(18);
      if (seen !== null) expect(String(seen) >= "2020-01-01").toBe(true);
      if (score !== null) expect(Number(score)).toBeLessThanOrEqual(-5);
    }
  });

  it.each([
    ["a: [", /no YAML/],
    ["x", /beginning/],
    ["columns: {}", /no column/],
    ["columns: {a: 5}", /columns\.a/],
    ["columns: {a: int}\nrow: 3", /row/],
    ['{"fields": []}', /no column/],
    ['{"fields": [{"name": "a", "type": "geojson"}]}', /geojson/],
    [
      '{"fields": [{"name": "a", "type": "integer", "constraints": {"minimum": 5, "maximum": 4}}]}',
      /no value/,
    ],
    ['{"fields": [{"name": "a", "type": "number", "constraints": {"minimum": "low"}}]}', /no value/],
    ['{"fields": 3}', /fields/],
    ['{"fields": [{"name": "a", "type": "constructor"}]}', /constructor/],
  ])("%s is refused", (text, words) => {
    expect(() => readSchemaFile(text)).toThrow(PratiqueError);
    expect(() => readSchemaFile(text)).toThrow(words);
  });
});

describe("made-up values", () => {
  const types = fc.oneof(
    fc.constantFrom("id", "id[P]", "bool", "text", "date", "datetime", "{F,M*3}", "float", "float[0.1..0.3]"),
    fc.tuple(fc.integer(), fc.nat()).map(([low, span]) => `int[${low}..${low + span}]`),
  );
  const tables = fc
    .array(types, { minLength: 1, maxLength: 5 })
    .map((list) => list.map((type, at) => column(type, `c${at}`)));
  const seeds = fc.integer({ min: 0, max: 999_999_999 });

  it("are the same for the same seed, whatever columns and rows there are beside", () => {
    fc.assert(
      fc.property(tables, seeds, fc.integer({ min: 1, max: 30 }), (columns, seed, rows) => {
        const all = [...rowsOf(columns, rows + 5, seed)];
        expect([...rowsOf(columns, rows, seed)]).toEqual(all.slice(0, rows));
        const [first] = columns;
        if (first !== undefined)
          expect([...rowsOf([first], rows + 5, seed)].flat()).toEqual(all.map(([value]) => value));
      }),
    );
  });

  it("stay when their share of missing ones changes", () => {
    const full = values("int[0..1000000]");
    const some = values("int[0..1000000]?30%");
    expect(some.filter((value) => value === null).length).toBeGreaterThan(30);
    for (const [at, value] of some.entries()) if (value !== null) expect(value).toBe(full[at]);
  });

  it("lie within their range, and reach both ends", () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.nat(1e6), seeds, (low, span, seed) => {
        for (const value of values(`int[${low}..${low + span}]`, 20, seed)) {
          expect(Number.isInteger(value)).toBe(true);
          expect(value).toBeGreaterThanOrEqual(low);
          expect(value).toBeLessThanOrEqual(low + span);
        }
      }),
    );
    expect(new Set(values("int[1..3]"))).toEqual(new Set([1, 2, 3]));
    expect(new Set(values("float[0.1..0.3]"))).toEqual(new Set(["0.1", "0.2", "0.3"]));
    expect(new Set(values("date[2020-02-28..2020-03-01]"))).toEqual(
      new Set(["2020-02-28", "2020-02-29", "2020-03-01"]),
    );
    expect(new Set(values("{a,b}"))).toEqual(new Set(["a", "b"]));
    expect(values("datetime[2020-01-01T10:00..2020-01-01T10:00:00]", 1)).toEqual(["2020-01-01T10:00:00Z"]);
  });

  it("are chosen by their weights", () => {
    const counts = values("{rare,often*9}", 5000).filter((value) => value === "often").length;
    expect(counts).toBeGreaterThan(4350);
    expect(counts).toBeLessThan(4650);
  });

  it("differ from seed to seed", () => {
    expect(values("int[0..1000000]", 5, 1)).not.toEqual(values("int[0..1000000]", 5, 2));
  });

  it("are these, on every machine and in every version", () => {
    expect(
      csv("id:id[S],age:int[18..90],sex:{F,M},bmi:float[15.0..45.0]?20%,seen:date,note:text[2]", 4),
    ).toMatchInlineSnapshot(`
      "id,age,sex,bmi,seen,note
      S0001,84,F,37.5,2019-01-18,creek copper
      S0002,60,F,42.0,2020-02-15,basin apple
      S0003,52,M,35.0,2016-06-09,bramble glen
      S0004,85,M,17.9,2015-04-11,maple mill
      "
    `);
  });
});

describe("a table", () => {
  const names = fc
    .string({ minLength: 1, maxLength: 12, unit: "binary" })
    .filter((name) => !/\p{Cc}/u.test(name));

  it("comes back from CSV as it went in, whatever signs are in it", () => {
    fc.assert(
      fc.property(fc.uniqueArray(names, { minLength: 1, maxLength: 6 }), (list) => {
        const columns = list.map(
          (name): Column => ({
            name,
            type: { kind: "category", choices: [{ value: `${name}"\n,`, weight: 1 }] },
            missing: 0.5,
          }),
        );
        const [head, ...rows] = parseCsv([...csvLines({ columns, rows: 5, seed: 1 })].join(""));
        expect(head).toEqual(list);
        expect(rows).toEqual(
          [...rowsOf(columns, 5, 1)].map((row) => row.map((value) => String(value ?? ""))),
        );
      }),
    );
  });

  it("comes back from JSON lines with its types", () => {
    const columns = readHeader('id,x:float[0.10..0.20],b:bool,s:{F,M}?50%,"__proto__":int');
    for (const line of jsonLines({ columns, rows: 50, seed: 3 })) {
      const row = JSON.parse(line);
      expect(Object.keys(row)).toEqual(["id", "x", "b", "s", "__proto__"]);
      expect(typeof row.x).toBe("number");
      expect(typeof row.b).toBe("boolean");
      expect([null, "F", "M"]).toContain(row.s);
    }
  });

  it("has no line that is empty", () => {
    for (const line of csvLines({ columns: [column("int?100%")], rows: 3, seed: 1 }))
      expect(line).not.toBe("\n");
  });

  it("is made piece by piece", async () => {
    const many = Readable.from(csvLines({ columns: readHeader("id,age"), rows: 20_000, seed: 1 }));
    expect((await buffer(many)).toString().split("\n")).toHaveLength(20_002);
  });
});

describe("any text", () => {
  it("describes a table, or is refused with a code", () => {
    const words = fc.array(
      fc.constantFrom(
        "id",
        ":",
        "int",
        "[",
        "]",
        "..",
        "1",
        "-",
        "{",
        "}",
        ",",
        "?",
        "%",
        '"',
        "*",
        "a",
        " ",
        "columns",
        "\n",
        "fields",
        "&a",
        "*a",
      ),
      { maxLength: 14 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          words.map((list) => list.join("")),
          fc.string(),
        ),
        (text) => {
          for (const read of [readHeader, readSchemaFile, readFirstLine]) {
            try {
              read(text);
            } catch (error) {
              expect(error).toBeInstanceOf(PratiqueError);
            }
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

/** RFC 4180, as simply as can be. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain = "", end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
    rows.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === "\n") rows.push([]);
  }
  return rows.slice(0, -1);
}
