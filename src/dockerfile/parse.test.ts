import { DockerfileParser } from "dockerfile-ast";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDockerfile } from "./parse.ts";
import { shellCommands } from "./shell.ts";

const only = (text: string) => {
  const [instruction] = parseDockerfile(text).instructions;
  if (instruction === undefined) throw new Error("no instruction");
  return instruction;
};

describe("parseDockerfile", () => {
  it("joins continued lines and drops comments and blank lines between them", () => {
    const run = only("RUN a && \\\n  # why\n\n  b\\\n c\n");
    expect(run.text.replace(/\s+/g, " ")).toBe("a && b c");
    expect(run.range).toEqual({ start: { line: 1, column: 1 }, end: { line: 5, column: 3 } });
  });

  it("takes a doubled escape at the end of a line as text", () => {
    const { instructions } = parseDockerfile("FROM a\nRUN echo \\\\\nRUN b\n");
    expect(instructions.map((i) => i.keyword)).toEqual(["FROM", "RUN", "RUN"]);
  });

  it("finds the true place of an argument in a continued instruction", () => {
    const copy = only("COPY --chown=1:2 \\\n  a.txt \\\n  /dst/\n");
    expect(copy.flags).toMatchObject([{ name: "chown", value: "1:2" }]);
    expect(copy.words.map((w) => [w.value, w.range.start.line, w.range.start.column])).toEqual([
      ["a.txt", 2, 3],
      ["/dst/", 3, 3],
    ]);
  });

  it("reads heredocs, and what follows them", () => {
    const { instructions, problems } = parseDockerfile(
      'FROM a\nRUN <<-"EOF" cat\n\tmkdir /x\n\tEOF\nUSER b\n',
    );
    expect(problems).toEqual([]);
    expect(instructions[1]?.heredocs).toEqual([
      { name: "EOF", expands: false, body: "mkdir /x", startLine: 3 },
    ]);
    expect(instructions[2]).toMatchObject({ keyword: "USER", range: { start: { line: 5 } } });
  });

  it("says when a heredoc is never closed", () => {
    const { problems } = parseDockerfile("FROM a\nRUN <<EOF\nx\n");
    expect(problems.map((p) => p.message)).toEqual(["The heredoc <<EOF is never closed."]);
  });

  it("honours the escape directive, a byte-order mark and CRLF", () => {
    const { instructions, escape: char } = parseDockerfile("\uFEFF# escape=`\r\nFROM a\r\nRUN a `\r\n b\r\n");
    expect(char).toBe("`");
    expect(instructions.map((i) => i.text)).toEqual(["a", "a  b"]);
  });

  it("keeps unknown keywords and flags, and names what no builder takes", () => {
    const { instructions, problems } = parseDockerfile("FROM --new=1 a AS b\nFETCH x\nFROM a b\nRUN\n");
    expect(instructions[0]?.flags).toMatchObject([{ name: "new", value: "1" }]);
    expect(problems.map((p) => [p.range.start.line, p.message])).toEqual([
      [2, "“FETCH” is not a Dockerfile instruction."],
      [3, "FROM takes an image and, if wanted, “AS name”."],
      [4, "RUN needs at least one argument."],
    ]);
  });

  it("tells exec form from shell form", () => {
    expect(only('CMD ["python", "x.py"]').exec).toEqual(["python", "x.py"]);
    expect(only("CMD [python]").exec).toBeUndefined();
  });

  it("looks inside ONBUILD", () => {
    expect(only("ONBUILD RUN echo hi").trigger).toMatchObject({ keyword: "RUN", text: "echo hi" });
  });

  it("looks one level deep, however many stand in a line", () => {
    const { trigger } = only(`${"ONBUILD ".repeat(100_000)}RUN x`);
    expect(trigger).toMatchObject({ keyword: "ONBUILD", trigger: undefined });
  });

  it("tells where an instruction goes on after an empty line", () => {
    expect(parseDockerfile("RUN a \\\n\n # why\n  \n  b\n\nRUN c \\\n").emptyContinuations).toEqual([2, 4]);
  });

  it("never throws, keeps every instruction in order, and points inside the file", () => {
    const line = fc.oneof(
      fc.constantFrom(
        "FROM a AS b",
        "RUN x \\",
        "  && y",
        "# c",
        "",
        "RUN <<EOF",
        "EOF",
        'ENV A="b c" D=\\',
        'CMD ["a"',
        "ONBUILD",
        "COPY --from=b 'a b' \"c",
      ),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const parsed = parseDockerfile(lines.join("\n"));
        let last = 0;
        for (const instruction of parsed.instructions) {
          expect(instruction.range.start.line).toBeGreaterThan(last);
          last = instruction.range.start.line;
          expect(instruction.range.end.line).toBeGreaterThanOrEqual(last);
          expect(instruction.range.end.line).toBeLessThanOrEqual(parsed.lines.length);
          for (const word of instruction.words)
            expect(word.range.start.line).toBeLessThanOrEqual(parsed.lines.length);
          for (const command of shellCommands(instruction))
            expect(command.range.start.line).toBeGreaterThanOrEqual(last);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("agrees with dockerfile-ast on keywords and first lines of well-formed files", () => {
    const instruction = fc.constantFrom(
      "FROM python:3.12",
      "RUN apt-get update \\\n && apt-get install -y x",
      "ENV A=1 \\\n  B=2",
      "COPY a b",
      "# a comment\nUSER nobody",
      'CMD ["a", "b"]',
      "WORKDIR /x\n",
    );
    fc.assert(
      fc.property(fc.array(instruction, { minLength: 1, maxLength: 12 }), (parts) => {
        const text = `${parts.join("\n")}\n`;
        const ours = parseDockerfile(text).instructions.map((i) => [i.keyword, i.range.start.line]);
        const theirs = DockerfileParser.parse(text)
          .getInstructions()
          .map((i) => [i.getKeyword(), i.getRange().start.line + 1]);
        expect(ours).toEqual(theirs);
      }),
      { numRuns: 200 },
    );
  });
});

describe("shellCommands", () => {
  const names = (text: string) => shellCommands(only(`RUN ${text}`)).map((c) => c.name);

  it("finds commands behind &&, pipes, wrappers, groups, loops and substitutions", () => {
    expect(names("a && b || c; d | e")).toEqual(["a", "b", "c", "d", "e"]);
    expect(names("sudo -E env A=1 /usr/bin/apt-get update")).toEqual(["apt-get"]);
    expect(names("for i in 1 2; do pip install $i; done")).toEqual(["pip"]);
    expect(names("x=$(curl y) && ( rm z )")).toEqual(["", "curl", "rm"]);
  });

  it("gives places in the file and files that are written", () => {
    const [command] = shellCommands(only("RUN true \\\n && echo a > /b"))?.slice(1) ?? [];
    expect(command).toMatchObject({ name: "echo", range: { start: { line: 2, column: 5 } }, piped: false });
    expect(command?.writesTo.map((w) => w.value)).toEqual(["/b"]);
  });

  it("reads a heredoc as the script, and a shell in exec form", () => {
    const run = only("RUN <<EOF\nset -e\nmkdir /a\nEOF");
    expect(shellCommands(run).map((c) => [c.name, c.range.start.line])).toEqual([
      ["set", 2],
      ["mkdir", 3],
    ]);
    expect(shellCommands(only('CMD ["sh", "-c", "a && b"]')).map((c) => c.name)).toEqual(["a", "b"]);
  });
});
