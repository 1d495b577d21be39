import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { messageOf } from "../errors.ts";
import type { Report, Verdict } from "../evidence/report.ts";
import { decideVerdict } from "../evidence/verdict.ts";
import { type Envelope, STATEMENT_TYPE } from "../signing/dsse.ts";
import type { TrustedSigner } from "../signing/signer.ts";
import {
  type BoundFile,
  type Packages,
  PREDICATES,
  publishedIn,
  STATEMENT,
  type Statement,
  statementsOf,
} from "./statements.ts";

/** One thing that a reviewer wants to know of the evidence, and what came of looking. */
export interface Check {
  readonly id: "signature" | "files" | "statements" | "verdict" | "page" | "image" | "profile" | "expiry";
  /** A sentence that is true when the check passed. */
  readonly title: string;
  readonly status: "passed" | "failed" | "not-checked";
  /** What was compared, what differs, or why nothing was compared. */
  readonly detail: string;
}

export interface Verification {
  /** What the evidence itself says; worth no more than the checks. */
  readonly verdict: Verdict;
  readonly summary: string;
  readonly image: { readonly id: string | null; readonly digest: string | null; readonly name: string };
  readonly checks: readonly Check[];
  /** Files of the folder that no signature covers. */
  readonly unsigned: readonly string[];
}

/** What lies in the evidence's folder, and what the reviewer brings along. */
export interface Given {
  readonly report: Report;
  /** Name of the file that it was read from. */
  readonly reportName: string;
  /** Files of the folder by name: the report, the page, documents of packages. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Text of the file of attestations; undefined where there is none. */
  readonly attestations: string | undefined;
  /** Whoever is to have signed; undefined when nobody was named. */
  readonly signer: TrustedSigner | undefined;
  /** The image that the reviewer has; undefined when none was named. */
  readonly image:
    | { readonly name: string; readonly id: string; readonly digest: string | undefined }
    | undefined;
  /** The profile that the place expects. */
  readonly profile: { readonly id: string; readonly version: string; readonly sha256: string };
  /** Whether this very version of pratique wrote the evidence. */
  readonly sameTool: boolean;
  /** Makes the page anew; undefined where this version did not write it. */
  readonly page: (() => Promise<string>) | undefined;
  /** Makes the lists of packages anew, as `page` does with the page. */
  readonly packages: (() => Promise<Packages>) | undefined;
  /** ISO date. */
  readonly today: string;
  /** Days; undefined: evidence does not grow old. */
  readonly maxAge: number | undefined;
}

/** No evidence holds more: a file with more lines is something else. */
const MOST_LINES = 100;

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Looks whether all parts belong together. Reading only: nothing is thrown for evidence that is not to be trusted. */
export async function verifyEvidence(given: Given): Promise<Verification> {
  const { report } = given;
  const { check, statements } = signatureOf(given);
  const files = filesOf(given, statements);
  return {
    verdict: report.verdict,
    summary: report.summary,
    image: {
      id: report.subject.imageId,
      digest: report.subject.imageDigest,
      name: report.subject.imageReference ?? report.subject.name,
    },
    checks: [
      check,
      files.check,
      await statementsCheck(given, statements),
      verdictOf(report),
      await pageOf(given),
      imageOf(given),
      profileOf(given),
      expiryOf(given),
    ],
    unsigned: [...given.files.keys()].filter((name) => !files.covered.has(name)),
  };
}

/** The statements whose signature holds. */
function signatureOf({ attestations, signer }: Given): { check: Check; statements: readonly Statement[] } {
  const said = (status: Check["status"], detail: string): Check => ({
    id: "signature",
    title: signer?.title ?? "The evidence is signed by whoever was expected to",
    status,
    detail,
  });
  if (attestations === undefined)
    return {
      check: said(
        signer === undefined ? "not-checked" : "failed",
        "there is no attestations.jsonl beside the evidence: nobody signed it",
      ),
      statements: [],
    };
  if (signer === undefined)
    return {
      check: said(
        "not-checked",
        "nobody was named, so whoever wrote the evidence may have signed it (--key, or --identity and --issuer)",
      ),
      statements: [],
    };
  try {
    const lines = attestations.split("\n");
    if (lines.pop() !== "")
      throw new Error("attestations.jsonl does not end with a line break: it is cut short");
    if (lines.length === 0) throw new Error("attestations.jsonl is empty");
    if (lines.length > MOST_LINES) throw new Error(`attestations.jsonl has ${lines.length} lines`);
    const statements = lines.map((line, index) =>
      statementIn(signer.open(line, `attestations.jsonl, line ${index + 1},`), index),
    );
    return { check: said("passed", `${statements.length} statements, ${signer.name}`), statements };
  } catch (error) {
    return { check: said("failed", messageOf(error).slice(0, 300)), statements: [] };
  }
}

