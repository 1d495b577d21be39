import { REPORT_SCHEMA, type Report, type RequirementResult } from "../../evidence/report.ts";
import type { Finding, ProcessRef } from "../../findings/finding.ts";
import type { Recording } from "../../run/recording.ts";

/** Text that must never be more than text. */
export const HOSTILE = {
  script: "<script>alert(1)</script>",
  image: '"><img src=https://evil.example/x.png onerror=alert(1)>',
  style: "</style><link rel=stylesheet href=//evil.example/x.css>",
  escape: "\u001b[2J\u001b]0;owned\u0007",
  bidi: "\u202egnp.exe\u202c",
} as const;

const train: ProcessRef = { pid: 14, command: "python3 train.py", executable: "/usr/local/bin/python3.12" };
const id = "sha256:7d1c0f0a5b7e4c1d9a8b6f3e2d1c0b9a8f7e6d5c4b3a29181706f5e4d3c2b1a0";
const digest = "sha256:0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9";

const observed = { status: "observed", reason: "" } as const;

const recording: Recording = {
  runtime: "k8s",
  case: null,
  rootFileSystem: "writable",
  seconds: 74.2,
  argv: ["python3", "train.py", "--name", "heart risk"],
  user: { uid: 1998602116, gid: 1998600502 },
  exit: { code: 1, signal: null, cause: "exited", detail: "" },
  attempts: [
    {
      host: "huggingface.co",
      address: null,
      port: null,
      protocol: "dns",
      process: train,
      count: 6,
      firstAt: 1.5,
      lastAt: 51.7,
      secondsLost: 60,
    },
    {
      host: "stats.example.org",
      address: null,
      port: null,
      protocol: "dns",
      process: train,
      count: 1,
      firstAt: 0.4,
      lastAt: 0.4,
      secondsLost: 5.1,
    },
    {
      host: null,
      address: "192.0.2.7",
      port: 5432,
      protocol: "tcp",
      process: train,
      count: 2,
      firstAt: 62.1,
      lastAt: 62.1,
      secondsLost: 10,
    },
    {
      host: HOSTILE.image,
      address: null,
      port: null,
      protocol: "dns",
      process: { ...train, command: HOSTILE.script },
      count: 1,
      firstAt: 73,
      lastAt: 73,
      secondsLost: 0,
    },
  ],
  contacts: [
    {
      host: "huggingface.co",
      address: null,
      port: 443,
      protocol: "tcp",
      kind: "tls",
      serverName: "huggingface.co",
      request: {
        method: "GET",
        host: "huggingface.co",
        path: "/bert-base-uncased/resolve/main/config.json",
        query: false,
      },
      process: train,
      count: 6,
      firstAt: 1.2,
    },
    {
      host: null,
      address: "192.0.2.7",
      port: 5432,
      protocol: "tcp",
      kind: "postgres",
      serverName: null,
      request: null,
      process: train,
      count: 2,
      firstAt: 2.1,
    },
    {
      host: HOSTILE.image,
      address: null,
      port: 80,
      protocol: "tcp",
      kind: HOSTILE.escape,
      serverName: null,
      request: { method: "GET", host: HOSTILE.style, path: HOSTILE.bidi, query: true },
      process: { ...train, command: HOSTILE.script },
      count: 1,
      firstAt: 3,
    },
  ],
  discover: { status: "made", reason: "", seconds: 4.1 },
  secondsLost: 72.6,
  strayWrites: [
    {
      path: "/opt/app/results.csv",
      operation: "create",
      process: train,
      count: 1,
      reason: "It is outside /safe_outputs and is deleted with the container.",
    },
  ],
  failedWrites: [
    {
      path: "/.cache/huggingface",
      operation: "mkdir",
      process: train,
      count: 3,
      reason: "permission denied",
    },
    {
      path: `/.config/matplotlib/${HOSTILE.bidi}`,
      operation: "open",
      process: train,
      count: 1,
      reason: "permission denied",
    },
  ],
  processes: [
    { command: "python3 train.py", executable: "/usr/local/bin/python3.12", count: 1 },
    { command: "sh -c 'uname -p'", executable: "/usr/bin/dash", count: 2 },
  ],
  outputs: { files: 0, bytes: 0 },
  log: {
    file: "logs/test.log",
    bytes: 18_233,
    truncated: true,
    tail: [
      "Loading the data from /safe_data/cohort.csv",
      "Traceback (most recent call last):",
      '  File "/opt/app/train.py", line 12, in <module>',
      '    model = AutoModel.from_pretrained("bert-base-uncased")',
      `OSError: We couldn't connect to 'https://huggingface.co' to load the files. ${HOSTILE.escape}`,
      HOSTILE.script,
    ],
  },
  dropped: { processes: 12, attempts: 0 },
  coverage: {
    network: observed,
    names: observed,
    writes: { status: "partial", reason: "the recorder lost 12 events" },
  },
};

