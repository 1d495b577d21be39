import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PratiqueError } from "../errors.ts";
import { parseDuration } from "./duration.ts";
import { parseConfig } from "./parse.ts";

function failure(text: string): PratiqueError {
  try {
    parseConfig(text, "pratique.yaml").document;
  } catch (error) {
    if (error instanceof PratiqueError) return error;
    throw error;
  }
  throw new Error("the settings were accepted");
}

describe("parseConfig", () => {
  it("reads every setting", () => {
    const text = `
version: 1
profile: shs-gpu-cluster
dockerfile: docker/Dockerfile
build:
  args: { LEVEL: 3, DEBUG: true, NAME: text }
  argsFile: { path: bases.args, optional: true }
  network: none
  target: final
test:
  data: test-data
  args: [--rows, 10]
  env: { SEED: 1 }
  timeout: 1h30m
  memory: 4g
rules:
  unqualified-base: off
  root-user: warning
waivers:
  - { rule: root-user, path: Dockerfile, reason: agreed with the data team, by: IG, until: 2027-01-31 }
`;
    const document = parseConfig(text, "pratique.yaml").document;
    expect(document.build?.args).toEqual({ LEVEL: "3", DEBUG: "true", NAME: "text" });
    expect(document.test?.args).toEqual(["--rows", "10"]);
    expect(document.rules).toEqual({ "unqualified-base": "off", "root-user": "warning" });
    expect(document.waivers?.[0]?.until).toBe("2027-01-31");
  });

  it.each([
    ["an unknown key", "version: 1\n\nprofil: x\n", "pratique.yaml:3: “profil” is not a setting.", "profile"],
    [
      "one inside build",
      "version: 1\nbuild:\n  arg: {}\n",
      "pratique.yaml:3: “build.arg” is not a setting.",
      "args",
    ],
    [
      "one inside a waiver",
      "version: 1\nwaivers:\n  - rule: x\n    reason: long enough to count\n    untill: 2027-01-01\n",
      "pratique.yaml:5: “waivers.0.untill” is not a setting.",
      "until",
    ],
    [
      "one that takes the place of a key that must be there",
      "version: 1\nwaivers:\n  - rul: root-user\n    reason: long enough to count\n",
      "pratique.yaml:3: “waivers.0.rul” is not a setting.",
      "rule",
    ],
    [
      "one in the place of the version",
      "verion: 1\n",
      "pratique.yaml:1: “verion” is not a setting.",
      "version",
    ],
  ])("suggests the right name for %s", (_title, text, message, guess) => {
    const error = failure(text);
    expect(error.code).toBe("config.invalid");
    expect(error.message).toBe(message);
    expect(error.hint).toBe(`Did you mean “${guess}”?`);
  });

  it("points to the manual where no name is near", () => {
    expect(failure("version: 1\nqqqqqqqqqqq: 1\n").hint).toContain("docs/configuration.md");
  });

  it.each([
    ["no version", "profile: x\n", /^pratique\.yaml:1: “version” must be 1\.$/],
    ["another version", "profile: x\nversion: 2\n", /^pratique\.yaml:2: “version” must be 1\.$/],
    ["a list for text", "version: 1\nprofile: [a]\n", /^pratique\.yaml:2: “profile” .*string/],
    ["a word for a map", "version: 1\nbuild: no\n", /^pratique\.yaml:2: “build” /],
    [
      "an unknown severity",
      "version: 1\nrules:\n  root-user: fatal\n",
      /^pratique\.yaml:3: “rules\.root-user” /,
    ],
    ["an unknown network", "version: 1\nbuild:\n  network: bridge\n", /^pratique\.yaml:3: “build\.network” /],
    ["a time without a unit", 'version: 1\ntest:\n  timeout: "90"\n', /:3: “test\.timeout” must be a time/],
    ["no time at all", "version: 1\ntest:\n  timeout: 0s\n", /:3: “test\.timeout” must be a time/],
    ["a size in words", "version: 1\ntest:\n  memory: much\n", /:3: “test\.memory” must be a size/],
    [
      "a name that is none",
      "version: 1\ntest:\n  env:\n    A B: x\n",
      /:4: “test\.env\.A B” is not a variable name/,
    ],
    [
      "a waiver whose reason says nothing",
      "version: 1\nwaivers:\n  - rule: a\n    reason: because\n",
      /^pratique\.yaml:4: “waivers\.0\.reason” must say why/,
    ],
    [
      "a waiver until no date",
      "version: 1\nwaivers:\n  - rule: a\n    reason: enough of a reason\n    until: soon\n",
      /:5: “waivers\.0\.until” must be a date/,
    ],
    ["a list", "- 1\n", /^pratique\.yaml:1: the file /],
    ["a word", "hello\n", /^pratique\.yaml:1: the file /],
    ["nothing", "", /^pratique\.yaml:1: /],
  ])("refuses %s", (_title, text, message) => {
    expect(failure(text).message).toMatch(message);
  });

  it("says where YAML ends", () => {
    const error = failure("version: 1\nbuild:\n  args: {a: 1\nrules: x\n");
    expect(error.code).toBe("config.invalid");
    expect(error.message).toMatch(/^pratique\.yaml:\d+:\d+: \S/);
    expect(error.hint).toBe("It must be YAML.");
  });

  it.each([
    ["an alias without an anchor", "version: 1\nprofile: *nothing\n"],
    ["two documents", "version: 1\n---\nversion: 1\n"],
    ["a key twice", "version: 1\nversion: 1\n"],
    ["a tab for a blank", "version: 1\nbuild:\n\tnetwork: none\n"],
    [
      "aliases that multiply",
      `version: 1\na: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefgh"
        .split("")
        .map((name, n) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[n]}`).join(",")}]`)
        .join("\n")}\n`,
    ],
  ])("refuses %s in words", (_title, text) => {
    expect(failure(text).code).toBe("config.invalid");
  });

  it("takes any text: settings or a coded error", () => {
    const words = fc.constantFrom(
      "version",
      ": ",
      "1",
      "\n",
      "  ",
      "- ",
      "build",
      "*a",
      "&a ",
      "{",
      "}",
      "[",
      "]",
      '"',
      "?",
      "!!map",
      "|",
      "<<",
      "%",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(words).map((list) => list.join("")),
        ),
        (text) => {
          try {
            expect(parseConfig(text, "p").document.version).toBe(1);
          } catch (error) {
            expect(error).toBeInstanceOf(PratiqueError);
          }
        },
      ),
      { numRuns: 600 },
    );
  });
});

describe("parseDuration", () => {
  it.each([
    ["90s", 90_000],
    ["10m", 600_000],
    ["1h30m", 5_400_000],
    [" 2h ", 7_200_000],
    ["0s", undefined],
    ["", undefined],
    ["10", undefined],
    ["1.5h", undefined],
    ["30m1h", undefined],
    ["-5s", undefined],
  ])("%j is %j", (text, wanted) => expect(parseDuration(text)).toBe(wanted));
});
