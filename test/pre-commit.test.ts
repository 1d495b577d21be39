import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { isDockerfileName } from "../src/pipeline/targets.ts";

const root = join(fileURLToPath(import.meta.url), "..", "..");
const read = (name: string): string => readFileSync(join(root, name), "utf8");

interface Hook {
  readonly id: string;
  readonly entry: string;
  readonly files?: string;
  readonly exclude?: string;
}
const hooks: readonly Hook[] = parse(read(".pre-commit-hooks.yaml"));

/** Python writes the flag into the expression, and searches. */
function pattern(text: string | undefined): RegExp {
  expect(text).toMatch(/^\(\?i\)/);
  return new RegExp((text ?? "").slice(4), "i");
}

describe("the pre-commit hooks", () => {
  it("have what pre-commit needs, and start our program", () => {
    const { bin } = JSON.parse(read("package.json"));
    expect(hooks.map(({ id }) => id)).toEqual(["pratique-lint", "pratique-lint-project"]);
    for (const hook of hooks) {
      expect(hook).toMatchObject({ name: expect.any(String), language: "node", require_serial: true });
      expect(Object.keys(bin)).toContain(hook.entry.split(" ")[0]);
    }
    expect(hooks[1]).toMatchObject({ pass_filenames: false });
  });

  it.each([
    ["Dockerfile", true],
    ["Containerfile", true],
    ["dockerfile", true],
    ["Dockerfile.gpu", true],
    ["Dockerfile-dev", true],
    ["study/docker/Dockerfile.cuda-12.4", true],
    ["a/train.dockerfile", true],
    ["a/train.Containerfile", true],
    ["Dockerfile.dockerignore", false],
    [".dockerignore", false],
    ["Dockerfile.md", false],
    ["Dockerfile.j2", false],
    ["Dockerfile~", false],
    ["docs/about-Dockerfile", false],
    ["mydockerfile", false],
    ["Dockerfile/notes.txt", false],
    ["src/dockerfile.py", false],
    ["train.py", false],
  ])("take %s: %s, as a lint of the folder does", (path, wanted) => {
    const [hook] = hooks;
    const taken = pattern(hook?.files).test(path) && !pattern(hook?.exclude).test(path);
    expect(taken).toBe(wanted);
    expect(isDockerfileName(basename(path))).toBe(wanted);
  });
});