const requirement = (
  parts: Pick<RequirementResult, "id" | "text" | "status" | "reason"> & Partial<RequirementResult>,
): RequirementResult => ({
  level: "must",
  force: "enforced",
  scope: "image",
  source: "L1.1 'Building containers'",
  rules: [],
  ...parts,
});

const elsewhere: readonly RequirementResult[] = [
  requirement({
    id: "K8S-05",
    scope: "job",
    text: "Set CPU and memory limits: the template asks for 4 GiB.",
    status: "not-assessed",
    reason: "It is decided by a job manifest, and none was checked.",
    source: "L4",
  }),
  requirement({
    id: "K8S-09",
    scope: "job",
    text: "`activeDeadlineSeconds` is at most five days.",
    status: "not-assessed",
    reason: "It is decided by a job manifest, and none was checked.",
    source: "POL",
  }),
  requirement({
    id: "REG-03",
    scope: "publish",
    text: "The image is pushed to `ghcr.io` with a tag that is not `latest`.",
    status: "not-assessed",
    reason: "It is decided when the image is published.",
    source: "L2",
  }),
  requirement({
    id: "IG-01",
    scope: "people",
    text: "The project establishes that the software stack is acceptable under its IG approvals before ingress.",
    status: "not-assessed",
    reason: "It is for people to see to; no tool can show it.",
    source: "CES-I",
  }),
];

const findings: readonly Finding[] = [
  {
    rule: "no-runtime-download",
    title: "The program waits for the internet",
    severity: "error",
    requirements: ["OFF-01", "IMG-12"],
    message: "python3 train.py (process 14) looked up huggingface.co 6 times and lost 60 s before it failed.",
    aliases: [],
    location: { file: "src/train.py", startLine: 12, startColumn: 9, endLine: 12, endColumn: 55 },
    excerpt: 'model = AutoModel.from_pretrained("bert-base-uncased")',
    fix: "Fetch the model while the image is built, and tell the library to stay offline:\n    ENV HF_HOME=/opt/hf\n    RUN hf download bert-base-uncased && chmod -R a+rX /opt/hf\n    ENV HF_HUB_OFFLINE=1",
    subjects: ["host:huggingface.co"],
    proofs: [
      {
        rule: "hugging-face-online",
        message: "The code loads `bert-base-uncased` by name, and nothing in the Dockerfile fetches it.",
        location: { process: train },
      },
    ],
  },
  {
    rule: "home-not-writable",
    title: "The program cannot write where it wants to",
    severity: "error",
    requirements: ["UID-09"],
    message: "python3 train.py could not write /.cache/huggingface (permission denied), and the job failed.",
    aliases: [],
    location: { process: train },
    fix: "Give the program a home that it can write.\n    ENV HOME=/scratch XDG_CACHE_HOME=/scratch/.cache",
  },
  {
    rule: "unpinned-base",
    title: "The base image may change under you",
    severity: "warning",
    requirements: ["IMG-03"],
    message: "`python:3.12` names another image after every release.",
    aliases: ["hadolint:DL3006", "trivy:DS-0001"],
    location: { file: "Dockerfile", startLine: 1, startColumn: 6, endLine: 1, endColumn: 17 },
    excerpt: "FROM python:3.12",
    fix: "Name the digest as well.\n    FROM python:3.12@sha256:0123…",
  },
  {
    rule: "stray-writes",
    title: HOSTILE.script,
    severity: "info",
    requirements: [],
    message: `A file name from the run: ${HOSTILE.image} ${HOSTILE.bidi}`,
    aliases: [HOSTILE.style],
    location: { file: `src/${HOSTILE.script}.py`, startLine: 3, startColumn: 5, endLine: 3, endColumn: 30 },
    excerpt: `    ${HOSTILE.script} ${HOSTILE.escape}`,
  },
  {
    rule: "root-user",
    title: "The image starts as root",
    severity: "warning",
    requirements: ["UID-02"],
    message: "No USER is set, so other places would start the program as root.",
    aliases: ["hadolint:DL3002"],
    location: { imagePath: "config" },
    waived: {
      reason: "The Safe Haven sets the user itself; the base image needs root to build.",
      by: "A. Researcher",
      until: "2027-03-31",
    },
  },
];

