import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const src = join(dirname(fileURLToPath(import.meta.url)), "..", "src");

/**
 * Which folder may import from which. Data flows one way: readers know no policy, rules do no I/O, reporters read
 * the report alone, and only `pipeline` and `cli` wire things together.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  findings: [],
  config: ["findings", "profiles"],
  profiles: ["findings"],
  knowledge: [],
  data: [],
  dockerfile: [],
  system: [],
  fix: ["dockerfile", "findings"],
  registry: ["dockerfile", "system"],
  context: ["findings"],
  job: ["dockerfile"],
  "run-files": ["dockerfile"],
  init: ["dockerfile", "knowledge"],
  repository: [],
  suppressions: ["dockerfile", "findings", "profiles"],
  scanners: ["dockerfile", "findings", "system"],
  source: ["context", "knowledge"],
  engine: ["system"],
  build: ["context"],
  image: ["dockerfile", "engine", "knowledge", "registry", "system"],
  outputs: ["config", "context", "findings"],
  run: ["config", "engine", "findings", "image", "profiles", "system"],
  rules: [
    "config",
    "context",
    "dockerfile",
    "findings",
    "image",
    "job",
    "knowledge",
    "outputs",
    "profiles",
    "repository",
    "run",
    "run-files",
    "scanners",
    "source",
  ],
  evidence: ["findings", "profiles", "rules", "run", "knowledge"],
  signing: [],
  sigstore: ["signing"],
  attestation: ["evidence", "signing"],
  handover: ["config", "dockerfile", "evidence", "findings", "job", "profiles", "rules", "run"],
  reporters: ["attestation", "evidence", "findings", "fix", "handover", "profiles", "rules", "run"],
  pipeline: [
    "attestation",
    "build",
    "config",
    "context",
    "dockerfile",
    "engine",
    "evidence",
    "findings",
    "fix",
    "handover",
    "image",
    "init",
    "job",
    "outputs",
    "profiles",
    "registry",
    "repository",
    "rules",
    "run",
    "run-files",
    "scanners",
    "signing",
    "sigstore",
    "source",
    "suppressions",
    "system",
  ],
  lsp: ["dockerfile", "findings", "fix", "job", "pipeline", "rules", "system"],
  cli: [
    "attestation",
    "config",
    "data",
    "engine",
    "evidence",
    "findings",
    "fix",
    "init",
    "lsp",
    "pipeline",
    "reporters",
    "rules",
    "system",
  ],
};

/** Modules that only these folders may use. */
const RESERVED: readonly {
  readonly module: RegExp;
  readonly allowed: readonly string[];
  readonly why: string;
}[] = [
  { module: /^node:child_process$/, allowed: ["system"], why: "only system/ starts programs" },
  {
    module: /^node:(?:fs|net|http|https|dns)/,
    allowed: [
      "build",
      "cli",
      "config",
      "context",
      "engine",
      "image",
      "lsp",
      "outputs",
      "pipeline",
      "registry",
      "repository",
      "run",
      "sigstore",
      "source",
      "system",
    ],
    why: "rules, models, evidence and reporters do no I/O",
  },
  { module: /^preact/, allowed: ["reporters"], why: "pages are made in reporters/" },
  { module: /^@sigstore\//, allowed: ["sigstore"], why: "others' services are asked in sigstore/" },
  { module: /^vscode-/, allowed: ["lsp"], why: "editors are served in lsp/" },
  { module: /^@clack\//, allowed: ["cli"], why: "people are asked in cli/" },
  { module: /^commander$/, allowed: ["cli"], why: "the command line is read in cli/" },
];

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter(
    (name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$/.test(name) && !/test-facts|sample-report/.test(name),
  )
  .map((name) => ({ name, folder: name.split("/")[0] ?? "", text: readFileSync(join(src, name), "utf8") }));

function imports(text: string): string[] {
  return [
    ...text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^;"']*?from\s*"([^"]+)"|import\("([^"]+)"\)/g),
  ].map((match) => match[1] ?? match[2] ?? "");
}

describe("the folders", () => {
  it("are all listed here", () => {
    const folders = new Set(files.filter((file) => file.name.includes("/")).map((file) => file.folder));
    expect([...folders].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  it.each(files.filter((file) => file.name.includes("/")))(
    "$name imports only what its folder may",
    ({ name, folder, text }) => {
      const wrong = imports(text)
        .filter((path) => path.startsWith("."))
        .map((path) => relative(src, resolve(src, dirname(name), path)))
        .filter((path) => path.includes("/"))
        .map((path) => path.split("/")[0] ?? "")
        .filter((target) => target !== folder && !(MAY_IMPORT[folder] ?? []).includes(target));
      expect(wrong).toEqual([]);
    },
  );

  it.each(RESERVED)("$why", ({ module, allowed }) => {
    const wrong = files
      .filter(
        (file) => imports(file.text).some((path) => module.test(path)) && !allowed.includes(file.folder),
      )
      .map((file) => file.name);
    expect(wrong).toEqual([]);
  });

  it("form no circle", () => {
    const visiting = new Set<string>();
    const walk = (folder: string, path: readonly string[]): void => {
      expect(visiting.has(folder) ? [...path, folder] : []).toEqual([]);
      visiting.add(folder);
      for (const next of MAY_IMPORT[folder] ?? []) walk(next, [...path, folder]);
      visiting.delete(folder);
    };
    for (const folder of Object.keys(MAY_IMPORT)) walk(folder, []);
  });
});
