import { describe, expect, it } from "vitest";
import { quartoDocument, settleQuarto } from "./quarto.ts";

describe("quarto", () => {
  it("asks only documents that make PDF", () => {
    expect(quartoDocument("a.py", "x")).toBeUndefined();
    expect(quartoDocument("a.qmd", "no header")?.makesPdf).toBe(false);
    expect(quartoDocument("a.qmd", "---\nformat: html\n---\npdf: true\n")?.makesPdf).toBe(false);
    expect(quartoDocument("a.qmd", "---\ntitle: x\nformat: pdf # here\n---\n")).toEqual({
      file: "a.qmd",
      makesPdf: true,
      latexAutoInstall: undefined,
      line: 3,
    });
  });

  it("lets a project speak for its documents", () => {
    const project = quartoDocument("docs/_quarto.yml", "latex-auto-install: false\n");
    const inside = quartoDocument("docs/a.qmd", "---\nformat: pdf\n---\n");
    const outside = quartoDocument("b.qmd", "---\nformat: pdf\n---\n");
    const all = [project, inside, outside].filter((one) => one !== undefined);
    expect(settleQuarto(all).map(({ file, installsLatex }) => [file, installsLatex])).toEqual([
      ["docs/a.qmd", false],
      ["b.qmd", true],
    ]);
  });
});
