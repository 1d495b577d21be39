import fc from "fast-check";
import parse from "spdx-expression-parse";
import { describe, expect, it } from "vitest";
import { allOf, licenceOf } from "./licence.ts";

describe("licenceOf", () => {
  it.each([
    ["MIT", "MIT"],
    ["mit", "MIT"],
    ["Expat", "MIT"],
    ["Apache 2.0", "Apache-2.0"],
    ["Apache-2.0 OR MIT", "Apache-2.0 OR MIT"],
    ["MIT OR (Apache-2.0 AND BSD-3-Clause)", "MIT OR (Apache-2.0 AND BSD-3-Clause)"],
    ["GPL-2+", "GPL-2.0-or-later"],
    ["GPL-2", "GPL-2.0-only"],
    ["GPL-2.0", "GPL-2.0-only"],
    ["GPL-3.0-or-later", "GPL-3.0-or-later"],
    ["GPLv3+", "GPL-3.0-or-later"],
    ["LGPL-2.1+", "LGPL-2.1-or-later"],
    ["GPL (>= 2)", "GPL-2.0-or-later"],
    ["GPL-2 | GPL-3", "GPL-2.0-only OR GPL-3.0-only"],
    ["GPL-2+ or Artistic-2", "GPL-2.0-or-later OR Artistic-2.0"],
    ["MIT + file LICENSE", "MIT"],
    ["GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"],
    ["GPL-2.0-or-later AND MPL-2.0", "GPL-2.0-or-later AND MPL-2.0"],
  ])("reads %s", (text, wanted) => {
    expect(licenceOf(text)).toEqual({ expression: wanted, written: undefined });
  });

  it.each([
    "BSD",
    "BSD License",
    "Apache",
    "GPL",
    "Dual License",
    "file LICENSE",
    "GPL (> 2)",
    "public-domain",
  ])("does not guess what %s means", (text) => {
    expect(licenceOf(text)).toEqual({ expression: undefined, written: text });
  });

  it("takes what says nothing for nothing", () => {
    for (const text of [undefined, "", " ", "UNKNOWN"])
      expect(licenceOf(text)).toEqual({ expression: undefined, written: undefined });
  });

  it("gives an expression that is one, or none, whatever the text", () => {
    const word = fc.constantFrom(
      "MIT",
      "gpl-2+",
      "or",
      "AND",
      "with",
      "(",
      ")",
      "|",
      ",",
      "+",
      "foo",
      "Apache 2.0",
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(word, { maxLength: 12 }).map((words) => words.join(" ")),
    );
    fc.assert(
      fc.property(text, (any) => {
        const { expression, written } = licenceOf(any);
        if (expression !== undefined) expect(() => parse(expression)).not.toThrow();
        if (written !== undefined) expect(written).not.toMatch(/[\p{C}]/u);
      }),
      { numRuns: 2000 },
    );
  });

  it("reads what is nested deep in no time", () => {
    expect(licenceOf(`${"(".repeat(400)}MIT${")".repeat(400)}`).expression ?? "none").toMatch(/none|MIT/);
    expect(licenceOf("(".repeat(1_000_000)).expression).toBeUndefined();
  });
});

describe("allOf", () => {
  it("puts a choice into parentheses", () => {
    expect(allOf(["GPL-2 | GPL-3", "MIT", "Expat"]).expression).toBe(
      "(GPL-2.0-only OR GPL-3.0-only) AND MIT",
    );
  });

  it("claims nothing where one of them is unknown", () => {
    expect(allOf(["MIT", "mine"])).toEqual({ expression: undefined, written: "MIT; mine" });
  });
});
