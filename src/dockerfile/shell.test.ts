import { describe, expect, it } from "vitest";
import { parseDockerfile } from "./parse.ts";
import { runShells } from "./run-shells.ts";
import { type ShellCommand, shellCommands } from "./shell.ts";
import { resolveStages } from "./variables.ts";

function commandsOf(text: string): readonly ShellCommand[] {
  const run = parseDockerfile(text).instructions.find(({ keyword }) => keyword === "RUN");
  return run === undefined ? [] : shellCommands(run);
}
const named = (commands: readonly ShellCommand[], name: string): ShellCommand | undefined =>
  commands.find((command) => command.name === name);

describe("shellCommands", () => {
  it("tells lists apart, and what joins them", () => {
    const commands = commandsOf("RUN a && b || c; d &\n");
    expect(commands.map(({ name, list }) => [name, list.operators.join(" "), list.background])).toEqual([
      ["a", "&& ||", false],
      ["b", "&& ||", false],
      ["c", "&& ||", false],
      ["d", "", true],
    ]);
    expect(new Set(commands.map(({ list }) => list.id)).size).toBe(2);
    expect(commands[0]?.list.range).toMatchObject({
      start: { line: 1, column: 5 },
      end: { line: 1, column: 16 },
    });
  });

  it("knows pipes and the place in them", () => {
    const commands = commandsOf("RUN x && a | (b; c) | d && e\n");
    expect(commands.map(({ name, pipe, piped }) => [name, pipe?.index, pipe?.length, piped])).toEqual([
      ["x", undefined, undefined, false],
      ["a", 0, 3, true],
      ["b", 1, 3, true],
      ["c", 1, 3, true],
      ["d", 2, 3, true],
      ["e", undefined, undefined, false],
    ]);
    expect(commands[1]?.pipe?.range).toMatchObject({
      start: { line: 1, column: 10 },
      end: { line: 1, column: 24 },
    });
  });

  it("knows subshells, functions, branches and substitutions", () => {
    const commands = commandsOf(
      'RUN a; (b; { c; }); f() { d; }; if e; then g; fi; for i in $(h); do j; done; k "$(l $(m))"; { (n); }\n',
    );
    const scopes = Object.fromEntries(commands.map(({ name, scope }) => [name, scope]));
    expect(scopes).toEqual({
      a: "script",
      b: "subshell",
      c: "subshell",
      d: "function",
      e: "branch",
      g: "branch",
      h: "substitution",
      j: "branch",
      k: "script",
      l: "substitution",
      m: "substitution",
      n: "subshell",
    });
  });

  it("knows whose failure only decides what comes next", () => {
    const commands = commandsOf(
      "RUN if a; then b; elif c; then d; fi; while e; do f; done; ! g; h || i && j; k\n",
    );
    expect(commands.filter(({ condition }) => condition).map(({ name }) => name)).toEqual([
      "a",
      "c",
      "e",
      "g",
      "h",
    ]);
  });

  it("keeps what stands before the program", () => {
    const [command] = commandsOf("RUN A=1 sudo -E env B=2 nice /usr/bin/make all\n");
    expect(command).toMatchObject({ name: "make", wrappers: ["sudo", "env", "nice"] });
    expect([...(command?.assignments ?? [])]).toEqual([
      ["A", "1"],
      ["B", "2"],
    ]);
    expect(command?.program?.value).toBe("/usr/bin/make");
    expect(commandsOf('RUN ["sudo", "make", "all"]\n')[0]).toMatchObject({
      name: "make",
      wrappers: ["sudo"],
    });
  });

  it("reads scripts in scripts, whose places are not their own", () => {
    const commands = commandsOf("RUN a && bash -ec 'b && sh -c \"c d\"' && e\n");
    expect(commands.map(({ name, exact }) => [name, exact])).toEqual([
      ["a", true],
      ["bash", true],
      ["b", false],
      ["sh", false],
      ["c", false],
      ["e", true],
    ]);
    expect(named(commands, "c")?.range.start).toEqual({ line: 1, column: 19 });
  });

  it("lists what two shells could run once only", () => {
    const names = (text: string): string[] => commandsOf(text).map(({ name }) => name);
    expect(names('RUN sh -c "$(curl /a)" && b\n')).toEqual(["sh", "curl", "b"]);
    expect(names('RUN sh -c "a $(curl b)"; c\n').filter((name) => name === "curl")).toHaveLength(1);
    expect(names("RUN sh -c 'a $(curl b)'; c\n")).toEqual(["sh", "a", "curl", "c"]);
  });

  it("reads the heredoc that a shell is given", () => {
    const commands = commandsOf("RUN bash -e <<EOF\na\n  b c\nEOF\n");
    expect(commands.map(({ name, range }) => [name, range.start])).toEqual([
      ["bash", { line: 1, column: 5 }],
      ["a", { line: 2, column: 1 }],
      ["b", { line: 3, column: 3 }],
    ]);
    expect(commandsOf("RUN <<-EOF\n\ta\n\tEOF\n")[0]).toMatchObject({ name: "a", exact: false });
  });

  it("is not led astray by nesting without end", () => {
    const deep = `RUN ${"(".repeat(5000)}a${")".repeat(5000)}\n`;
    expect(() => commandsOf(deep)).not.toThrow();
    const quoted = `RUN ${"sh -c '".repeat(2000)}a\n`;
    expect(() => commandsOf(quoted)).not.toThrow();
  });
});

describe("runShells", () => {
  const shellsOf = (text: string): string[] => {
    const dockerfile = parseDockerfile(text);
    const shells = runShells(dockerfile, resolveStages(dockerfile));
    return [...shells].map(([{ text: run }, shell]) => `${run}: ${shell.join(" ")}`);
  };

  it("follows SHELL from stage to stage", () => {
    expect(
      shellsOf(
        'FROM a AS b\nRUN 1\nSHELL ["/bin/bash", "-c"]\nRUN 2\nFROM c\nRUN 3\nFROM b\nONBUILD RUN 4\nRUN 5\n',
      ),
    ).toEqual(["1: /bin/sh -c", "2: /bin/bash -c", "3: /bin/sh -c", "4: /bin/bash -c", "5: /bin/bash -c"]);
  });

  it("takes the word of the pragma, and reads a file without FROM", () => {
    expect(shellsOf("# hadolint shell=bash\nRUN 1\n")).toEqual(["1: bash -c"]);
    expect(shellsOf("FROM a\n# hadolint shell=pwsh\nRUN 1\nFROM b\nRUN 2\n")).toEqual([
      "1: pwsh -c",
      "2: /bin/sh -c",
    ]);
  });
});
