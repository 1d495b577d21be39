import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { resolveStages } from "../dockerfile/variables.ts";
import { readAnswer, shellcheckFacts } from "./shellcheck.ts";
import { runScripts } from "./shellcheck-script.ts";

const read = (text: string) => {
  const dockerfile = parseDockerfile(text);
  return { dockerfile, stages: resolveStages(dockerfile) };
};
const scripts = (text: string) => {
  const { dockerfile, stages } = read(text);
  return runScripts(dockerfile, stages);
};
const texts = (text: string): string[] => scripts(text).map((script) => script.text);

const HEAD = (dialect: string): string => `# shellcheck shell=${dialect} disable=SC1090,SC1091,SC2187\n`;

describe("the scripts of a Dockerfile", () => {
  it("are read in the dialect of SHELL, of the pragma or of the first line", () => {
    const text = [
      "# hadolint shell=ash",
      "FROM a AS one",
      "RUN a",
      'SHELL ["/bin/bash", "-eo", "pipefail", "-c"]',
      "RUN b",
      "FROM one",
      "RUN c",
      "FROM d",
      "RUN d",
      "# hadolint shell=bash",
      "RUN e",
      "RUN <<EOF",
      "#!/usr/bin/env -S dash -e",
      "f",
      "EOF",
      "ONBUILD RUN g",
    ].join("\n");
    expect(texts(text)).toEqual([
      `${HEAD("dash")}\na\n`,
      `${HEAD("bash")}set -e; \nb\n`,
      `${HEAD("bash")}set -e; \nc\n`,
      `${HEAD("dash")}\nd\n`,
      `${HEAD("bash")}\ne\n`,
      `${HEAD("dash")}set -e; \n# /usr/bin/env -S dash -e\nf\n`,
      `${HEAD("bash")}\ng\n`,
    ]);
  });

  it("know the variables of ARG and ENV, those of the stage below included", () => {
    const text = "ARG base=x\nFROM x AS a\nENV one=1\nFROM a\nARG two\nENV three=3 bad-name=4\nRUN a\n";
    expect(texts(text)).toEqual([`${HEAD("sh")}export one=1 three=1 two=1\na\n`]);
  });

  it("are none where another program reads them", () => {
    const text =
      'FROM x\nRUN ["a", "b"]\nRUN <<EOF\n#!/usr/bin/python3\nEOF\nSHELL ["pwsh", "-c"]\nRUN a\nSHELL ["zsh", "-c"]\nRUN b\n';
    expect(texts(text)).toEqual([]);
  });

  it("leave out what is too long to wait for", () => {
    expect(texts(`FROM x\nRUN ${"a;".repeat(30_000)}\nRUN b\n`)).toEqual([`${HEAD("sh")}\nb\n`]);
  });

  it("keep what a command reads from a heredoc", () => {
    expect(texts("FROM x\nRUN cat <<A > /b && c\nsome\nA\n")).toEqual([
      `${HEAD("sh")}\ncat <<A > /b && c\nsome\nA\n`,
    ]);
  });
});

/** What ShellCheck 0.9.0 said about this file, its cures left out; the e2e test asks it anew. */
const DOCKERFILE = [
  "FROM x",
  "RUN echo a \\",
  "    # between",
  '    && echo "ä𝄞" $b ; \\',
  "    cd /nowhere; \\",
  "    make",
  "RUN <<EOF",
  "echo one",
  "  echo $two",
  "EOF",
].join("\n");
const RECORDED = JSON.stringify({
  comments: [
    {
      file: "1.sh",
      line: 4,
      endLine: 4,
      column: 8,
      endColumn: 12,
      level: "warning",
      code: 2154,
      message: "two is referenced but not assigned.",
    },
    {
      file: "1.sh",
      line: 4,
      endLine: 4,
      column: 8,
      endColumn: 12,
      level: "info",
      code: 2086,
      message: "Double quote to prevent globbing and word splitting.",
    },
    {
      file: "0.sh",
      line: 3,
      endLine: 3,
      column: 25,
      endColumn: 27,
      level: "warning",
      code: 2154,
      message: "b is referenced but not assigned.",
    },
    {
      file: "0.sh",
      line: 3,
      endLine: 3,
      column: 25,
      endColumn: 27,
      level: "info",
      code: 2086,
      message: "Double quote to prevent globbing and word splitting.",
    },
    {
      file: "0.sh",
      line: 3,
      endLine: 3,
      column: 34,
      endColumn: 45,
      level: "warning",
      code: 2164,
      message: "Use 'cd ... || exit' or 'cd ... || return' in case cd fails.",
    },
  ],
});