function statementIn({ payloadType, payload }: Envelope, index: number): Statement {
  const value: unknown = payloadType === STATEMENT_TYPE ? JSON.parse(payload.toString("utf8")) : undefined;
  const { _type, predicateType } = (value ?? {}) as Record<string, unknown>;
  if (_type !== STATEMENT || typeof predicateType !== "string")
    throw new Error(`line ${index + 1} holds no in-toto statement`);
  return value as Statement;
}

/** Whether the signed digests are those of the files. */
function filesOf(
  { files, reportName }: Given,
  statements: readonly Statement[],
): { check: Check; covered: ReadonlySet<string> } {
  const title = "The files are those that were signed";
  const references = statements.flatMap(({ predicateType, predicate }) =>
    predicateType === PREDICATES.files ? referencesIn(predicate) : [],
  );
  if (references.length === 0)
    return {
      check: { id: "files", title, status: "not-checked", detail: "no signature that holds names any file" },
      covered: new Set(),
    };
  const wrong = references.flatMap(({ name, digest }) => {
    const bytes = files.get(name);
    if (bytes === undefined) return [`${name} is missing`];
    return sha256(bytes) === digest ? [] : [`${name} was changed after it was signed`];
  });
  if (!references.some(({ name }) => name === reportName)) wrong.push(`${reportName} was not signed`);
  return {
    check: {
      id: "files",
      title,
      status: wrong.length === 0 ? "passed" : "failed",
      detail: wrong.length === 0 ? references.map(({ name }) => name).join(", ") : wrong.join("; "),
    },
    covered: new Set(references.map(({ name }) => name)),
  };
}

function referencesIn(predicate: unknown): { name: string; digest: string }[] {
  const { references } = (predicate ?? {}) as { references?: unknown };
  if (!Array.isArray(references)) return [];
  return references.map((one: unknown) => {
    const { downloadLocation, digest } = (one ?? {}) as {
      downloadLocation?: unknown;
      digest?: { sha256?: unknown };
    };
    return { name: String(downloadLocation).slice(0, 200), digest: String(digest?.sha256) };
  });
}

/** Whether the signed statements say what the report says: of which image, with which outcome. */
async function statementsCheck(
  { report, packages }: Given,
  statements: readonly Statement[],
): Promise<Check> {
  const title = "What was signed says what the evidence says";
  const check = (status: Check["status"], detail: string): Check => ({
    id: "statements",
    title,
    status,
    detail,
  });
  if (statements.length === 0) return check("not-checked", "there is no signature that holds");
  const bound = statements.flatMap(({ predicateType, predicate }) =>
    predicateType === PREDICATES.files ? referencesIn(predicate) : [],
  );
  const [first] = statements;
  const wanted = statementsOf(report, {
    files: bound.map(
      ({ name, digest }): BoundFile => ({ name, sha256: digest, mediaType: mediaTypeOf(name) }),
    ),
    published: first === undefined ? [] : publishedIn(first),
    packages: report.inventory === undefined ? undefined : await packages?.(),
  });
  const wrong = wanted.flatMap((one) => {
    const said = statements.filter(({ predicateType }) => predicateType === one.predicateType);
    if (said.length === 0) return [`nothing of the type ${one.predicateType} was signed`];
    return said.every((other) => isDeepStrictEqual(other, plain(one)))
      ? []
      : [`the signed statement ${one.predicateType} differs from the evidence`];
  });
  const strangers = statements.filter(
    ({ predicateType, subject }) =>
      !wanted.some((one) => one.predicateType === predicateType) &&
      !isDeepStrictEqual(subject, plain(wanted[0]?.subject)),
  );
  for (const { predicateType } of strangers)
    wrong.push(`${predicateType.slice(0, 100)} is about another image`);
  return wrong.length === 0
    ? check("passed", statements.map(({ predicateType }) => predicateType).join(", "))
    : check("failed", wrong.join("; "));
}

