import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parquetFooter } from "./parquet.ts";

/** Written by pyarrow 26: three rows, a list and a struct among the columns. */
const file = readFileSync(new URL("../../test/fixtures/cohort.parquet", import.meta.url));
const length = file.readUInt32LE(file.length - 8);
const footer = file.subarray(file.length - 8 - length, file.length - 8);

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(Math.floor(value / 128))];

describe("parquetFooter", () => {
  it("reads rows and columns of a real file", () => {
    expect(parquetFooter(footer)).toEqual({
      kind: "table",
      rows: 3,
      columns: ["nhs_number", "age", "visits", "list", "element", "home", "post code"],
      moreColumns: false,
    });
  });

  it("refuses what claims to be more than is there, at once", () => {
    const huge = varint(2 ** 31 - 1);
    const crafted: Record<string, number[]> = {
      "a list of truth values without end": [0x19, 0xf1, ...huge],
      "a list of lists without end": [0x19, 0xf9, ...huge, 0xf9, ...huge],
      "a name without end": [0x18, ...huge],
      "a map without end": [0x1b, ...huge, 0x11],
      "a number without end": [0x16, ...Array<number>(100_000).fill(0x80)],
      "structs within structs": Array<number>(100_000).fill(0x1c),
      "lists within lists": [0x19, ...Array<number>(100_000).fill(0x19)],
      "no such type": [0x1e],
      "nothing at all": [],
      "an empty footer": [0],
      "a negative number of rows": [0x15, 0x02, 0x19, 0x1c, 0x48, 0x01, 0x61, 0x00, 0x16, 0x01, 0x00],
    };
    for (const [title, bytes] of Object.entries(crafted)) {
      expect(parquetFooter(Uint8Array.from(bytes)).kind, title).toBe("broken");
    }
  });

  it("takes a real footer with any bytes changed, and any bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(footer.length - 1), fc.nat(255)), { maxLength: 5 }), (changes) => {
        const bytes = Uint8Array.from(footer);
        for (const [at, value] of changes) bytes[at] = value;
        expect(["table", "broken"]).toContain(parquetFooter(bytes).kind);
      }),
      { numRuns: 500 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(["table", "broken"]).toContain(parquetFooter(bytes).kind);
      }),
    );
  });
});