/** Two things stop the job; one waiver; much that is hostile. */
export const notClearReport: Report = {
  schema: REPORT_SCHEMA,
  command: "check",
  tool: { name: "pratique", version: "0.1.0" },
  verdict: "not-clear",
  summary: "2 things would stop this job in the Safe Haven.",
  profile: {
    id: "shs-gpu-cluster",
    title: "EPCC Safe Haven Services GPU Cluster",
    version: "1",
    documentsRead: "2026-07-22",
  },
  subject: {
    name: "heart-risk",
    dockerfile: { path: "Dockerfile", sha256: "9f".repeat(32) },
    git: { commit: "4b825dc642cb6eb9a060e54bf8d69288fbee4904", clean: false },
    imageId: id,
    imageDigest: null,
    imageReference: "localhost/heart-risk:check",
    platform: "linux/amd64",
  },
  steps: [
    {
      id: "lint",
      status: "done",
      detail: "Dockerfile, 4 source files",
      findings: 2,
      seconds: 0.1,
      reason: "",
    },
    { id: "build", status: "done", detail: "heart-risk:check", findings: 0, seconds: 38, reason: "" },
    {
      id: "inspect",
      status: "done",
      detail: "1,204 packages, 3 layers",
      findings: 1,
      seconds: 0.9,
      reason: "",
    },
    { id: "test", status: "done", detail: "k8s, user 1998602116", findings: 2, seconds: 76.6, reason: "" },
    {
      id: "scan",
      status: "not-assessed",
      detail: "",
      findings: 0,
      seconds: 0,
      reason: "Trivy was not found",
    },
  ],
  requirements: [
    requirement({
      id: "DIR-01",
      text: "The Dockerfile contains `RUN mkdir /safe_data /safe_outputs /scratch`.",
      status: "pass",
      reason: "Shown by the Dockerfile and the image.",
      rules: ["missing-safe-directories"],
    }),
    requirement({
      id: "OFF-01",
      text: "The program works without a network.",
      status: "fail",
      reason:
        "python3 train.py (process 14) looked up huggingface.co 6 times and lost 60 s before it failed.",
      rules: ["no-runtime-download"],
    }),
    requirement({
      id: "IMG-12",
      text: "Everything that is needed at run time is in the image.",
      status: "fail",
      reason:
        "python3 train.py (process 14) looked up huggingface.co 6 times and lost 60 s before it failed.",
      rules: ["no-runtime-download"],
    }),
    requirement({
      id: "UID-09",
      text: "The program runs as a user id that the image does not know, with `HOME=/`.",
      status: "fail",
      reason: "python3 train.py could not write /.cache/huggingface (permission denied), and the job failed.",
      rules: ["home-not-writable"],
    }),
    requirement({
      id: "UID-02",
      level: "should",
      force: "advised",
      text: "The image does not start as root.",
      status: "waived",
      reason: "The Safe Haven sets the user itself; the base image needs root to build.",
      rules: ["root-user"],
    }),
    requirement({
      id: "IMG-03",
      level: "should",
      force: "advised",
      text: "Base images are named by digest.",
      status: "fail",
      reason: "`python:3.12` names another image after every release.",
      rules: ["unpinned-base"],
    }),
    requirement({
      id: "OUT-01",
      text: "Results are written below `/safe_outputs`.",
      status: "not-assessed",
      reason: "The job ended early, so its later writes would not have been seen.",
      rules: ["results-outside-safe-outputs"],
    }),
    requirement({
      id: "DIR-09",
      force: "foreseen",
      text: "The root file system is read-only.",
      status: "not-assessed",
      reason: "The foreseen run was not asked for.",
    }),
    requirement({
      id: "IG-02",
      level: "may",
      force: "advised",
      text: "IG may require a scan of (1) the Dockerfile and (2) the built image.",
      status: "not-assessed",
      reason: "Trivy was not found",
    }),
    requirement({
      id: "IG-05",
      level: "may",
      force: "advised",
      text: HOSTILE.style,
      status: "not-assessed",
      reason: "Trivy was not found",
    }),
    ...elsewhere,
  ],
  findings,
  recording,
  others: [],
  expectations: [
    {
      case: "small",
      runtime: "k8s",
      asMeant: false,
      expectations: [
        { text: "ends with exit code 0", status: "not-met", reason: "The job ended early.", line: 12 },
        { text: `writes ${HOSTILE.script}`, status: "not-assessed", reason: HOSTILE.image, line: 14 },
        { text: "prints a line that matches patients", status: "met", reason: "", line: 18 },
      ],
    },
  ],
  runtimes: [],
  build: {
    platform: "linux/amd64",
    dockerfileSha256: "9f".repeat(32),
    contextSha256: "3c".repeat(32),
    contextFiles: 12,
    contextBytes: 48_211,
    arguments: { PYTHON: "3.12", API_TOKEN: "(hidden)" },
    bases: [
      { reference: "docker.io/library/python:3.12", digest },
      { reference: "scratch", digest: null },
    ],
    imageId: id,
    log: "logs/build.log",
    seconds: 38,
  },
  image: {
    reference: "localhost/heart-risk:check",
    id,
    digest: null,
    platform: "linux/amd64",
    size: 412_300_000,
    layers: 3,
    files: 18_422,
    user: "",
    workingDirectory: "/opt/app",
    entrypoint: [],
    command: ["python3", "train.py"],
    environment: { PATH: "/usr/local/bin:/usr/bin:/bin", HF_TOKEN: "(hidden)", GREETING: HOSTILE.script },
  },
  engine: {
    name: "podman",
    version: "4.3.1",
    rootless: true,
    runtime: "runc",
    adjustments: ["limits of 1024 open files and processes, because the engine's own were refused"],
  },
  notes: [
    "No test data was given (test.data in pratique.yaml): /safe_data was empty during the test.",
    HOSTILE.image,
  ],
  times: { startedAt: "2026-11-23T14:05:09.120Z", seconds: 115.7 },
};

