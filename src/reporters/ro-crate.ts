import { mediaTypeOf } from "../attestation/verification.ts";
import type { Report, Verdict } from "../evidence/report.ts";
import { jsonText } from "./json-text.ts";

/** A file of the evidence. */
export interface CrateFile {
  readonly name: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** An entity of the graph, by the terms of schema.org. */
type Entity = Readonly<Record<string, unknown>> & { readonly "@id": string };

const ref = (id: string) => ({ "@id": id });

/** A check that could not be finished has shown nothing: it did not succeed. */
const STATUS: Readonly<Record<Verdict, string>> = {
  clear: "http://schema.org/CompletedActionStatus",
  "clear-with-advice": "http://schema.org/CompletedActionStatus",
  "not-clear": "http://schema.org/FailedActionStatus",
  incomplete: "http://schema.org/FailedActionStatus",
};

const ROOT = "./";
const REPORT = "report.json";

/** What a file is, for people. */
const TITLES: Readonly<Record<string, string>> = {
  [REPORT]: "Evidence of the check",
  "index.html": "The page that shows the evidence",
  "build.log": "What the engine printed while it built the image",
  "test.log": "What the program printed in the test run",
};

/**
 * The folder of the evidence as a research object: `ro-crate-metadata.json` of RO-Crate 1.1
 * (https://w3id.org/ro/crate/1.1). The check is an `AssessAction`, as a Five Safes RO-Crate
 * (https://w3id.org/5s-crate/0.4) has those of its phases.
 */
export function renderCrate(report: Report, files: readonly CrateFile[]): string {
  const { subject, profile, tool, times, verdict, summary } = report;
  const name = subject.imageReference ?? subject.name;
  const started = Date.parse(times.startedAt);
  const endedAt = Number.isNaN(started)
    ? times.startedAt
    : new Date(started + times.seconds * 1000).toISOString();
  const graph: readonly Entity[] = [
    {
      "@id": "ro-crate-metadata.json",
      "@type": "CreativeWork",
      conformsTo: ref("https://w3id.org/ro/crate/1.1"),
      about: ref(ROOT),
    },
    {
      "@id": ROOT,
      "@type": "Dataset",
      name: `Evidence of a check of ${name}`,
      description: summary,
      datePublished: endedAt,
      license: "The evidence says nothing of a licence; it goes to those who review the image.",
      about: ref("#image"),
      mentions: ref("#check"),
      hasPart: files.map((file) => ref(idOf(file))),
    },
    {
      "@id": "#check",
      "@type": "AssessAction",
      name: `Check against ${profile.title} (${profile.id} ${profile.version}): ${verdict}`,
      description: summary,
      startTime: times.startedAt,
      endTime: endedAt,
      actionStatus: ref(STATUS[verdict]),
      object: ref("#image"),
      instrument: [ref("#policy"), ref("#pratique")],
      ...(files.some((file) => file.name === REPORT) ? { result: ref(REPORT) } : {}),
    },
    {
      "@id": "#image",
      "@type": "SoftwareApplication",
      name,
      ...(subject.imageId === null ? {} : { identifier: subject.imageId }),
      applicationCategory: "container image",
      ...(subject.platform === null ? {} : { operatingSystem: subject.platform }),
    },
    {
      "@id": "#policy",
      "@type": "DefinedTerm",
      name: profile.title,
      termCode: profile.id,
      version: profile.version,
      ...(profile.sha256 === undefined ? {} : { sha256: profile.sha256 }),
    },
    { "@id": "#pratique", "@type": "SoftwareApplication", name: tool.name, softwareVersion: tool.version },
    ...files.map((file) => ({
      "@id": idOf(file),
      "@type": "File",
      name: TITLES[file.name] ?? file.name,
      encodingFormat: mediaTypeOf(file.name),
      contentSize: String(file.bytes),
      sha256: file.sha256,
    })),
  ];
  return jsonText({
    "@context": [
      "https://w3id.org/ro/crate/1.1/context",
      { sha256: "https://w3id.org/ro/terms/workflow-run#sha256" },
    ],
    "@graph": graph,
  });
}

/** A file's name as a relative address; what could lead elsewhere is written in percent signs. */
const idOf = ({ name }: CrateFile): string => encodeURIComponent(name);
