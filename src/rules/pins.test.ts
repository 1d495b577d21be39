import { describe, expect, it } from "vitest";
import { shellCommands } from "../dockerfile/shell.ts";
import { innerCommand } from "./inner-command.ts";
import { condaHold, looseInstall, pipHold } from "./pins.ts";
import { dockerfileFacts } from "./test-facts.ts";

function loose(run: string, variables: Record<string, string> = {}): string[] {
  const [step] = dockerfileFacts(`FROM x\nRUN ${run}\n`).stages;
  const instruction = step?.stage.instructions[0];
  if (instruction === undefined) return [];
  return shellCommands(instruction).flatMap((command) =>
    (looseInstall(innerCommand(command), (name) => variables[name])?.packages ?? []).map(({ text, hold }) =>
      hold === "none" ? text : `${text} (${hold})`,
    ),
  );
}

describe("looseInstall", () => {
  it.each([
    ["pip install a b==1 'c>=2' d~=3 'e[x]' 'f[x]==1'", ["a", "c>=2 (open)", "e[x]"]],
    ["pip3.12 --quiet install a", ["a"]],
    ["/opt/venv/bin/python -m pip install --upgrade pip", ["pip"]],
    ["pip install -i x -t y --platform z -- a", ["a"]],
    ["pip install git+ssh://git@host/x.git", ["git+ssh://git@host/x.git (moving)"]],
    ["pip install git+ssh://git@host/x.git@v1", []],
    [
      "pip install https://github.com/a/b/archive/main.zip",
      ["https://github.com/a/b/archive/main.zip (moving)"],
    ],
    ["pip install https://github.com/a/b/archive/v1.zip .[all] ./x a.whl /w/b.tar.gz", []],
    ["pip install -e git+https://host/x.git#egg=x", ["git+https://host/x.git#egg=x (moving)"]],
    ["pip install $A ${B}", ["one", "two (moving)"].slice(0, 1)],
    ["uv pip install --system --python 3.12 a", ["a"]],
    ["uv tool install ruff@0.6 --with b", []],
    ["uv tool install ruff@latest", ["ruff@latest (moving)"]],
    ["pipx inject venv a", ["a"]],
    ["pipx install --spec git+https://host/x@v1 x", []],
    ["conda install -y -n base -c defaults a b=1 c==1 'd>=1' e::f 'g 1.2'", ["a", "d>=1 (open)", "e::f"]],
    ["micromamba create -n e -f env.yml", []],
    ["conda install ./a.conda https://x/b.tar.bz2", []],
    ["npm i -g a @b/c @d/e@1 f@latest g@^1 ./h", ["a", "@b/c", "f@latest (moving)"]],
    ["npm install a/b a/b#v1 github:a/b", ["a/b (moving)", "github:a/b (moving)"]],
    ["yarn global add a", ["a"]],
    ["npm ci", []],
    ["gem install a b:1 c -v '>= 1'", ["a (open)", "c (open)"]],
    ["gem install a -v1.2", []],
    [
      "go install example.org/a@v1 example.org/b@latest example.org/c",
      ["example.org/b@latest (moving)", "example.org/c"],
    ],
    ["go run -tags x ./cmd", []],
    ["cargo install a b@1", ["a"]],
    ["cargo install --git https://host/a", ["https://host/a (moving)"]],
    ["cargo install --git https://host/a --tag v1", []],
    ["pixi global install a", ["a"]],
    ["poetry add a b@^1 c==1", ["a"]],
    ["echo pip install a", []],
  ])("%s", (run, expected) => {
    expect(loose(run, { A: "one" })).toEqual(expected);
  });

  it("is content with constraints and a day", () => {
    expect(loose("pip install a", { PIP_CONSTRAINT: "/c" })).toEqual([]);
    expect(loose("pip install --index-url https://x/2025-06-02/simple a")).toEqual([]);
    expect(loose("npm install --before 2025-06-02 a")).toEqual([]);
  });
});

it("holds of single specifications", () => {
  expect(["a", "a==1", "a<2", "a ; python_version<'3'", "a==1;x", ""].map(pipHold)).toEqual([
    "none",
    undefined,
    "open",
    "none",
    undefined,
    undefined,
  ]);
  expect(["a", "a=1", "a=1=b0", "a 1.*", "a<2", "a[version='1']", "a[build=x]"].map(condaHold)).toEqual([
    "none",
    undefined,
    undefined,
    undefined,
    "open",
    undefined,
    "none",
  ]);
});
