import { describe, expect, it } from "vitest";
import type { Draft } from "../findings/finding.ts";
import { applyEdits } from "../fix/apply.ts";
import aptInScript from "./apt-in-script/rule.ts";
import installAsks from "./install-asks/rule.ts";
import largeUserId from "./large-user-id/rule.ts";
import noisyDownload from "./noisy-download/rule.ts";
import packageLists from "./package-lists-left-behind/rule.ts";
import recommended from "./recommended-packages-installed/rule.ts";
import type { Rule } from "./rule.ts";
import { dockerfileFacts, testProfile } from "./test-facts.ts";

const RULES: readonly Rule<"dockerfile">[] = [
  aptInScript,
  installAsks,
  largeUserId,
  noisyDownload,
  packageLists,
  recommended,
];

const draftsOf = (rule: Rule<"dockerfile">, text: string): Draft[] =>
  [...rule.check(dockerfileFacts(text), testProfile())].filter((one): one is Draft => "message" in one);

const cured = (rule: Rule<"dockerfile">, text: string): string =>
  applyEdits(
    text,
    draftsOf(rule, text).flatMap(({ edits }) => (edits === undefined ? [] : [edits])),
  ).text;

describe.each(RULES.map((rule) => [rule.id, rule] as const))("the cures of %s", (_id, rule) => {
  it.each(rule.examples.bad.map(({ title, dockerfile = "" }) => [title, dockerfile] as const))(
    "cure and change nothing else: %s",
    (_title, text) => {
      const before = draftsOf(rule, text);
      const after = cured(rule, text);
      const left = draftsOf(rule, after);
      expect(left.length).toBe(before.filter(({ edits }) => edits === undefined).length);
      const facts = dockerfileFacts(after);
      expect(facts.dockerfile.instructions.map(({ keyword }) => keyword)).toEqual(
        dockerfileFacts(text).dockerfile.instructions.map(({ keyword }) => keyword),
      );
      // A second time there is nothing left to do.
      expect(cured(rule, after)).toBe(after);
    },
  );
});

describe("the cure of lists that are left behind", () => {
  const clean = (text: string): string => cured(packageLists, text);

  it("goes to the end of the chain, on a line of its own where the chain has several", () => {
    expect(
      clean("FROM x\nRUN apt-get update \\\n  && apt-get install -y a \\\n  # and then\n  && make\nCMD b\n"),
    ).toBe(
      "FROM x\nRUN apt-get update \\\n  && apt-get install -y a \\\n  # and then\n  && make \\\n  && rm -rf /var/lib/apt/lists/*\nCMD b\n",
    );
    expect(clean("FROM x\nRUN apt-get update && apt-get install -y a\n")).toBe(
      "FROM x\nRUN apt-get update && apt-get install -y a && rm -rf /var/lib/apt/lists/*\n",
    );
  });

  it("keeps to the escape character and to heredocs", () => {
    expect(clean("# escape=`\nFROM x\nRUN apt-get update `\n    && apt-get install -y a\n")).toBe(
      "# escape=`\nFROM x\nRUN apt-get update `\n    && apt-get install -y a `\n    && rm -rf /var/lib/apt/lists/*\n",
    );
    expect(clean("FROM x\nRUN <<EOF\nset -e\napt-get update\napt-get install -y a\nmake\nEOF\n")).toBe(
      "FROM x\nRUN <<EOF\nset -e\napt-get update\napt-get install -y a && rm -rf /var/lib/apt/lists/*\nmake\nEOF\n",
    );
  });

  it.each([
    [
      "a later RUN lives on the lists",
      "FROM x\nRUN apt-get update && apt-get install -y a\nRUN apt-get install -y b\n",
    ],
    ["a later RUN calls a script", "FROM x\nRUN apt-get update && apt-get install -y a\nRUN ./more.sh\n"],
    ["a script comes after it", "FROM x\nRUN apt-get update && apt-get install -y a; ./more.sh\n"],
    ["a failure is passed over", "FROM x\nRUN apt-get update && apt-get install -y a || true\n"],
    ["it stands in a branch", "FROM x\nRUN apt-get update; if a; then apt-get install -y a; fi\n"],
    ["it stands in a pipe", "FROM x\nRUN apt-get update && yes | apt-get install a\n"],
    ["it is in exec form", 'FROM x\nRUN ["sh", "-c", "apt-get update && apt-get install -y a"]\n'],
  ])("is left alone where %s", (_why, text) => {
    expect(draftsOf(packageLists, text).length).toBeGreaterThan(0);
    expect(clean(text)).toBe(text);
  });
});

describe("the cure of apt", () => {
  it("leaves what apt-get does otherwise", () => {
    const text = "FROM x\nRUN apt update && apt upgrade -y && apt list\n";
    expect(cured(aptInScript, text)).toBe(text);
    expect(
      cured(aptInScript, "FROM x\nRUN apt update && DEBIAN_FRONTEND=noninteractive apt \\\n  install -y a\n"),
    ).toBe("FROM x\nRUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get \\\n  install -y a\n");
  });
});
