import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { processorTime } from "../../test/processor-time.ts";
import { isScript, namedRunFiles, readRunFile, readScript, runFileKind, runFilesFacts } from "./read.ts";

describe("runFileKind", () => {
  it.each([
    ["opt_file", "options"],
    ["rocker/opt-file", "options"],
    ["run/rstudio.opt", "options"],
    ["optfile.txt", "options"],
    ["arg_file", "arguments"],
    ["args-file", "arguments"],
    ["env_file", "environment"],
    ["conf/run.env", "environment"],
    ["env-file.txt", "environment"],
    ["env_file.gpu", "environment"],
    ["docs/env-file-form.md", undefined],
    [".env", undefined],
    ["options.py", undefined],
    ["node_modules/a/run.env", undefined],
    ["environment.yml", undefined],
  ])("%s: %s", (path, kind) => {
    expect(runFileKind(path)).toBe(kind);
  });
});

describe("namedRunFiles", () => {
  it("finds the files that a script names, from its own folder and from the project's", () => {
    const script = readScript(
      'ces-run --opt-file=o --arg-file ../a --env-file="conf/e" ghcr.io/x/y:1\nces-run --env-file=$E --opt-file=<(echo x) --env-file=/etc/e y\n',
      "scripts/run.sh",
    );
    const named = namedRunFiles([script], (path) => ["scripts/o", "a", "conf/e", "etc/e"].includes(path));
    expect([...named]).toEqual([
      ["scripts/o", "options"],
      ["a", "arguments"],
      ["conf/e", "environment"],
    ]);
  });
});

describe("readScript", () => {
  it("reads a Makefile's recipes where they stand", () => {
    const script = readScript("X = podman pull a\nrun: x\n\t@ces-run \\\n\t  $(IMAGE)\n", "Makefile");
    expect(script.usesCes).toBe(true);
    const command = script.commands.find(({ name }) => name === "ces-run");
    expect(command?.range.start).toEqual({ line: 3, column: 3 });
    expect(script.commands.some(({ name }) => name === "podman")).toBe(false);
  });

  it("knows scripts by their names", () => {
    expect(["run.sh", "a/Makefile", "x.bash"].every(isScript)).toBe(true);
    expect(["run.py", "README.md", "node_modules/x/run.sh"].some(isScript)).toBe(false);
  });
});

describe("readRunFile", () => {
  it("splits words as a shell does, and says where they stand", () => {
    const file = readRunFile("# note\n-e 'A=b c' -it # end\n\n-v x\r\n", "opt_file", "options");
    expect(file.kind === "options" && file.rows.map((row) => row.map(({ value }) => value))).toEqual([
      ["-e", "A=b c", "-it"],
      ["-v", "x"],
    ]);
    expect(file.kind === "options" && file.rows[0]?.[1]?.range).toEqual({
      start: { line: 2, column: 4 },
      end: { line: 2, column: 11 },
    });
  });

  it("takes all after the first equals sign as the value", () => {
    const file = readRunFile("\uFEFFA=b=c\n  # note\nHOST\n", "x.env", "environment");
    expect(file.kind === "environment" && file.variables.map(({ name, value }) => [name, value])).toEqual([
      ["A", "b=c"],
      ["HOST", undefined],
    ]);
  });

  it("never throws, and takes bounded time", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200, unit: "binary" }), (text) => {
        runFilesFacts(
          new Map([
            ["run.sh", text],
            ["Makefile", `a:\n\t${text}`],
            ["x.env", text],
            ["opt_file", text],
          ]),
        );
      }),
      { numRuns: 500, seed: 20_260_722 },
    );
    const hostile = ['"'.repeat(900_000), "-e ".repeat(300_000), "A=1\n".repeat(200_000), "(".repeat(50_000)];
    const time = processorTime(() => {
      for (const text of hostile)
        runFilesFacts(
          new Map([
            ["run.sh", text.slice(0, 50_000)],
            ["x.env", text],
            ["opt_file", text],
          ]),
        );
    });
    expect(time).toBeLessThan(10_000);
  });
});
