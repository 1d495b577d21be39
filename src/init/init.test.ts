import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { PratiqueError } from "../errors.ts";
import { type Answers, type Given, nextQuestion, settle } from "./answers.ts";
import { basesFor } from "./bases.ts";
import { detect, existingProject, isTelling, kernelOf, type Listing } from "./detect.ts";
import { projectFiles } from "./files.ts";
import { LANGUAGES, PACKAGERS, PACKAGERS_OF } from "./project.ts";
import { TASKS } from "./starter.ts";

/** Text that has a meaning somewhere: in a shell, a Dockerfile, YAML, or a path. */
const hostile = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.constantFrom(
    "a\nRUN evil",
    "$(id)",
    "`id`",
    '"; rm -rf /',
    "../x",
    "/etc/passwd",
    "a b",
    "#",
    "*",
    "!",
    "\u001b[31m",
    "",
  ),
);
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const sound = fc.record({
  language: maybe(fc.constantFrom(...LANGUAGES)),
  packager: fc.constant(undefined),
  task: fc.constant(undefined),
  entry: maybe(fc.constantFrom("main.py", "src/run.R")),
  base: maybe(fc.constant("python:3.12")),
  gpu: maybe(fc.boolean()),
  models: maybe(fc.array(fc.constant("owner/model@main"), { maxLength: 3 })),
  licence: maybe(fc.constant("a/b.lic")),
  data: maybe(fc.constant("data")),
});
/** What is sound, with one or two things that are not. */
const given: fc.Arbitrary<Given> = fc
  .tuple(
    sound,
    fc.record(
      {
        language: hostile,
        packager: fc.oneof(fc.constantFrom(...PACKAGERS), hostile),
        task: fc.oneof(fc.constantFrom(...TASKS), hostile),
        entry: hostile,
        base: hostile,
        models: fc.array(hostile, { maxLength: 2 }),
        licence: hostile,
        data: hostile,
      },
      { requiredKeys: [] },
    ),
    fc.nat(5),
  )
  .map(([good, bad, keep]) => ({ ...good, ...Object.fromEntries(Object.entries(bad).slice(0, keep % 3)) }));
const names = fc.oneof(
  fc.constantFrom(
    "requirements.txt",
    "pyproject.toml",
    "uv.lock",
    "poetry.lock",
    "environment.yml",
    "DESCRIPTION",
    "renv.lock",
    "Project.toml",
    "Manifest.toml",
    "_quarto.yml",
    "main.py",
    "src/run.R",
    "a.jl",
    "b.m",
    "c.ipynb",
    "d.qmd",
    "README.md",
  ),
  hostile.map((text) => `${text}.py`),
);
const listing: fc.Arbitrary<Listing> = fc
  .array(fc.tuple(names, fc.string({ maxLength: 200 })), { maxLength: 12 })
  .map((files) => ({
    paths: files.map(([path]) => path),
    texts: new Map(files.filter(([path]) => isTelling(path))),
  }));

/** The result, or undefined where it was refused in words. */
function refused<Result>(act: () => Result): Result | undefined {
  try {
    return act();
  } catch (error) {
    if (error instanceof PratiqueError) return undefined;
    throw error;
  }
}

const KEYWORDS = /^(?:FROM|LABEL|RUN|COPY|ENV|USER|ENTRYPOINT|WORKDIR)$/;

describe("whatever is said or lies in a folder", () => {
  it("gives files that mean what they should, or an error in words", () => {
    let made = 0;
    fc.assert(
      fc.property(given, listing, fc.boolean(), (said, files, isNew) => {
        const found = isNew ? undefined : detect(files);
        if (!isNew && found === undefined) return;
        refused(() => nextQuestion(said, found));
        const answers = refused(() => settle(said, found));
        if (answers === undefined) return;
        const { project } = existingProject(
          files,
          answers.language,
          answers.packager,
          answers.entry ?? "main.py",
        );
        const text = dockerfileOf(answers, project);
        const dockerfile = parseDockerfile(text, "Dockerfile");
        expect(dockerfile.instructions.filter(({ keyword }) => !KEYWORDS.test(keyword))).toEqual([]);
        expect(text).not.toMatch(/\bevil\b|\$\(|`|\u001b/);
        made++;
      }),
      { numRuns: 6000, seed: 7 },
    );
    // Else it would show nothing.
    expect(made).toBeGreaterThan(100);
  });

  it("reads any notebook's kernel", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const kernel = kernelOf(text);
        expect(kernel === undefined || typeof kernel === "string").toBe(true);
      }),
    );
  });
});

function dockerfileOf(answers: Answers, project: ReturnType<typeof existingProject>["project"]): string {
  const files = projectFiles({
    name: "job",
    project,
    images: { base: answers.base ?? "docker.io/library/python:3.12" },
    gpu: answers.gpu,
    models: answers.models,
    licence: answers.licence,
    data: answers.data ?? "test-data",
    outputs: undefined,
    readme: "README.md",
    version: "1.0.0",
  });
  return files.get("Dockerfile") ?? "";
}

it("has a base with an example for every language and package manager", () => {
  for (const language of LANGUAGES)
    for (const packager of PACKAGERS_OF[language])
      for (const gpu of [false, true])
        expect(basesFor(language, packager, "table", gpu)[0]?.example).toMatch(/^(?:docker\.io|ghcr\.io)\//);
});
