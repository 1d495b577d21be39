import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TextDocument } from "vscode-languageserver-textdocument";
import { applyEdits } from "../fix/apply.ts";
import { Places } from "./places.ts";

/** Texts with all the ends of lines that there are. */
const text = fc
  .array(fc.constantFrom("a", "b", " ", "\n", "\r\n", "\r", "\u{1F600}", "\uD800", "\0", "FROM a\n"), {
    maxLength: 40,
  })
  .map((parts) => parts.join(""));
const marked = fc.tuple(fc.constantFrom("", "\uFEFF"), text).map(([mark, rest]) => mark + rest);
const place = fc
  .tuple(fc.nat(20), fc.nat(20), fc.nat(20), fc.nat(20))
  .map(([startLine, startColumn, endLine, endColumn]) => ({ startLine, startColumn, endLine, endColumn }));
/** Most of these lie in a text. */
const likely = fc.tuple(fc.nat(4), fc.nat(2), fc.nat(2), fc.nat(2)).map(([line, column, lines, columns]) => ({
  startLine: line + 1,
  startColumn: column + 1,
  endLine: line + lines + 1,
  endColumn: lines === 0 ? column + columns + 1 : columns + 1,
}));

const apply = (before: string, edits: Parameters<typeof TextDocument.applyEdits>[1]): string =>
  TextDocument.applyEdits(TextDocument.create("", "", 1, before), edits);

describe("Places", () => {
  it("counts as an editor does", () => {
    const places = new Places("\uFEFFa\u{1F600}b\r\nc\rd\n", 1);
    expect(places.range({ startLine: 1, startColumn: 4, endLine: 1, endColumn: 5 })).toEqual({
      start: { line: 0, character: 4 },
      end: { line: 0, character: 5 },
    });
    // For an editor, a carriage return alone ends a line.
    expect(places.range({ startLine: 2, startColumn: 3, endLine: 99, endColumn: 1 })).toEqual({
      start: { line: 2, character: 0 },
      end: { line: 3, character: 0 },
    });
  });

  it("gives ranges within the text, whatever it is asked for", () => {
    fc.assert(
      fc.property(marked, place, (content, given) => {
        const document = TextDocument.create("", "", 1, content);
        const { start, end } = new Places(content, 1).range(given);
        expect(document.positionAt(document.offsetAt(start))).toEqual(start);
        expect(document.positionAt(document.offsetAt(end))).toEqual(end);
        expect(document.offsetAt(start)).toBeLessThanOrEqual(document.offsetAt(end));
      }),
    );
  });

  it("makes edits that do what --fix does", () => {
    fc.assert(
      fc.property(marked, likely, text, (content, given, added) => {
        const edit = { file: "-", ...given, text: added.replace(/\r\n?/g, "\n") };
        const { text: expected, applied } = applyEdits(content, [[edit]]);
        fc.pre(applied.length > 0);
        expect(apply(content, [new Places(content, 1).edit(edit)])).toBe(expected);
      }),
      { maxSkipsPerRun: 1000 },
    );
  });

  it("turns any text into any other", () => {
    fc.assert(
      fc.property(marked, text, marked, text, (a, shared, b, end) => {
        const [before, after] = [`${a}${shared}${end}`, `${b}${shared}${end}`];
        expect(apply(before, [new Places(before, 1).editTo(after)])).toBe(after);
      }),
    );
  });

  it("touches only the lines that differ", () => {
    expect(new Places("a\nb\nc\n", 1).editTo("a\nx\ny\nc\n")).toEqual({
      range: { start: { line: 1, character: 0 }, end: { line: 2, character: 0 } },
      newText: "x\ny\n",
    });
  });
});
