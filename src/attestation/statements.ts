import { PratiqueError } from "../errors.ts";
import type { Report, RequirementStatus } from "../evidence/report.ts";
import type { ScannerSummary, VulnerabilitySummary } from "../evidence/vulnerabilities.ts";

/** What says something about an image, in the form that the ecosystem's tools read (in-toto attestation framework, v1). */
export interface Statement {
  readonly _type: typeof STATEMENT;
  readonly subject: readonly Descriptor[];
  readonly predicateType: string;
  readonly predicate: unknown;
}

/** in-toto's ResourceDescriptor. */
export interface Descriptor {
  readonly name?: string;
  readonly uri?: string;
  readonly digest?: Readonly<Record<string, string>>;
  readonly mediaType?: string;
  readonly downloadLocation?: string;
  readonly annotations?: Readonly<Record<string, unknown>>;
}

/** What is signed beside what the report says by itself. */
export interface Enclosed {
  /** Bound by their digests. */
  readonly files: readonly BoundFile[];
  /** The report's inventory, where it has one. */
  readonly packages?: Packages | undefined;
  /** Manifests that a registry has for the image. */
  readonly published?: readonly Descriptor[] | undefined;
}

/** The same list of packages in the two forms that tools ask for. */
export interface Packages {
  readonly cycloneDx: unknown;
  readonly spdx: unknown;
}

/** A file beside the evidence. */
export interface BoundFile {
  /** Its name in the evidence's folder. */
  readonly name: string;
  /** In hexadecimal. */
  readonly sha256: string;
  readonly mediaType: string;
}

export const STATEMENT = "https://in-toto.io/Statement/v1";

/** Types of predicates: https://github.com/in-toto/attestation/tree/main/spec/predicates, and CycloneDX's, SPDX's and cosign's own. */
export const PREDICATES = {
  result: "https://in-toto.io/attestation/test-result/v0.1",
  provenance: "https://slsa.dev/provenance/v1",
  files: "https://in-toto.io/attestation/reference/v0.1",
  packages: "https://cyclonedx.org/bom",
  spdx: "https://spdx.dev/Document",
  vulnerabilities: "https://cosign.sigstore.dev/attestation/vuln/v1",
} as const;

/** How the image was built: what `buildDefinition` holds is told in docs/evidence.md. */
const BUILD_TYPE = "urn:pratique:build:1";

const hexOf = (digest: string): string => digest.replace(/^sha256:/, "");

/**
 * What is signed of a report. The same input gives the same statements. Fails with `report.invalid` where no image is
 * named.
 */
export function statementsOf(
  report: Report,
  { files, packages, published = [] }: Enclosed,
): readonly Statement[] {
  const subject = [...subjectOf(report), ...published];
  const made = (predicateType: string, predicate: unknown): Statement => ({
    _type: STATEMENT,
    subject,
    predicateType,
    predicate,
  });
  return [
    made(PREDICATES.files, {
      attester: { id: attester(report) },
      references: files.map(({ name, sha256, mediaType }) => ({
        downloadLocation: name,
        digest: { sha256 },
        mediaType,
      })),
    }),
    made(PREDICATES.result, testResult(report)),
    ...(report.build === null ? [] : [made(PREDICATES.provenance, provenance(report, report.build))]),
    ...(packages === undefined
      ? []
      : [made(PREDICATES.packages, packages.cycloneDx), made(PREDICATES.spdx, packages.spdx)]),
    ...(report.vulnerabilities === undefined
      ? []
      : [made(PREDICATES.vulnerabilities, vulnerabilities(report, report.vulnerabilities))]),
  ];
}

/**
 * The image by all that identifies it. A registry's tools know it by its manifest; until it is pushed there is none, and
 * the configuration's digest, which is the same everywhere, stands for it.
 */
export function subjectOf({ subject }: Report): readonly Descriptor[] {
  const name = subject.imageReference ?? subject.name;
  const found: Descriptor[] = [];
  if (subject.imageDigest !== null)
    found.push({ name, digest: { sha256: hexOf(subject.imageDigest) }, annotations: { what: "manifest" } });
  if (subject.imageId !== null)
    found.push({ name, digest: { sha256: hexOf(subject.imageId) }, annotations: { what: "configuration" } });
  if (found.length > 0) return found;
  throw new PratiqueError("report.invalid", "This evidence is about no image, so there is nothing to sign.", {
    hint: "Sign what “pratique check” wrote.",
  });
}

