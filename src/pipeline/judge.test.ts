import { describe, expect, it } from "vitest";
import { defaultConfig } from "../config/config.ts";
import type { ProjectFacts } from "../rules/rule.ts";
import { projectFacts, testProfile } from "../rules/test-facts.ts";
import { judge } from "./judge.ts";

const facts = projectFacts('FROM docker.io/library/python:3.12\nCOPY . /opt/app/\nCMD ["python", "a.py"]\n', {
  "a.py": "print(1)\n",
  ".dockerignore": ".git\n",
});

const reasons = async (changed: ProjectFacts): Promise<(string | undefined)[]> => {
  const { notAssessed } = await judge("project", changed, { config: defaultConfig, profile: testProfile() });
  return ["hugging-face-home", "no-dockerignore"].map((rule) => notAssessed.get(rule));
};

describe("a project that could not be read whole", () => {
  it("passes all that it shows where it was read", async () => {
    expect(await reasons(facts)).toEqual([undefined, undefined]);
  });

  it("passes nothing that code shows where a file of it, or the rest of many, was not read", async () => {
    const source = { ...facts.source, skipped: [{ file: "a.py", reason: "it is not text" }] };
    expect(await reasons({ ...facts, source })).toEqual([
      "the code in a.py was not read: it is not text",
      undefined,
    ]);
    expect(await reasons({ ...facts, context: { ...facts.context, truncated: true } })).toEqual([
      "the project has more files than are looked at",
      undefined,
    ]);
  });

  it("passes nothing where a folder is closed", async () => {
    const why = "the folder src cannot be read";
    expect(await reasons({ ...facts, context: { ...facts.context, unreadable: ["src"] } })).toEqual([
      why,
      why,
    ]);
  });
});