/** As it is after it was written and read again. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Known kinds of files beside the evidence. */
export const mediaTypeOf = (name: string): string =>
  name.endsWith(".html")
    ? "text/html"
    : name.endsWith(".cdx.json")
      ? "application/vnd.cyclonedx+json"
      : name.endsWith(".spdx.json")
        ? "application/spdx+json"
        : name.endsWith(".json")
          ? "application/json"
          : "application/octet-stream";

function verdictOf(report: Report): Check {
  const due = decideVerdict(report.requirements, report.findings);
  const check = (status: Check["status"], detail: string): Check => ({
    id: "verdict",
    title: "The verdict follows from the requirements and findings",
    status,
    detail,
  });
  const early = report.requirements.find(({ scope, status }) => scope === "publish" && status === "pass");
  if (early !== undefined && report.publication === undefined)
    return check("failed", `it says that ${early.id} is met, and of no publication that would show it`);
  return due === report.verdict
    ? check("passed", report.verdict)
    : check("failed", `the evidence says “${report.verdict}”, but what it lists gives “${due}”`);
}

async function pageOf({ files, page, report }: Given): Promise<Check> {
  const check = (status: Check["status"], detail: string): Check => ({
    id: "page",
    title: "The page shows this evidence",
    status,
    detail,
  });
  const there = files.get("index.html");
  if (there === undefined) return check("not-checked", "there is no index.html beside the evidence");
  if (page === undefined)
    return check("not-checked", `the page was written by pratique ${report.tool.version}, which this is not`);
  return Buffer.from(await page(), "utf8").equals(there)
    ? check("passed", "made anew from the evidence, it is the same to the byte")
    : check("failed", "made anew from the evidence, it is another");
}

function imageOf({ image, report: { subject } }: Given): Check {
  const check = (status: Check["status"], detail: string): Check => ({
    id: "image",
    title: "The evidence is about the image at hand",
    status,
    detail,
  });
  if (image === undefined) return check("not-checked", "no image was named (--image)");
  if (subject.imageId === null) return check("failed", "the evidence is about no image");
  return image.id === subject.imageId
    ? check("passed", `${image.name} has the configuration ${image.id}`)
    : check(
        "failed",
        `${image.name} has the configuration ${image.id}, the evidence's has ${subject.imageId}`,
      );
}

function profileOf({ profile, sameTool, report }: Given): Check {
  const check = (status: Check["status"], detail: string): Check => ({
    id: "profile",
    title: "It was checked against the policy that is expected",
    status,
    detail,
  });
  const said = report.profile;
  const name = `${said.id} ${said.version}`;
  if (said.id !== profile.id || said.version !== profile.version)
    return check("failed", `checked against ${name}, expected is ${profile.id} ${profile.version}`);
  // Evidence of schema 1.0 says no more than the name.
  if (said.sha256 === undefined || said.sha256 === profile.sha256) return check("passed", name);
  return sameTool
    ? check("failed", `it names ${name}, but values in the policy that it was checked against are others`)
    : check(
        "not-checked",
        `it names ${name}, as expected; whether all values are the same only pratique ${report.tool.version} can tell`,
      );
}

const DAY = 86_400_000;

function expiryOf({ report, today, maxAge }: Given): Check {
  const title = "Nothing in it has expired";
  const age = Math.floor((Date.parse(today) - Date.parse(report.times.startedAt.slice(0, 10))) / DAY);
  const over = report.findings.flatMap(({ rule, waived }) =>
    waived?.until !== undefined && waived.until < today ? [`${rule} was accepted until ${waived.until}`] : [],
  );
  const wrong = [
    ...(Number.isNaN(age) ? ["the day of the check is no date"] : []),
    ...(age < 0 ? [`it is dated ${report.times.startedAt.slice(0, 10)}, which is still to come`] : []),
    ...(maxAge !== undefined && age > maxAge ? [`it is ${age} days old, more than ${maxAge}`] : []),
    ...new Set(over),
  ];
  return {
    id: "expiry",
    title,
    status: wrong.length === 0 ? "passed" : "failed",
    detail:
      wrong.length === 0
        ? `checked on ${report.times.startedAt.slice(0, 10)}`
        : wrong.join("; ").slice(0, 1000),
  };
}
