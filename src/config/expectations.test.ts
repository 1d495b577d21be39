import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PratiqueError } from "../errors.ts";
import type { Config } from "./config.ts";
import { hostCovers, isHostPattern } from "./host.ts";
import { loadConfig } from "./load.ts";
import { compileLogPattern } from "./log-pattern.ts";
import { parseSize } from "./size.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pratique-expect-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function load(...lines: readonly string[]): Promise<Config> {
  writeFileSync(join(folder, "pratique.yaml"), `${["version: 1", "test:", ...lines].join("\n")}\n`);
  return loadConfig(folder, undefined);
}
async function failure(...lines: readonly string[]): Promise<PratiqueError> {
  const error = await load(...lines).catch((reason: unknown) => reason);
  if (error instanceof PratiqueError) return error;
  throw new Error("the settings were accepted");
}

describe("test.expect", () => {
  it("reads everything, each with its line", async () => {
    const { cases } = await load(
      "  expect:",
      "    exitCode: [0, 3]",
      "    outputs:",
      "      - results/*.csv",
      "      - { path: fit.json, format: json, minSize: 4k, rows: 5 }",
      "      - { path: big.parquet, rows: { min: 1 } }",
      "    noOutputs: ['*.tmp']",
      "    forbiddenColumns:",
      "      - nhs_number",
      "    log: { match: ['\\d+ patients'], noMatch: ['(?i)warning'] }",
      "    maxTime: 90s",
      "    maxMemory: 2G",
      "    allowAttempts:",
      "      - { host: '*.example.org', port: 443, reason: the statistics are optional }",
    );
    expect(cases).toHaveLength(1);
    const expected = cases[0]?.expect;
    expect(expected).toMatchObject({
      exitCode: { value: [0, 3], location: { file: "pratique.yaml", startLine: 4 } },
      outputs: [
        { value: { path: "results/*.csv" }, location: { startLine: 6 }, excerpt: "      - results/*.csv" },
        { value: { format: "json", minSize: 4096, rows: { min: 5, max: 5 } }, location: { startLine: 7 } },
        { value: { rows: { min: 1, max: Number.POSITIVE_INFINITY } } },
      ],
      noOutputs: [{ value: "*.tmp" }],
      forbiddenColumns: [{ value: "nhs_number", location: { startLine: 11 } }],
      log: { match: [{ value: "\\d+ patients" }], noMatch: [{ value: "(?i)warning" }] },
      maxTime: { value: 90 },
      maxMemory: { value: 2 * 1024 ** 3 },
      allowAttempts: [{ value: { host: "*.example.org", port: 443 }, location: { startLine: 16 } }],
    });
  });

  it("lets cases take over what they leave open, key by key", async () => {
    const { test, cases } = await load(
      "  data: d",
      "  args: [--all]",
      "  env: { A: 1, B: 1 }",
      "  timeout: 60s",
      "  expect: { outputs: [fit.csv], noOutputs: ['*.tmp'] }",
      "  cases:",
      "    small: {}",
      "    bad-input:",
      "      data: bad",
      "      args: []",
      "      env: { B: 2 }",
      "      memory: 1g",
      "      expect:",
      "        exitCode: 2",
      "        outputs: []",
    );
    expect(cases.map(({ name }) => name)).toEqual(["small", "bad-input"]);
    expect(cases[0]?.settings).toMatchObject(test);
    expect(cases[0]?.expect.outputs).toMatchObject([{ value: { path: "fit.csv" } }]);
    expect(cases[1]?.settings).toMatchObject({
      data: join(folder, "bad"),
      args: [],
      env: { A: "1", B: "2" },
      timeout: 60_000,
      memory: "1g",
    });
    expect(cases[1]?.expect).toMatchObject({
      exitCode: { value: [2], location: { startLine: 16 } },
      outputs: [],
      noOutputs: [{ value: "*.tmp", location: { startLine: 7 } }],
    });
  });

  it("has one run without a name, of which nothing is expected, where nothing is said", async () => {
    const { cases } = await load("  timeout: 3s");
    expect(cases).toMatchObject([{ name: undefined, settings: { timeout: 3000 }, expect: { outputs: [] } }]);
  });

  it.each([
    ["a key", ["  expect:", "    exitcode: 2"], /:4: “test\.expect\.exitcode” is not a setting/, "exitCode"],
    [
      "a key of an output",
      ["  expect:", "    outputs:", "      - path: a", "        row: 3"],
      /:6: “test\.expect\.outputs\.0\.row” is not a setting/,
      "rows",
    ],
    [
      "a key of rows",
      ["  expect:", "    outputs:", "      - { path: a, rows: { mim: 3 } }"],
      /:5: “test\.expect\.outputs\.0\.rows\.mim” is not a setting/,
      "min",
    ],
    [
      "a key of a case",
      ["  cases:", "    small:", "      expct: {}"],
      /:5: “test\.cases\.small\.expct” is not a setting/,
      "expect",
    ],
    [
      "a key of what a case expects",
      ["  cases:", "    small:", "      expect: { nooutputs: [] }"],
      /“test\.cases\.small\.expect\.nooutputs” is not a setting/,
      "noOutputs",
    ],
  ])("suggests the right name for %s", async (_title, lines, message, guess) => {
    const error = await failure(...lines);
    expect(error.message).toMatch(message);
    expect(error.hint).toBe(`Did you mean “${guess}”?`);
  });

  it.each([
    ["a format that is not read", "outputs: [{ path: a.rds, format: rds }]", /format” .*csv/],
    ["a pattern that leads out", "outputs: [../a]", /must not lead out/],
    ["a pattern for nothing", "outputs: [/]", /must name files/],
    ["a size in words", "outputs: [{ path: a, minSize: big }]", /minSize” must be a size/],
    ["a min above its max", "outputs: [{ path: a, rows: { min: 3, max: 1 } }]", /min that is not above/],
    ["half a row", "outputs: [{ path: a, rows: 1.5 }]", /rows” must be a whole number/],
    ["an exit code that there is not", "exitCode: 300", /exitCode” must be an exit code/],
    ["a column without a letter", "forbiddenColumns: ['*']", /must hold a letter/],
    ["an expression that is none", "log: { match: ['a('] }", /is not a regular expression/],
    ["an attempt without a reason", "allowAttempts: [{ host: a.org }]", /reason” is missing/],
    [
      "an attempt anywhere",
      "allowAttempts: [{ host: '*', reason: because I say so }]",
      /host” must be a name/,
    ],
    [
      "an attempt at a web address",
      "allowAttempts: [{ host: 'https://a.org/', reason: because I say so }]",
      /host”/,
    ],
  ])("refuses %s", async (_title, line, message) => {
    const error = await failure("  expect:", `    ${line}`);
    expect(error.code).toBe("config.invalid");
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^\S*pratique\.yaml:4: /);
  });

  it.each([
    ["no cases", "  cases: {}", /at least one case/],
    ["a name that leads elsewhere", "  cases: { ../x: {} }", /small letters and digits/],
    ["a name with capitals", "  cases: { Small: {} }", /small letters and digits/],
  ])("refuses %s", async (_title, line, message) => {
    expect((await failure(line)).message).toMatch(message);
  });
});

