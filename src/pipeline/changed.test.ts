import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PratiqueError } from "../errors.ts";
import { changedProjects } from "./changed.ts";

let top: string;
const put = (name: string, content = "FROM scratch\n"): void => {
  mkdirSync(dirname(join(top, name)), { recursive: true });
  writeFileSync(join(top, name), content);
};
const git = (...args: string[]): string =>
  execFileSync("git", ["-C", top, "-c", "user.name=T", "-c", "user.email=t@example.org", ...args], {
    encoding: "utf8",
  }).trim();
const commit = (): string => {
  git("add", "-A");
  git("commit", "-qm", "x");
  return git("rev-parse", "HEAD");
};
const at = (name: string): string => relative(process.cwd(), join(top, name));
const names = async (since?: string, folder = "."): Promise<string[]> =>
  (await changedProjects(join(top, folder), since)).include.map(({ file }) => relative(top, file));

beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), "changed-")));
  git("init", "-q");
  put("a/Dockerfile");
  put("a/src/main.py", "1");
  put("b/Dockerfile.cpu");
  put("b/Dockerfile.gpu");
  put("c/docker/Dockerfile");
  put("c/pratique.yaml", "version: 1\ndockerfile: docker/Dockerfile\ntest: { data: ../shared data/x }\n");
  put("README.md", "x");
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const ALL = ["a/Dockerfile", "b/Dockerfile.cpu", "b/Dockerfile.gpu", "c/docker/Dockerfile"];

describe("the projects that changed", () => {
  it("are all of them without a commit, each with its context and a name of its own", async () => {
    const { include, all, note } = await changedProjects(top, undefined);
    expect(all).toBe(4);
    expect(note).toBeUndefined();
    const sorted = [...include].sort((x, y) => (x.file < y.file ? -1 : 1));
    expect(sorted.map(({ file }) => file)).toEqual(ALL.map(at));
    expect(sorted.map(({ project }) => project)).toEqual(["a", "b", "b", "c"].map(at));
    expect(new Set(include.map(({ name }) => name)).size).toBe(4);
    for (const { name } of include) expect(name).toMatch(/^[\w][\w.-]*$/);
  });

  it.each([
    ["a source file", "a/src/main.py", ["a/Dockerfile"]],
    ["what two Dockerfiles share", "b/run.sh", ["b/Dockerfile.cpu", "b/Dockerfile.gpu"]],
    ["the settings of a project whose Dockerfile lies deeper", "c/pratique.yaml", ["c/docker/Dockerfile"]],
    ["what the settings name elsewhere", "shared data/x/patients.csv", ["c/docker/Dockerfile"]],
    ["what belongs to none", "README.md", []],
    ["a folder whose name begins like a project's", "ab/x", []],
  ])("are those with %s", async (_title, file, expected) => {
    const before = commit();
    put(file, `version: 1\ndockerfile: docker/Dockerfile # ${file}\n`);
    commit();
    expect((await names(before)).sort()).toEqual(expected);
  });

  it("are those where something was removed, renamed or is not committed yet", async () => {
    const before = commit();
    git("mv", "a/src/main.py", "b/main.py");
    commit();
    put("c/docker/Dockerfile", "FROM scratch\nUSER 1\n");
    expect((await names(before)).sort()).toEqual(ALL);
  });

  it("are not those that changed elsewhere since the branch began", async () => {
    const start = commit();
    const main = git("branch", "--show-current");
    git("checkout", "-qb", "work");
    put("a/src/main.py", "2");
    commit();
    git("checkout", "-q", main);
    put("b/run.sh", "x");
    commit();
    git("checkout", "-q", "work");
    expect(await names(main)).toEqual(["a/Dockerfile"]);
    expect(await names(start, "b")).toEqual([]);
  });

  it.each([
    ["0000000000000000000000000000000000000000", /no commit before/],
    ["1234567890123456789012345678901234567890", /cannot compare/],
    ["no-such-branch", /cannot compare/],
  ])("are all of them since %s, and it is said", async (since, words) => {
    commit();
    const { include, note } = await changedProjects(top, since);
    expect(include).toHaveLength(4);
    expect(note).toMatch(words);
  });

  it("are all of them outside a repository", async () => {
    rmSync(join(top, ".git"), { recursive: true });
    expect(await names("HEAD")).toHaveLength(4);
  });

  it("are an error where there is no Dockerfile", async () => {
    mkdirSync(join(top, "empty"));
    await expect(changedProjects(join(top, "empty"), undefined)).rejects.toMatchObject({
      code: "project.no-dockerfile",
    });
    await expect(changedProjects(join(top, "none"), undefined)).rejects.toMatchObject({
      code: "project.not-found",
    });
  });

  it("never hand git an option, and never end in a defect", async () => {
    commit();
    for (const since of ["--output=x", "-O", "a b", "$(x)", "a:b", "\0"])
      await expect(changedProjects(top, since)).rejects.toMatchObject({ code: "usage.bad-argument" });
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 12 }), async (since) => {
        const { all } = await changedProjects(top, since).catch((error: unknown) => {
          expect(error).toBeInstanceOf(PratiqueError);
          return { all: 4 };
        });
        expect(all).toBe(4);
      }),
      { numRuns: 30 },
    );
  });
});
