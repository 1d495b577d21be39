import { mediaTypeOf } from "../attestation/verification.ts";
import type { Report, RequirementStatus, Verdict } from "../evidence/report.ts";
import { endedWell } from "./expected.ts";
import { jsonText } from "./json-text.ts";
import { commandLine, exitWords } from "./page/words.ts";

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

const COMPLETED = "http://schema.org/CompletedActionStatus";
const FAILED = "http://schema.org/FailedActionStatus";

/** A check that could not be finished has shown nothing: it did not succeed. */
const STATUS: Readonly<Record<Verdict, string>> = {
  clear: COMPLETED,
  "clear-with-advice": COMPLETED,
  "not-clear": FAILED,
  incomplete: FAILED,
};

/** How Five Safes RO-Crate 0.4 marks an assessment that comes before anything runs in the place. */
const VALIDATION_CHECK = "https://w3id.org/shp#ValidationCheck";
/** Of crates that say what was run, with what, and what came of it. */
const PROCESS_RUN = "https://w3id.org/ro/wfrun/process/0.5";

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
 * (https://w3id.org/5s-crate/0.4) has those of its phases. Where the image was run, it is a Process Run Crate too.
 */
export function renderCrate(report: Report, files: readonly CrateFile[]): string {
  const { subject, profile, tool, times, verdict, summary } = report;
  const name = subject.imageReference ?? subject.name;
  const started = Date.parse(times.startedAt);
  const endedAt = Number.isNaN(started)
    ? times.startedAt
    : new Date(started + times.seconds * 1000).toISOString();
  const runs = runsOf(report, files);
  const counts = countsOf(report);
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
      mentions: runs.length === 0 ? ref("#check") : [ref("#check"), ...runs.map((run) => ref(run["@id"]))],
      ...(runs.length === 0 ? {} : { conformsTo: ref(PROCESS_RUN) }),
      hasPart: files.map((file) => ref(idOf(file))),
    },
    {
      "@id": "#check",
      "@type": "AssessAction",
      additionalType: ref(VALIDATION_CHECK),
      name: `Check against ${profile.title} (${profile.id} ${profile.version}): ${verdict}`,
      description: summary,
      startTime: times.startedAt,
      endTime: endedAt,
      actionStatus: ref(STATUS[verdict]),
      object: ref("#image"),
      instrument: [ref("#policy"), ref("#pratique")],
      ...(files.some((file) => file.name === REPORT) ? { result: ref(REPORT) } : {}),
      additionalProperty: counts.map((count) => ref(count["@id"])),
    },
    ...counts,
    ...runs,
    ...(runs.length === 0
      ? []
      : [{ "@id": PROCESS_RUN, "@type": "CreativeWork", name: "Process Run Crate", version: "0.5" }]),
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

const COUNTED: Readonly<Record<RequirementStatus, string>> = {
  pass: "Requirements of the image that were shown",
  fail: "Requirements of the image that failed",
  waived: "Requirements of the image that were waived",
  "not-assessed": "Requirements of the image that were not assessed, which is no pass",
};

const countsOf = ({ requirements }: Report): Entity[] =>
  (Object.keys(COUNTED) as RequirementStatus[]).map((status) => ({
    "@id": `#requirements-${status}`,
    "@type": "PropertyValue",
    name: COUNTED[status],
    value: requirements.filter((one) => one.scope === "image" && one.status === status).length,
  }));

/** Each test run as an action. When one began is not known, nor who asked for it. */
function runsOf(report: Report, files: readonly CrateFile[]): Entity[] {
  const recordings = report.recording === null ? [] : [report.recording, ...report.others];
  return recordings.map((recording, index) => {
    const { argv, case: name, exit, log, runtime } = recording;
    const well = endedWell(recording, report);
    const printed = files.find((file) => file.name === log.file);
    return {
      "@id": `#run-${index + 1}`,
      "@type": "CreateAction",
      name: `Test run in ${runtime}${name === null ? "" : `, case ${name}`}`,
      description: commandLine(argv),
      instrument: ref("#image"),
      ...(printed === undefined ? {} : { result: ref(idOf(printed)) }),
      // Process Run Crate writes it as text.
      actionStatus: well ? COMPLETED : FAILED,
      ...(well ? {} : { error: `The program ${exitWords(exit)}` }),
    };
  });
}

/** A file's name as a relative address; what could lead elsewhere is written in percent signs. */
const idOf = ({ name }: CrateFile): string => encodeURIComponent(name);
