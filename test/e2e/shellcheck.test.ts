import { describe, expect, it } from "vitest";
import { parseDockerfile } from "../../src/dockerfile/parse.ts";
import { resolveStages } from "../../src/dockerfile/variables.ts";
import { shellcheckFacts } from "../../src/scanners/shellcheck.ts";

/** What the real ShellCheck says, at the places of the Dockerfile. */
async function ask(text: string): Promise<string[]> {
  const dockerfile = parseDockerfile(text);
  const [facts] = await shellcheckFacts([{ dockerfile, stages: resolveStages(dockerfile) }]);
  expect(facts?.missing).toBeUndefined();
  return (facts?.mistakes ?? []).map(
    ({ code, level, range: { start, end } }) =>
      `${start.line}:${start.column}-${end.column} SC${code} ${level}`,
  );
}

describe("ShellCheck itself", () => {
  it("is understood, place by place", async () => {
    const text = [
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
    expect(await ask(text)).toEqual([
      "4:19-21 SC2086 info",
      "4:19-21 SC2154 warning",
      "5:5-16 SC2164 warning",
      "9:8-12 SC2086 info",
      "9:8-12 SC2154 warning",
    ]);
  });

  it("is told the dialect and the variables", async () => {
    expect(await ask("FROM x\nARG one=1\nENV two=2\nRUN echo $one $two && . /a/b\n")).toEqual([]);
    expect(await ask("FROM x\nRUN [[ -f /a ]] && b\n")).toEqual(["2:5-16 SC3010 warning"]);
    expect(await ask('FROM x\nSHELL ["/bin/bash", "-ec"]\nRUN [[ -f /a ]] && b; cd /c; d\n')).toEqual([]);
    expect(await ask("FROM x\nRUN a <<EOF && b\nc d\nEOF\nRUN if [ -f /a]; then b; fi\n")).toContain(
      "5:16-17 SC1020 error",
    );
  });
});