/** Everything was shown, a scan was made, and there is nothing to say about the run. */
export const clearReport: Report = {
  ...notClearReport,
  verdict: "clear",
  summary: "Everything that the Safe Haven demands was shown.",
  subject: {
    ...notClearReport.subject,
    name: "survival-r",
    git: { commit: "4b825dc642cb6eb9a060e54bf8d69288fbee4904", clean: true },
    imageDigest: digest,
    imageReference: "ghcr.io/example/survival-r:1.4.0",
  },
  steps: notClearReport.steps.map((step) => ({
    ...step,
    status: "done",
    detail: step.detail || "no vulnerability of note",
    findings: 0,
    reason: "",
  })),
  requirements: notClearReport.requirements.map((r) => {
    const text = r.text === HOSTILE.style ? "A scan of the image is kept." : r.text;
    return r.scope === "image"
      ? { ...r, text, status: "pass", reason: "Shown by the image and the test run." }
      : r;
  }),
  findings: [],
  recording: {
    ...recording,
    seconds: 12.4,
    argv: ["Rscript", "survival.R"],
    exit: { code: 0, signal: null, cause: "exited", detail: "" },
    attempts: [],
    secondsLost: 0,
    strayWrites: [],
    failedWrites: [],
    outputs: { files: 3, bytes: 120_400 },
    log: {
      file: "logs/test.log",
      bytes: 61,
      truncated: false,
      tail: ["Fitted 3 models, wrote /safe_outputs/curves.pdf"],
    },
    dropped: {},
    coverage: { network: observed, names: observed, writes: observed },
  },
  image:
    notClearReport.image === null
      ? null
      : { ...notClearReport.image, environment: { PATH: "/usr/bin:/bin" } },
  engine: notClearReport.engine === null ? null : { ...notClearReport.engine, adjustments: [] },
  notes: [],
};

/** `pratique lint`: no engine, no image, no run. */
export const lintReport: Report = {
  ...notClearReport,
  command: "lint",
  verdict: "incomplete",
  summary: "4 requirements of the Safe Haven could not be assessed, so nothing is decided yet.",
  subject: { ...notClearReport.subject, imageId: null, imageReference: null, platform: null, git: null },
  steps: notClearReport.steps.slice(0, 1),
  findings: [],
  recording: null,
  build: null,
  image: null,
  engine: null,
  notes: [],
};
