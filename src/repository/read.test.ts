import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readRepository } from "./read.ts";
import { workTreeFinder } from "./work-tree.ts";

let top = "";
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), "pratique-repository-")));
});
afterEach(() => rmSync(top, { recursive: true }));

function put(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(top, name)), { recursive: true });
    writeFileSync(join(top, name), text);
  }
}
const GIT = {
  "lab/.git/HEAD": "ref: refs/heads/main\n",
  "lab/.git/config": '[remote "origin"]\n\turl = https://me:ghp_secret@github.com/lab/fit\n',
};
const read = (folder: string, ...dockerfiles: string[]) =>
  readRepository(
    workTreeFinder()(join(top, folder)),
    dockerfiles.map((name) => join(top, name)),
  );

describe("readRepository", () => {
  it("finds the work tree above, and keeps no password", () => {
    put({ ...GIT, "lab/a/b/Dockerfile": "FROM x\n" });
    const facts = read("lab/a/b", "lab/a/b/Dockerfile");
    expect(facts.workTree?.remotes).toEqual([{ kind: "github", host: "github.com" }]);
    expect(facts).toMatchObject({ dockerfiles: ["a/b/Dockerfile"], untracked: ["a/b/Dockerfile"] });
    expect(JSON.stringify(facts)).not.toMatch(/secret|pratique-repository/);
  });

  it("says so where there is none, and where a folder only bears the name", () => {
    put({ "lab/.git/config": "[core]\n", "lab/Dockerfile": "FROM x\n" });
    expect(read("lab", "lab/Dockerfile")).toEqual({
      workTree: undefined,
      dockerfiles: [],
      untracked: undefined,
    });
  });

  it("follows the file that stands for .git in a second work tree", () => {
    put({
      ...GIT,
      "lab/.git/worktrees/second/HEAD": "ref: refs/heads/second\n",
      "lab/.git/worktrees/second/commondir": "../..\n",
      "second/.git": `gitdir: ${top}/lab/.git/worktrees/second\n`,
      "second/Dockerfile": "FROM x\n",
    });
    expect(read("second", "second/Dockerfile").workTree?.remotes).toEqual([
      { kind: "github", host: "github.com" },
    ]);
  });

  it("does not go round in circles", () => {
    put({ "lab/.git": "gitdir: .git\n" });
    symlinkSync("loop", join(top, "loop"));
    expect(read("lab").workTree).toBeUndefined();
    expect(read("loop").workTree).toBeUndefined();
  });

  it("reads what forges and pre-commit read", () => {
    put({
      ...GIT,
      "lab/.github/workflows/image.yml": "jobs:\n  a:\n    steps:\n      - run: docker build .\n",
      "lab/.github/workflows/test.yaml": "# docker build\nsteps: [{run: npm test}]\n",
      "lab/.github/workflows/notes.md": "docker build\n",
      "lab/.gitlab-ci.yml": "image:\n  script:\n    - buildah bud -t x .\n",
      "lab/.github/dependabot.yml":
        'updates:\n  - package-ecosystem: "pip"\n  - {package-ecosystem: docker, directory: /}\n',
      "lab/renovate.json": '{"enabled": false}',
      "lab/.renovaterc.json5": "{ /* all */ extends: [] }",
      "lab/.pre-commit-config.yaml":
        "repos:\n- repo: x\n  hooks:\n  - id: hadolint-docker\n  - {id: black}\n# - id: off\n",
    });
    expect(read("lab").workTree).toEqual({
      remotes: [{ kind: "github", host: "github.com" }],
      ci: [
        { path: ".gitlab-ci.yml", buildsImages: true },
        { path: ".github/workflows/image.yml", buildsImages: true },
        { path: ".github/workflows/test.yaml", buildsImages: false },
      ],
      updateBots: [
        { name: "Dependabot", path: ".github/dependabot.yml", readsDockerfiles: true },
        { name: "Renovate", path: ".renovaterc.json5", readsDockerfiles: true },
      ],
      hooks: ["hadolint-docker", "black"],
    });
  });

  it("looks at nothing that a link leads to outside", () => {
    put({
      ...GIT,
      "elsewhere/renovate.json": "{}",
      "elsewhere/workflows/image.yml": "run: docker build .\n",
    });
    symlinkSync("../elsewhere/renovate.json", join(top, "lab/renovate.json"));
    symlinkSync("../elsewhere", join(top, "lab/.github"));
    const { workTree } = read("lab");
    expect([workTree?.ci, workTree?.updateBots]).toEqual([[], []]);
  });

  it("passes over what is too large, and what is no file", () => {
    put({ ...GIT, "lab/.gitlab-ci.yml": `docker build .\n${"#".repeat(300_000)}` });
    mkdirSync(join(top, "lab/renovate.json"));
    expect(read("lab").workTree).toMatchObject({ ci: [], updateBots: [] });
  });
});
