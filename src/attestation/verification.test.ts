import { createHash, generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Report } from "../evidence/report.ts";
import { decideVerdict } from "../evidence/verdict.ts";
import { renderJson } from "../reporters/json.ts";
import { renderHtml } from "../reporters/page/render.tsx";
import { clearReport, lintReport, notClearReport } from "../reporters/page/sample-report.ts";
import { STATEMENT_TYPE, signEnvelope, writeEnvelope } from "../signing/dsse.ts";
import { privateKey, publicKey } from "../signing/keys.ts";
import { trustedKey } from "../signing/signer.ts";
import { PREDICATES, type Statement, statementsOf } from "./statements.ts";
import { type Given, mediaTypeOf, verifyEvidence } from "./verification.ts";

const made = generateKeyPairSync("ed25519");
const signer = privateKey({
  name: "k",
  text: made.privateKey.export({ type: "pkcs8", format: "pem" }) as string,
  mode: 0o600,
});
const reviewer = publicKey({
  name: "k",
  text: made.publicKey.export({ type: "spki", format: "pem" }) as string,
});
const stranger = publicKey({
  name: "s",
  text: generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }) as string,
});

/** A sample report whose verdict follows from what it lists, as in every real one. */
const settled = (report: Report): Report => ({
  ...report,
  verdict: decideVerdict(report.requirements, report.findings),
});

const signedLines = (statements: readonly Statement[]): string =>
  statements
    .map(
      (one) => `${writeEnvelope(signEnvelope(STATEMENT_TYPE, Buffer.from(JSON.stringify(one)), signer))}\n`,
    )
    .join("");

const PROFILE = "1".repeat(64);
const PACKAGES = { cycloneDx: { bomFormat: "CycloneDX" }, spdx: { spdxVersion: "SPDX-2.3" } };

function evidenceOf(sample: Report, more: Partial<Given> = {}): Given {
  const report = settled({ ...sample, profile: { ...sample.profile, sha256: PROFILE } });
  const files = new Map([
    ["report.json", Buffer.from(renderJson(report))],
    ["index.html", Buffer.from(renderHtml(report))],
  ]);
  const bound = [...files].map(([name, bytes]) => ({
    name,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    mediaType: mediaTypeOf(name),
  }));
  return {
    report,
    reportName: "report.json",
    files,
    attestations: signedLines(statementsOf(report, { files: bound, packages: PACKAGES })),
    signer: trustedKey(reviewer),
    image: { name: "heart.tar", id: report.subject.imageId ?? "", digest: undefined },
    profile: { ...report.profile, sha256: PROFILE },
    sameTool: true,
    page: async () => renderHtml(report),
    packages: async () => PACKAGES,
    today: report.times.startedAt.slice(0, 10),
    maxAge: undefined,
    ...more,
  };
}

const failing = async (given: Given): Promise<string[]> =>
  (await verifyEvidence(given)).checks.filter(({ status }) => status === "failed").map(({ id }) => id);

describe("evidence that belongs together", () => {
  it.each([
    ["clear", clearReport],
    ["not clear", notClearReport],
  ])("passes every check: %s", async (_, report) => {
    const { checks, unsigned } = await verifyEvidence(evidenceOf(report));
    expect(checks.map(({ id, status }) => [id, status])).toEqual([
      ["signature", "passed"],
      ["files", "passed"],
      ["statements", "passed"],
      ["verdict", "passed"],
      ["page", "passed"],
      ["image", "passed"],
      ["profile", "passed"],
      ["expiry", "passed"],
    ]);
    expect(unsigned).toEqual([]);
  });

  it("says what was not checked, and counts none of it as passed", async () => {
    const { checks, unsigned } = await verifyEvidence(
      evidenceOf(clearReport, {
        attestations: undefined,
        signer: undefined,
        image: undefined,
        page: undefined,
      }),
    );
    expect(checks.filter(({ status }) => status === "not-checked").map(({ id }) => id)).toEqual([
      "signature",
      "files",
      "statements",
      "page",
      "image",
    ]);
    expect(unsigned).toEqual(["report.json", "index.html"]);
  });
});

