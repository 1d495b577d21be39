import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { processorTime } from "../../test/processor-time.ts";
import { hideTokens, tokensIn } from "./tokens.ts";

/** None of these opens anything. They are put together here, so that no scanner stops at this file. */
const a = (length: number): string => "aB3dE5fG7h".repeat(Math.ceil(length / 10)).slice(0, length);
const hex = (length: number): string => "0123456789abcdef".repeat(20).slice(0, length);
const pem = (kind: string): string =>
  `-----BEGIN ${kind}PRIVATE KEY-----\n${a(64)}\n${a(64)}\n-----END ${kind}PRIVATE KEY-----`;

const TOKENS: readonly (readonly [kind: string, text: string])[] = [
  ["private key", pem("")],
  ["private key", pem("OPENSSH ")],
  [
    "private key",
    pem("RSA ").replace("KEY-----\n", "KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n"),
  ],
  ["private key", JSON.stringify({ private_key: pem("") })],
  ["key of age", `AGE-SECRET-KEY-1${"Q2W3E4R5T6".repeat(6).slice(0, 58)}`],
  ["AWS access key", `AKIA${"Q2W3E4R5T6Y7U8I9"}`],
  ["AWS secret key", `aws_secret_access_key = ${a(40)}`],
  ["Azure storage key", `AccountKey=${a(86)}==`],
  ["Google API key", `AIza${a(35)}`],
  ["GitHub token", `ghp_${a(36)}`],
  ["GitHub token", `github_pat_${a(82)}`],
  ["GitLab token", `glpat-${a(20)}`],
  ["Hugging Face token", `hf_${a(34)}`],
  ["Anthropic key", `sk-ant-api03-${a(95)}`],
  ["OpenAI key", `sk-proj-${a(120)}`],
  ["npm token", `npm_${a(36)}`],
  ["PyPI token", `pypi-AgE${a(90)}`],
  ["Docker Hub token", `dckr_pat_${a(27)}`],
  ["Slack token", `xoxb-${a(40)}`],
  ["Databricks token", `dapi${hex(32)}`],
  ["password in an address", `postgres://app:${a(12)}@db.nsh.loc:5432/x`],
];

describe("tokensIn", () => {
  it.each(TOKENS)("knows a %s", (kind, text) => {
    for (const around of ["", "x = ", "\u00e9 key: '"])
      expect(tokensIn(`${around}${text}\nmore`).map((one) => one.kind)).toEqual([kind]);
  });

  it.each([
    ["the line that opens a key", 'if "-----BEGIN PRIVATE KEY-----" in text: load(text)'],
    ["the example of the manual", "AKIAIOSFODNN7EXAMPLE"],
    ["a blank to fill in", `ghp_${"x".repeat(36)}`],
    ["a word with the letters", "the half_life and shift_hf_ratio"],
    ["an address with a blank", "postgres://user:password@localhost/x https://<user>:<token>@host"],
    ["a variable in an address", "https://me:${TOKEN}@host/x"],
    ["a time in an address", "http://host:8080/a@b"],
  ])("takes no notice of %s", (_what, text) => {
    expect(tokensIn(text)).toEqual([]);
  });

  it("finds a token wherever it stands, and where it is", () => {
    const filling = fc.string({
      unit: fc.constantFrom("a", " ", "\n", "=", '"', "/", ":", "-"),
      maxLength: 60,
    });
    fc.assert(
      fc.property(filling, filling, fc.constantFrom(...TOKENS), (before, after, [kind, token]) => {
        const found = tokensIn(`${before} ${token} ${after}`);
        expect(found.some((one) => one.kind === kind && one.index >= before.length)).toBe(true);
      }),
    );
  });

  it.each([
    ["openings of keys", "-----BEGIN PRIVATE KEY-----\n"],
    ["openings of keys with headers", "-----BEGIN PRIVATE KEY-----\nA-b: c\n"],
    ["beginnings of tokens", "ghp_ hf_ sk-ant-a- xoxb- AKIA glpat- "],
    ["addresses", "://a:b "],
    ["signs of an address", "://:@"],
    ["letters of a key", "secret_access_key = aaaa"],
  ])("takes time that grows with the text: %s", (_what, part) => {
    const time = (length: number): number =>
      processorTime(() => tokensIn(part.repeat(Math.ceil(length / part.length)).slice(0, length)));
    time(20_000);
    expect(time(400_000)).toBeLessThan(500);
  });
});

describe("hideTokens", () => {
  it.each(TOKENS.filter(([kind]) => kind !== "password in an address"))("hides a %s", (_kind, text) => {
    const shown = hideTokens(`before ${text} after`, "(hidden)");
    expect(shown).toContain("(hidden)");
    expect(shown).toMatch(/^before /);
    expect(tokensIn(shown)).toEqual([]);
  });

  it("leaves other text as it is", () => {
    fc.assert(fc.property(fc.string(), (text) => hideTokens(text, "#") === text));
  });
});
