import * as z from "zod";
import { SEVERITIES } from "../findings/finding.ts";
import {
  attempt,
  contact,
  input,
  listen,
  observed,
  processRecord,
  processRef,
  setUserIdUse,
  startedProgram,
  usage,
} from "../run/record-file.ts";
import { EXIT_CAUSES } from "../run/recording.ts";
import { fitnessSchema } from "./fitness-schema.ts";
import { type PackageSummary, REPORT_SCHEMAS, type Report, type SpaceBox } from "./report.ts";
import { vulnerabilitiesSchema } from "./vulnerabilities-schema.ts";

/** The shape of `report.json`; `schemas/report.schema.json` is generated from it. */

const text = z.string();
const number = z.number();
const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const location = z.union([
  z.object({ file: text, startLine: count, startColumn: count, endLine: count, endColumn: count }),
  z.object({ imagePath: text }),
  z.object({ process: processRef }),
]);
const proof = z.object({
  rule: text,
  message: text,
  location: location.exactOptional(),
  excerpt: text.exactOptional(),
});
export const finding = z.object({
  rule: text,
  title: text,
  severity: z.enum(SEVERITIES),
  requirements: z.array(text),
  message: text,
  aliases: z.array(text),
  location: location.exactOptional(),
  excerpt: text.exactOptional(),
  fix: text.exactOptional(),
  subjects: z.array(text).exactOptional(),
  edits: z
    .array(
      z.object({
        file: text,
        startLine: count,
        startColumn: count,
        endLine: count,
        endColumn: count,
        text,
      }),
    )
    .exactOptional(),
  runtimes: z.array(text).exactOptional(),
  cases: z.array(text).exactOptional(),
  proofs: z.array(proof).exactOptional(),
  waived: z
    .object({
      reason: text,
      by: text.exactOptional(),
      until: text.exactOptional(),
      source: text.exactOptional(),
    })
    .exactOptional(),
});
const status = z.enum(["pass", "fail", "waived", "not-assessed"]);
const verdict = z.enum(["clear", "clear-with-advice", "not-clear", "incomplete"]);
const requirement = z.object({
  id: text,
  checklist: text.exactOptional(),
  level: z.enum(["must", "must-not", "should", "should-not", "may"]),
  force: z.enum(["enforced", "advised", "foreseen"]),
  scope: z.enum(["image", "repository", "job", "run-files", "publish", "people"]),
  text,
  source: text,
  status,
  reason: z.string().min(1),
  rules: z.array(text),
});
const step = z.object({
  id: z.enum(["lint", "build", "inspect", "test", "scan"]),
  status: z.enum(["done", "failed", "not-assessed"]),
  detail: text,
  findings: count,
  seconds: number,
  reason: text,
});
const write = { path: text, operation: text, process: processRef, count, reason: text };
const recording = z.object({
  runtime: text,
  case: text.nullable().default(null),
  rootFileSystem: z.enum(["writable", "read-only"]),
  seconds: number,
  argv: z.array(text),
  user: z.object({ uid: count, gid: count }),
  exit: z.object({
    code: z.int().nullable(),
    signal: text.nullable(),
    cause: z.enum(EXIT_CAUSES),
    detail: text,
  }),
  attempts: z.array(attempt),
  contacts: z.array(contact),
  discover: z.object({
    status: z.enum(["made", "not-needed", "not-wanted", "failed"]),
    reason: text,
    seconds: number,
  }),
  secondsLost: number,
  strayWrites: z.array(z.object({ ...write, bytes: count.nullable(), survives: z.boolean() })),
  failedWrites: z.array(z.object(write)),
  processes: z.array(startedProgram),
  processTree: z.array(processRecord),
  reads: z
    .array(
      z.object({
        path: text,
        process: processRef,
        count,
        bytes: count.nullable(),
        sha256: sha256.nullable(),
      }),
    )
    .nullable(),
  outputs: z.object({
    files: count,
    bytes: count,
    list: z.array(z.object({ path: text, bytes: count, sha256: sha256.nullable() })),
  }),
  input,
  listens: z.array(listen),
  setUserId: z.array(setUserIdUse),
  usage,
  log: z.object({ file: text, bytes: count, truncated: z.boolean(), tail: z.array(text) }),
  dropped: z.record(text, count),
  coverage: z.object({ network: observed, names: observed, writes: observed }),
});
const runtime = z.object({
  id: text,
  title: text,
  decides: z.boolean(),
  foreseen: z.boolean(),
  startedWith: text,
  imitated: z.boolean(),
  notImitated: z.array(text),
  problem: text,
  verdict: verdict.nullable(),
  requirements: z.array(z.object({ id: text, status, reason: z.string().min(1) })),
});
const image = z.object({
  reference: text,
  id: text,
  digest: text.nullable(),
  platform: text,
  size: count,
  layers: count,
  files: count.nullable(),
  user: text,
  workingDirectory: text,
  entrypoint: z.array(text),
  command: z.array(text),
  environment: z.record(text, text),
});