describe("evidence that does not", () => {
  const good = evidenceOf(clearReport);
  const other = settled({ ...good.report, summary: "Nothing was wrong at all." });
  const replaced = (name: string, bytes: Buffer): ReadonlyMap<string, Uint8Array> =>
    new Map([...good.files, [name, bytes]]);

  it.each<[string, Given, readonly string[]]>([
    ["another key", { ...good, signer: trustedKey(stranger) }, ["signature"]],
    ["nobody signed, though a key was given", { ...good, attestations: undefined }, ["signature"]],
    [
      "a line is missing at the end",
      { ...good, attestations: good.attestations?.slice(0, -1) },
      ["signature"],
    ],
    ["no line is left", { ...good, attestations: "" }, ["signature"]],
    [
      "the report was changed",
      { ...good, files: replaced("report.json", Buffer.from(renderJson(other))) },
      ["files"],
    ],
    [
      "page and report were changed alike",
      {
        ...good,
        report: other,
        page: async () => renderHtml(other),
        files: new Map([
          ["report.json", Buffer.from(renderJson(other))],
          ["index.html", Buffer.from(renderHtml(other))],
        ]),
      },
      ["files"],
    ],
    [
      "the page is another's",
      { ...good, files: replaced("index.html", Buffer.from("<p>clear</p>")) },
      ["files", "page"],
    ],
    [
      "another report beside the signed one is shown",
      {
        ...good,
        report: other,
        reportName: "other.json",
        page: undefined,
        files: replaced("other.json", Buffer.from(renderJson(other))),
      },
      ["files"],
    ],
    ["a file is missing", { ...good, files: new Map([...good.files].slice(0, 1)) }, ["files"]],
    [
      "another image arrived",
      { ...good, image: { name: "x.tar", id: "sha256:0", digest: undefined } },
      ["image"],
    ],
    [
      "the packages are others",
      { ...good, packages: async () => ({ ...PACKAGES, spdx: { packages: ["more"] } }) },
      ["statements"],
    ],
    ["the policy is another", { ...good, profile: { ...good.profile, version: "0" } }, ["profile"]],
    [
      "the policy has the name alone",
      { ...good, profile: { ...good.profile, sha256: "2".repeat(64) } },
      ["profile"],
    ],
    ["it is too old", { ...good, today: "2031-01-01", maxAge: 90 }, ["expiry"]],
    ["it comes from the future", { ...good, today: "2001-01-01" }, ["expiry"]],
    [
      "its verdict was made up",
      evidenceOf(notClearReport, { report: { ...settled(notClearReport), verdict: "clear" } }),
      ["statements", "verdict"],
    ],
    [
      "a statement about another image was put in",
      {
        ...good,
        attestations: `${good.attestations}${signedLines([
          {
            _type: "https://in-toto.io/Statement/v1",
            subject: [{ digest: { sha256: "0".repeat(64) } }],
            predicateType: "https://example.org/any",
            predicate: {},
          },
        ])}`,
      },
      ["statements"],
    ],
    [
      "the outcome is left out of what was signed",
      {
        ...good,
        attestations: `${good.attestations
          ?.split("\n")
          .filter(
            (line) =>
              line !== "" && !line.includes(Buffer.from(PREDICATES.result).toString("base64").slice(4, 40)),
          )
          .filter(
            (line) =>
              JSON.parse(Buffer.from(JSON.parse(line).payload, "base64").toString()).predicateType !==
              PREDICATES.result,
          )
          .join("\n")}\n`,
      },
      ["statements"],
    ],
  ])("is found out: %s", async (_, given, expected) => {
    expect(await failing(given)).toEqual(expected);
  });

  it("says which waiver has run out", async () => {
    const finding = settled(notClearReport).findings[0];
    if (finding === undefined) throw new Error("the sample has findings");
    const report = settled({
      ...notClearReport,
      findings: [{ ...finding, waived: { reason: "agreed", until: "2020-01-01" } }],
    });
    const { checks } = await verifyEvidence(evidenceOf(report));
    expect(checks.find(({ id }) => id === "expiry")).toMatchObject({
      status: "failed",
      detail: expect.stringContaining("until 2020-01-01"),
    });
  });

  it("does not say of another version's policy what cannot be told", async () => {
    const profile = { ...good.profile, sha256: "2".repeat(64) };
    const { checks } = await verifyEvidence({ ...good, profile, sameTool: false });
    expect(checks.find(({ id }) => id === "profile")?.status).toBe("not-checked");
  });

  it("has nothing to sign where there is no image", () => {
    expect(() => statementsOf(lintReport, { files: [] })).toThrow("no image");
  });

  // Any byte of any part; the report is read anew, as from disk.
  const MUTATIONS = Number(process.env.PRATIQUE_FUZZ ?? 1000);
  it(`is found out whichever byte was changed (${MUTATIONS} times)`, async () => {
    const small = evidenceOf({ ...clearReport, findings: [], others: [], runtimes: [] }, { page: undefined });
    const parts: [string, Buffer][] = [
      ...[...small.files].map(([name, bytes]): [string, Buffer] => [name, Buffer.from(bytes)]),
      ["attestations", Buffer.from(small.attestations ?? "")],
    ];
    let state = 20261126;
    const random = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return state % below;
    };
    for (let round = 0; round < MUTATIONS; round++) {
      const [name, bytes] = parts[random(parts.length)] ?? ["", Buffer.alloc(1)];
      const at = random(bytes.length);
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << random(8));
      const given: Given =
        name === "attestations"
          ? { ...small, attestations: changed.toString("utf8") }
          : { ...small, files: new Map([...small.files, [name, changed]]) };
      const failed = await failing(given);
      expect(failed.length, `byte ${at} of ${name}`).toBeGreaterThan(0);
    }
  });
});