/** A manifest of the image as a registry has it: that of the engine, or another, where the registry keeps layers in another form. */
export const publishedAs = (name: string, digest: string): Descriptor => ({
  name,
  digest: { sha256: hexOf(digest) },
  annotations: { what: PUBLISHED },
});

/** The manifests in registries that a statement names. */
export const publishedIn = ({ subject }: Statement): readonly Descriptor[] =>
  Array.isArray(subject) ? subject.filter((one) => one?.annotations?.what === PUBLISHED) : [];

const PUBLISHED = "manifest in a registry";

const attester = ({ tool }: Report): string => `urn:pratique:${tool.version}`;

/** What was not assessed is never among the tests that passed, and keeps the whole from being called so. */
function testResult(report: Report): unknown {
  const { verdict, requirements, subject, profile } = report;
  const named = (status: RequirementStatus): string[] =>
    requirements.filter((one) => one.status === status).map(({ id }) => id);
  return {
    result: { clear: "PASSED", "clear-with-advice": "WARNED", "not-clear": "FAILED", incomplete: "FAILED" }[
      verdict
    ],
    configuration: [
      {
        name: "profile",
        uri: `urn:pratique:profile:${profile.id}:${profile.version}`,
        ...(profile.sha256 === undefined ? {} : { digest: { sha256: profile.sha256 } }),
      },
      ...(subject.dockerfile === null
        ? []
        : [{ name: subject.dockerfile.path, digest: { sha256: subject.dockerfile.sha256 } }]),
      ...(subject.git === null
        ? []
        : [
            {
              name: "source",
              digest: { gitCommit: subject.git.commit },
              annotations: { clean: subject.git.clean },
            },
          ]),
      ...(report.files ?? []).map(({ kind, path, sha256 }) => ({
        name: path,
        digest: { sha256 },
        annotations: { kind },
      })),
    ],
    passedTests: named("pass"),
    warnedTests: named("waived"),
    failedTests: named("fail"),
    annotations: { verdict, command: report.command, notAssessed: named("not-assessed") },
  };
}

const toolsOf = ({ tools = [] }: Report): Record<string, string> =>
  Object.fromEntries(tools.map(({ name, version }) => [name, version]));

function provenance(report: Report, build: NonNullable<Report["build"]>): unknown {
  return {
    buildDefinition: {
      buildType: BUILD_TYPE,
      externalParameters: { platform: build.platform, arguments: build.arguments },
      internalParameters: { engine: report.engine },
      resolvedDependencies: [
        { name: "Dockerfile", digest: { sha256: build.dockerfileSha256 } },
        { name: "context", digest: { sha256: build.contextSha256 } },
        ...build.bases.map(({ reference, digest }) => ({
          name: reference,
          ...(digest === null ? { uri: reference } : { digest: { sha256: hexOf(digest) } }),
        })),
        ...(report.subject.git === null
          ? []
          : [{ name: "source", digest: { gitCommit: report.subject.git.commit } }]),
      ],
    },
    runDetails: {
      builder: { id: attester(report), version: { pratique: report.tool.version, ...toolsOf(report) } },
      metadata: timesOf(report),
    },
  };
}

/**
 * The form that cosign calls `vuln` (specs/COSIGN_VULN_ATTESTATION_SPEC.md there). It has room for one scanner, the first;
 * the result, which is in our own form and holds no more than the evidence, names all of them.
 */
function vulnerabilities(report: Report, result: VulnerabilitySummary): unknown {
  const [{ name, version, databaseOf } = NO_SCANNER] = result.scanners;
  const { startedOn, finishedOn } = timesOf(report);
  return {
    invocation: { parameters: null, uri: "", event_id: "", "builder.id": attester(report) },
    scanner: {
      uri: `pkg:generic/${encodeURIComponent(name.toLowerCase())}@${encodeURIComponent(version)}`,
      version,
      db: { uri: "", version: databaseOf ?? "" },
      result,
    },
    metadata: { scanStartedOn: startedOn, scanFinishedOn: finishedOn },
  };
}

const NO_SCANNER: ScannerSummary = { name: "unknown", version: "unknown", databaseOf: null };

function timesOf({ times }: Report): { readonly startedOn: string; readonly finishedOn: string } {
  const started = new Date(times.startedAt);
  return {
    startedOn: started.toISOString(),
    finishedOn: new Date(started.getTime() + times.seconds * 1000).toISOString(),
  };
}
