import { expect, it } from "vitest";
import { renderJson } from "./json.ts";
import { notClearReport } from "./page/sample-report.ts";

it("writes the whole report, and ends the last line", () => {
  const text = renderJson(notClearReport);
  expect(text.endsWith("}\n")).toBe(true);
  expect(JSON.parse(text)).toEqual(notClearReport);
});