describe("the answer", () => {
  it("is taken back to the Dockerfile", () => {
    const answer = readAnswer(RECORDED, scripts(DOCKERFILE)) ?? [];
    const shown = answer
      .flat()
      .map(({ run, code, level, range: { start, end } }) => [run, code, level, start, end]);
    expect(shown).toEqual([
      [0, 2086, "info", { line: 4, column: 19 }, { line: 4, column: 21 }],
      [0, 2154, "warning", { line: 4, column: 19 }, { line: 4, column: 21 }],
      [0, 2164, "warning", { line: 5, column: 5 }, { line: 5, column: 16 }],
      [1, 2086, "info", { line: 9, column: 8 }, { line: 9, column: 12 }],
      [1, 2154, "warning", { line: 9, column: 8 }, { line: 9, column: 12 }],
    ]);
  });

  it.each(["", "[]", "{}", '{"comments":1}', '{"comments":[{"file":"0.sh"}]}', "null"])(
    "may be nonsense: %s",
    (json) => {
      expect(readAnswer(json, scripts(DOCKERFILE))).toBeUndefined();
    },
  );

  it("may speak of places that there are none", () => {
    const odd = RECORDED.replaceAll('"line":3', '"line":99').replaceAll('"1.sh"', '"7.sh"');
    expect(readAnswer(odd, scripts(DOCKERFILE))).toEqual([[], []]);
  });
});

describe("shellcheckFacts", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "shellcheck-test-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const program = async (name: string, body: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, `#!${process.execPath}\n${body}\n`);
    await chmod(path, 0o755);
    return path;
  };

  it("asks about many files at once, in a folder that is gone afterwards", async () => {
    const before = (await readdir(tmpdir())).filter((name) => name.startsWith("pratique-"));
    const echo = await program(
      "echo.cjs",
      `const files = process.argv.slice(4);
       const fs = require("node:fs");
       const comments = files.map((file) => ({ file, line: 3, endLine: 3, column: 1, endColumn: 2, level: "info", code: 1,
         message: fs.readFileSync(file, "utf8").split("\\n")[2] }));
       process.stdout.write(JSON.stringify({ comments }));
       process.exitCode = 1;`,
    );
    const files = [read("FROM x\nRUN a\nRUN b\n"), read("FROM x\n"), read("FROM x\nRUN c\n")];
    const facts = await shellcheckFacts(files, { program: echo });
    expect(facts.map(({ mistakes }) => mistakes.map(({ message }) => message))).toEqual([
      ["a", "b"],
      [],
      ["c"],
    ]);
    expect(facts.map(({ missing }) => missing)).toEqual([undefined, undefined, undefined]);
    // Names of this form alone: tests of other parts have folders of their own at the same time.
    const after = (await readdir(tmpdir())).filter((name) => /^pratique-\w{6}$/.test(name));
    expect(after.filter((name) => !before.includes(name) && !/^pratique-\d+$/.test(name))).toEqual([]);
  });

  it("says when the program is missing, for every file that has a script", async () => {
    const facts = await shellcheckFacts([read("FROM x\nRUN a\n"), read("FROM x\n")], {
      program: join(folder, "nothing-here"),
    });
    expect(facts.map(({ missing }) => missing)).toEqual(["ShellCheck is not installed", undefined]);
  });

  it("says when the program takes too long or talks nonsense", async () => {
    const slow = await program("slow.cjs", "setTimeout(() => {}, 60_000);");
    const [waited] = await shellcheckFacts([read("FROM x\nRUN a\n")], { program: slow, timeout: 200 });
    expect(waited?.missing).toBe("ShellCheck took too long");
    const mad = await program("mad.cjs", "console.log('{');");
    const [heard] = await shellcheckFacts([read("FROM x\nRUN a\n")], { program: mad });
    expect(heard?.missing).toBe("ShellCheck gave an answer that cannot be read");
  });

  it("asks nobody about nothing", async () => {
    const [facts] = await shellcheckFacts([read("FROM x\nCOPY a b\n")], { program: "/nothing-here" });
    expect(facts?.missing).toBeUndefined();
  });

  it("stops when it is told to", async () => {
    const slow = await program("slower.cjs", "setTimeout(() => {}, 60_000);");
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 100);
    await expect(
      shellcheckFacts([read("FROM x\nRUN a\n")], { program: slow, signal: stop.signal }),
    ).rejects.toMatchObject({ code: "interrupted" });
  });
});