const packageFields = {
  type: text,
  name: text,
  version: text,
  purl: text,
  licence: text.nullable(),
  licenceWritten: text.exactOptional(),
  path: text,
  places: count,
  layer: count,
  removedIn: count.exactOptional(),
};
/** Packages lie in one another once, not deeper. */
const installed: z.ZodType<PackageSummary> = z.object({
  ...packageFields,
  contains: z.array(z.object(packageFields)).exactOptional(),
});
const inventory = z.object({
  distribution: text.nullable(),
  counts: z.record(text, count),
  notAssessed: z.array(text),
  layers: z.array(z.object({ diffId: text, instruction: text.nullable() })),
  packages: z.array(installed),
  removed: z.array(installed),
});

const found = { certain: z.boolean(), path: text, layer: count, removedIn: count.exactOptional() };
const contents = z.object({
  secrets: z.array(z.object({ kind: text, line: count, fingerprint: text, ...found })),
  data: z.array(z.object({ format: text, bytes: count, ...found })),
  caches: z.array(
    z.object({
      kind: text,
      path: text,
      items: z.array(z.object({ name: text, revisions: z.array(text), problems: z.array(text) })),
      bytes: count,
      closed: text.exactOptional(),
    }),
  ),
  gpu: z.object({
    libraries: z.array(z.object({ name: text, version: text, from: text })),
    frameworks: z.array(z.object({ name: text, version: text, build: text.nullable(), path: text })),
    compiled: z.array(z.object({ path: text, machine: z.array(text), ptx: z.array(text) })).exactOptional(),
    minimumDriver: text.nullable(),
    notAssessed: z.array(text),
  }),
  notAssessed: z.array(text),
});
/** Files with holes may say that they have any size, so sums of sizes need be no safe integers. */
const sum = z.number().nonnegative();
const amount = z.object({ files: count, bytes: sum });
const place = z.object({ path: text, bytes: sum, files: count, fromBase: sum.nullable(), layer: count });
const box: z.ZodType<SpaceBox> = z.object({
  path: text,
  bytes: sum,
  fromBase: sum.nullable(),
  get parts() {
    return z.array(box);
  },
});
const space = z.object({
  layers: z.array(
    z.object({
      diffId: text,
      instruction: text.nullable(),
      fromBase: z.boolean().nullable(),
      storedSize: count,
      size: count,
      files: count,
      bytes: sum,
      added: amount,
      replaced: amount,
      rewritten: amount,
      removed: amount,
      lost: sum,
    }),
  ),
  base: z.object({
    known: z.enum(["compared", "history", "no"]),
    layers: count.nullable(),
    reference: text.nullable(),
    reason: text,
  }),
  wasted: sum,
  folders: z.array(place),
  files: z.array(place),
  caches: z.array(
    z.object({
      cache: text,
      what: text,
      leftBehind: z.boolean(),
      paths: z.array(text),
      bytes: sum,
      files: count,
      layers: z.array(z.object({ layer: count, bytes: sum })),
    }),
  ),
  map: box,
});

export const reportSchema: z.ZodType<Report> = z.object({
  schema: z.enum(REPORT_SCHEMAS),
  command: text,
  tool: z.object({ name: z.literal("pratique"), version: text }),
  verdict,
  summary: text,
  profile: z.object({
    id: text,
    title: text,
    version: text,
    documentsRead: text,
    sha256: sha256.exactOptional(),
  }),
  subject: z.object({
    name: text,
    dockerfile: z.object({ path: text, sha256 }).nullable(),
    git: z.object({ commit: text, clean: z.boolean() }).nullable(),
    imageId: text.nullable(),
    imageDigest: text.nullable(),
    imageReference: text.nullable(),
    platform: text.nullable(),
  }),
  files: z
    .array(z.object({ kind: z.enum(["settings", "source", "job-manifest", "run-file"]), path: text, sha256 }))
    .exactOptional(),
  tools: z.array(z.object({ name: text, version: text })).exactOptional(),
  steps: z.array(step),
  requirements: z.array(requirement),
  findings: z.array(finding),
  recording: recording.nullable(),
  others: z.array(recording).default([]),
  expectations: z
    .array(
      z.object({
        case: text.nullable(),
        runtime: text,
        asMeant: z.boolean(),
        expectations: z.array(
          z.object({ text, status: z.enum(["met", "not-met", "not-assessed"]), reason: text, line: count }),
        ),
      }),
    )
    .default([]),
  runtimes: z.array(runtime).default([]),
  build: z
    .object({
      platform: text,
      dockerfileSha256: sha256,
      contextSha256: sha256,
      contextFiles: count,
      contextBytes: count,
      arguments: z.record(text, text),
      bases: z.array(z.object({ reference: text, digest: text.nullable() })),
      imageId: text,
      log: text,
      seconds: number,
    })
    .nullable(),
  image: image.nullable(),
  inventory: inventory.exactOptional(),
  contents: contents.exactOptional(),
  space: space.exactOptional(),
  fitness: fitnessSchema.exactOptional(),
  vulnerabilities: vulnerabilitiesSchema.exactOptional(),
  publication: z
    .object({
      image: text,
      manifest: text,
      tags: z.array(text),
      at: text,
      override: z.object({ reason: text, verdict }).nullable(),
      visibility: z.enum(["public", "not-public", "not-assessed"]).exactOptional(),
    })
    .exactOptional(),
  engine: z
    .object({
      name: z.enum(["podman", "docker"]),
      version: text,
      rootless: z.boolean(),
      runtime: text,
      adjustments: z.array(text),
    })
    .nullable(),
  notes: z.array(text),
  times: z.object({ startedAt: text, seconds: number }),
});
