import type { Packages } from "../attestation/statements.ts";
import type { EngineName } from "../engine/engine.ts";
import { PratiqueError } from "../errors.ts";
import type { Report } from "../evidence/report.ts";
import type { SignOptions as SigningOptions } from "../pipeline/sign.ts";
import { terminalOptions } from "./failure.ts";
import { stopOnSignals, write } from "./work.ts";

export interface SignOptions {
  readonly key?: string;
  readonly keyless?: boolean;
  readonly fulcioUrl?: string;
  readonly rekorUrl?: string;
  readonly attach?: string;
}

/** The lists of packages that are signed: what is known against them changes every day, and is signed on its own. */
export async function packagesOf({ vulnerabilities: _, ...report }: Report): Promise<Packages> {
  const [{ renderCycloneDx }, { renderSpdx }] = await Promise.all([
    import("../reporters/sbom/cyclonedx.ts"),
    import("../reporters/sbom/spdx.ts"),
  ]);
  return { cycloneDx: JSON.parse(renderCycloneDx(report)), spdx: JSON.parse(renderSpdx(report)) };
}

/** `pratique sign`: signs what a check wrote. */
export async function sign(path: string, options: SignOptions): Promise<number> {
  const { attach } = options;
  const key = keyOf(options);
  const abort = new AbortController();
  const unhook = stopOnSignals(abort);
  try {
    const { signEvidence } = await import("../pipeline/sign.ts");
    const { file, statements, files, by, attached } = await signEvidence({
      path,
      key,
      packages: packagesOf,
      attach,
      signal: abort.signal,
    });
    const lines = [
      `Signed ${files.join(", ")}`,
      `  by ${by}`,
      ...statements.map((type) => `  ${type}`),
      `Written to ${file}`,
      ...(attached === undefined
        ? []
        : [
            `Attached to ${attached.image}`,
            ...attached.artifacts.map((type) => `  ${type}`),
            ...(attached.cosignTag === undefined ? [] : [`  for cosign under the tag ${attached.cosignTag}`]),
          ]),
      "",
    ];
    await write(process.stdout, lines.join("\n"));
    return 0;
  } finally {
    unhook();
  }
}

/** A key, or none and where to ask instead. */
export function keyOf({
  key,
  keyless = false,
  fulcioUrl,
  rekorUrl,
}: Omit<SignOptions, "attach">): SigningOptions["key"] {
  if (keyless === (key !== undefined))
    throw new PratiqueError("usage.bad-argument", "Evidence is signed with a key or without one.", {
      hint: "Give --key <file>, or --keyless where an identity provider vouches for you (in CI, for example).",
    });
  return key ?? { fulcio: fulcioUrl, rekor: rekorUrl };
}

export interface VerifyRunOptions {
  readonly key?: string;
  readonly identity?: string;
  readonly issuer?: string;
  readonly trustedRoot?: string;
  readonly image?: string;
  readonly engine?: EngineName;
  readonly profile?: string;
  readonly maxAge?: string;
  readonly format: "text" | "json";
}

/** `pratique verify`: 1 when a check failed. */
export async function verify(path: string | undefined, options: VerifyRunOptions): Promise<number> {
  const abort = new AbortController();
  const unhook = stopOnSignals(abort);
  try {
    const { verifyCommand } = await import("../pipeline/verify.ts");
    const { renderVerification, renderVerificationJson } = await import("../reporters/verification.ts");
    const result = await verifyCommand({
      path,
      key: options.key,
      identity: options.identity,
      issuer: options.issuer,
      trustedRoot: options.trustedRoot,
      image: options.image,
      engine: options.engine,
      profile: options.profile,
      maxAge: options.maxAge === undefined ? undefined : days(options.maxAge),
      signal: abort.signal,
      render: async (report) => (await import("../reporters/page/render.tsx")).renderHtml(report),
      packages: packagesOf,
    });
    await write(
      process.stdout,
      options.format === "json"
        ? renderVerificationJson(result)
        : renderVerification(result, terminalOptions(process.stdout)),
    );
    return result.checks.some(({ status }) => status === "failed") ? 1 : 0;
  } finally {
    unhook();
  }
}

function days(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new PratiqueError(
    "usage.bad-argument",
    `--max-age takes a number of days, not “${text.slice(0, 40)}”.`,
    {
      hint: "For example: --max-age 90",
    },
  );
}

/** `pratique crate`: describes the evidence's files as an RO-Crate. */
export async function crate(path: string): Promise<number> {
  const [{ crateEvidence }, { renderCrate }] = await Promise.all([
    import("../pipeline/crate.ts"),
    import("../reporters/ro-crate.ts"),
  ]);
  const { file, files } = await crateEvidence({ path, render: renderCrate });
  await write(process.stdout, `Described ${files.join(", ")}\nWritten to ${file}\n`);
  return 0;
}

export interface CompareOptions {
  readonly exitCode?: boolean;
  readonly format: "text" | "json";
}

/** `pratique compare`: what changed since the version that was approved. */
export async function compare(before: string, after: string, options: CompareOptions): Promise<number> {
  const [{ readReport }, { compareReports, differs }] = await Promise.all([
    import("../pipeline/read-report.ts"),
    import("../evidence/comparison.ts"),
  ]);
  const comparison = compareReports(await readReport(before), await readReport(after));
  if (options.format === "json") {
    const { jsonText } = await import("../reporters/json-text.ts");
    await write(process.stdout, jsonText(comparison));
  } else {
    const { renderComparison } = await import("../reporters/comparison.ts");
    await write(process.stdout, renderComparison(comparison, terminalOptions(process.stdout)));
  }
  return options.exitCode === true && differs(comparison) ? 1 : 0;
}
