import { expect, it } from "vitest";
import { variableReferences } from "./references.ts";

it.each([
  ["$A/${B}x", ["A", "B"]],
  ["'$A'\"$B\"", ["B"]],
  ['\\$A "it\'s $B"', ["B"]],
  ["$$A $1 ${} $", ["A"]],
  ["${A:-${B}} ${C?x}", ["A!", "B", "C!"]],
])("%s", (text, wanted) => {
  const found = variableReferences(text, "\\").map(({ name, guarded }) => name + (guarded ? "!" : ""));
  expect(found).toEqual(wanted);
});

it("takes time that grows with the text alone", () => {
  expect(variableReferences("${A:-".repeat(200_000), "\\")).toHaveLength(200_000);
});