describe("hosts", () => {
  it.each([
    ["example.org", "example.org", true],
    ["example.org", "EXAMPLE.org.", true],
    ["example.org", "www.example.org", false],
    ["example.org", "evil-example.org", false],
    ["example.org", "example.org.evil.net", false],
    ["*.example.org", "a.b.example.org", true],
    ["*.example.org", "example.org", false],
    ["*.example.org", ".example.org", false],
    ["*.example.org", "evilexample.org", false],
    ["192.0.2.7", "192.0.2.7", true],
    ["192.0.2.7", "192.0.2.70", false],
    ["2001:DB8:0:0::1", "2001:db8::1", true],
    ["exampleXorg", "example.org", false],
  ])("%s covers %s: %s", (pattern, host, wanted) => expect(hostCovers(pattern, host)).toBe(wanted));

  it.each(["example.org", "localhost", "*.example.org", "192.0.2.7", "2001:db8::1", "a_b.example.org"])(
    "%s is a host",
    (text) => expect(isHostPattern(text)).toBe(true),
  );
  it.each(["", "*", "*.org", "a*.org", "a.*", "a b", "http://a.org", "a.org:443", "1.2.3", "a/b", "-a.org"])(
    "%j is none",
    (text) => expect(isHostPattern(text)).toBe(false),
  );

  it("takes any text", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(typeof isHostPattern(a)).toBe("boolean");
        expect(typeof hostCovers(a, b)).toBe("boolean");
      }),
    );
  });
});

it("parseSize and compileLogPattern take what they know, and nothing else", () => {
  expect(["100", "4k", "2M", "1g", "0", "-1", "1.5k", "k", ""].map(parseSize)).toEqual([
    100,
    4096,
    2 * 1024 ** 2,
    1024 ** 3,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(compileLogPattern("(?i)error")?.test("ERROR")).toBe(true);
  expect(compileLogPattern("error")?.test("ERROR")).toBe(false);
  expect(compileLogPattern("[")).toBeUndefined();
});
