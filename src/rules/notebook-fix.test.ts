import { expect, it } from "vitest";
import installInCode from "./install-in-code/rule.ts";
import { projectFacts, testProfile } from "./test-facts.ts";

it("names a line of a notebook by its words, since its number is one of the file's JSON", () => {
  const cell = { cell_type: "code", metadata: {}, outputs: [], source: ["!pip install seaborn\n"] };
  const notebook = { cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 };
  const facts = projectFacts("FROM docker.io/library/python:3.12\nCOPY a.ipynb /opt/\n", {
    "a.ipynb": JSON.stringify(notebook),
  });
  const [draft] = [...installInCode.check(facts, testProfile())];
  const { fix = "" } = draft as { fix?: string };
  expect(fix).toContain("RUN pip install --no-cache-dir seaborn\n");
  expect(fix).toContain("# In the code (a.ipynb): remove “pip install seaborn” from its cell");
});
