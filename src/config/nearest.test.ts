import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nearest } from "./nearest.ts";

describe("nearest", () => {
  it.each([
    ["dockerfil", ["dockerfile", "profile"], "dockerfile"],
    ["Profile", ["dockerfile", "profile"], "profile"],
    ["wavers", ["waivers", "rules"], "waivers"],
    ["no-runtime-downlod", ["no-runtime-download", "root-user"], "no-runtime-download"],
    ["entirely-different", ["rules", "build"], undefined],
    ["anything", [], undefined],
  ])("%j among %j is %j", (word, candidates, wanted) => {
    expect(nearest(word, candidates)).toBe(wanted);
  });

  it("takes any words, and finds one that is there", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string({ maxLength: 40 })), (word, candidates) => {
        const found = nearest(word, candidates);
        if (found !== undefined) expect(candidates).toContain(found);
        if (word.length <= 64 && candidates.includes(word))
          expect(found?.toLowerCase()).toBe(word.toLowerCase());
      }),
    );
  });
});
