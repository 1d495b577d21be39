import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { defaultConfig, type JobSettings } from "../config/config.ts";
import { expandReferences } from "../job/expand.ts";
import { readManifest } from "../job/read.ts";
import { judge } from "../pipeline/judge.ts";
import { findProfile } from "../profiles/find.ts";
import { notClearReport } from "../reporters/page/sample-report.ts";
import { readRunFile, runFilesFacts } from "../run-files/read.ts";
import { cesFiles } from "./ces-files.ts";
import { manifestText } from "./manifest.ts";
import { type Measured, measuredIn, quantityOf, resourcesFor } from "./measured.ts";
import { type JobPlan, type PlanInput, planJob } from "./plan.ts";
import { pullCommands } from "./pull.ts";
import { sheetFor } from "./sheet.ts";

const profile = findProfile("shs-gpu-cluster");
const GIB = 1024 ** 3;
const ALL: JobSettings = {
  image: "ghcr.io/lab/heart-risk:1.2-1",
  namespace: "nsh-2024-0000-ns",
  account: "test_nsh-2024-0000",
  uid: 1998602116,
  gid: 1998600502,
  port: 5003,
};

function planFor(choices: JobSettings, more: Partial<PlanInput> = {}): JobPlan {
  if (profile.jobs === undefined) throw new Error("the profile has a cluster");
  return planJob({
    profile,
    policy: profile.jobs,
    project: "Heart risk",
    choices,
    test: defaultConfig.test,
    image: {
      entrypoint: ["python", "/opt/fit.py"],
      command: ["--rows", "10"],
      variables: new Set(["HOME"]),
      hasShell: true,
      id: "sha256:1",
    },
    measured: undefined,
    workers: undefined,
    outputs: [],
    outputReader: undefined,
    notes: [],
    ...more,
  });
}

const rulesOf = async (text: string): Promise<string[]> => {
  const { findings } = await judge("job", readManifest(text, "job.yaml"), { config: defaultConfig, profile });
  return findings.map(({ rule }) => rule);
};

interface Container {
  readonly command?: string[];
  readonly args?: string[];
  readonly env: { readonly name: string; readonly value?: string }[];
}
const containerOf = (text: string): Container => parse(text).spec.template.spec.containers[0];

describe("the manifest", () => {
  it.each([
    ["all values", ALL, {}],
    ["a GPU", { ...ALL, gpus: 1 }, {}],
    ["no shell", { ...ALL, shell: false }, {}],
    [
      "shared memory and times",
      { ...ALL, sharedMemory: "2Gi", timeLimit: "2h", keep: "10m", memory: "8Gi" },
      {},
    ],
    ["a name that is too long", { ...ALL, name: "a".repeat(40) }, {}],
    ["workers that share memory", ALL, { workers: "src/train.py:12" }],
  ] as const)("has nothing to find with %s", async (_title, choices, more) => {
    const plan = planFor(choices, more);
    expect(await rulesOf(manifestText(plan, profile))).toEqual([]);
    expect(plan.open).toEqual([]);
    expect(plan.generateName.length).toBeLessThanOrEqual(50);
  });

  it("is a template where values are missing, and says which", async () => {
    const plan = planFor({});
    const text = manifestText(plan, profile);
    expect(await rulesOf(text)).toEqual(["job-placeholder"]);
    expect(plan.open.map(({ option }) => option)).toEqual([
      "--namespace",
      "--account",
      "--image",
      "--port",
      "--uid",
      "--gid",
    ]);
    for (const { placeholder } of plan.open) expect(text).toContain(placeholder);
  });

  it("starts what the image starts, in a folder of the job's own", () => {
    const { command, args, env } = containerOf(manifestText(planFor(ALL), profile));
    expect(command).toEqual(["/bin/sh", "-c", 'mkdir -p "$OUTPUT_DIR" && exec "$@"', "job"]);
    expect(args).toEqual(["python", "/opt/fit.py", "--rows", "10"]);
    expect(env.find(({ name }) => name === "OUTPUT_DIR")?.value).toBe("/safe_outputs/$(JOB_ID)");
    expect(env.map(({ name }) => name)).not.toContain("HOME");
    expect(env.map(({ name }) => name)).toContain("TMPDIR");
  });

  it("leaves the start to an image without a shell", () => {
    const plan = planFor({ ...ALL, shell: false });
    expect(containerOf(manifestText(plan, profile))).not.toHaveProperty("command");
    expect(plan.remarks.join()).toContain("has to make `OUTPUT_DIR` itself");
    const given = containerOf(
      manifestText(planFor({ ...ALL, shell: false, args: ["$(OUTPUT_DIR)"] }), profile),
    );
    expect(given.args).toEqual(["$(OUTPUT_DIR)"]);
  });

  it("has nothing to find, whatever is asked for within what a project has", async () => {
    const size = (most: number) => fc.integer({ min: 1, max: most }).map((count) => `${count}Gi`);
    const time = fc.oneof(
      fc.integer({ min: 1, max: 119 }).map((count) => `${count}h`),
      fc.integer({ min: 1, max: 999 }).map((count) => `${count}m`),
    );
    const name = fc.stringMatching(/^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/);
    const asked = fc.record(
      {
        name,
        gpus: fc.integer({ min: 0, max: 4 }),
        cpus: fc.integer({ min: 1, max: 100 }),
        memory: size(400),
        sharedMemory: size(64),
        timeLimit: time,
        keep: time,
        shell: fc.boolean(),
        args: fc.array(fc.constantFrom("--out", "$(OUTPUT_DIR)", "two words", "it's", "a=b", "")),
        env: fc.dictionary(
          fc.stringMatching(/^[A-Z][A-Z_]{0,12}$/), // Blanks at the ends of a value are told of: the file keeps them, and nobody sees them.
          fc.stringMatching(/^(?:[\w./:-]+(?: [\w./:-]+)?)?$/),
          {
            maxKeys: 4,
          },
        ),
        image: name.map((one) => `ghcr.io/lab/${one}:1.2-1`),
      },
      { requiredKeys: [] },
    );
    const place = fc.record({
      workers: fc.constantFrom(undefined, "src/train.py:12"),
      outputs: fc.constantFrom([], ["a.csv", "b/c.json"]),
      measured: fc.option(
        fc.record({
          at: fc.constant("2026-07-22T10:00:00Z"),
          runs: fc.integer({ min: 1, max: 5 }),
          memory: fc.option(fc.integer({ min: 0, max: 100 * GIB })),
          processors: fc.option(fc.double({ min: 0, max: 60, noNaN: true })),
          sharedMemory: fc.integer({ min: 0, max: 8 * GIB }),
          seconds: fc.constant(10),
          cutShort: fc.constantFrom(undefined, "memory" as const, "time-limit" as const),
        }),
        { nil: undefined },
      ),
    });
    await fc.assert(
      fc.asyncProperty(asked, place, async (choices, more) => {
        const plan = planFor({ ...ALL, ...choices }, more);
        expect(await rulesOf(manifestText(plan, profile))).toEqual([]);
        const { options, arguments: args, environment } = cesFiles(plan, profile);
        const texts = Object.entries({
          "opt-file.txt": options,
          "arg-file.txt": args,
          "env-file.txt": environment,
        });
        const given = new Map(
          texts.flatMap(([file, text]) => (text === undefined ? [] : [[file, text] as const])),
        );
        const { findings } = await judge("run-files", runFilesFacts(given), {
          config: defaultConfig,
          profile,
        });
        expect(findings.map(({ rule }) => rule)).toEqual([]);
      }),
      { seed: 20_260_722, numRuns: 60 },
    );
  });

  it("keeps every word and value as it was, whatever is in it", () => {
    const word = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("$(HOME)", "$$(A)", "- a: b # c", "\u2028", "yes", "~"),
    );
    fc.assert(
      fc.property(fc.array(word), word, (args, value) => {
        const { args: written, env } = containerOf(
          manifestText(planFor({ ...ALL, args, env: { A: value } }), profile),
        );
        const variables = new Map([
          ["HOME", "other"],
          ["A", "other"],
        ]);
        expect(written?.map((text) => expandReferences(text, variables))).toEqual([
          "python",
          "/opt/fit.py",
          ...args,
        ]);
        expect(expandReferences(env.find(({ name }) => name === "A")?.value ?? "", variables)).toBe(value);
      }),
      { seed: 20_260_722 },
    );
  });

  it("has no secrets", () => {
    const plan = planFor({
      ...ALL,
      env: { DB_PASSWORD: "hunter2", REPO: "https://me:abc@example.org/x", SEED: "1" },
    });
    const files = cesFiles(plan, profile);
    for (const text of [manifestText(plan, profile), files.environment, JSON.stringify(plan)]) {
      expect(text).not.toMatch(/hunter2|me:abc/);
      expect(text).toContain("SEED");
    }
    expect(plan.remarks.join()).toContain("DB_PASSWORD is set in the settings and looks like a secret");
  });
});

describe("what the job asks for", () => {
  const measured: Measured = {
    at: "2026-07-22T10:00:00Z",
    runs: 1,
    memory: 3 * GIB,
    processors: 2.9,
    sharedMemory: 0,
    seconds: 10,
    cutShort: undefined,
  };
  const none = { cpus: undefined, memory: undefined, sharedMemory: undefined, gpus: 0, workers: undefined };
  const example = { cpu: 2, memory: 4 * GIB };

  it("is what was measured with head-room, and no limit below the example's", () => {
    expect(resourcesFor(measured, none, example)).toMatchObject({
      cpu: { request: 4, limit: 4 },
      memory: { request: 5 * GIB, limit: 5 * GIB },
      sharedMemory: undefined,
    });
    const small = resourcesFor({ ...measured, memory: 100e6, processors: 0.2 }, none, example);
    expect(small).toMatchObject({
      cpu: { request: 1, limit: 2 },
      memory: { request: GIB / 2, limit: 4 * GIB },
    });
  });

  it("is more where memory ran out, and the example's where nothing was measured", () => {
    const cut = resourcesFor({ ...measured, cutShort: "memory" }, none, example);
    expect(cut.memory.request).toBe(9 * GIB);
    expect(cut.basis.join()).toContain("ran out");
    expect(resourcesFor(undefined, none, example)).toMatchObject({
      cpu: { request: 2, limit: 2 },
      memory: { request: 4 * GIB, limit: 4 * GIB },
    });
    expect(resourcesFor({ ...measured, memory: null, processors: null }, none, example).basis.join()).toMatch(
      /Processors: not measured.*Memory: not measured/,
    );
  });

  it.each([
    ["workers", { workers: "a.py:1" }, 0, { bytes: undefined }],
    ["a GPU", { gpus: 1 }, 0, { bytes: undefined }],
    ["a test that used it", {}, 40 * 1024 ** 2, { bytes: undefined }],
    ["a size", { sharedMemory: GIB }, 0, { bytes: GIB }],
    ["a test that used a little", {}, 1024, undefined],
  ])("has more shared memory with %s", (_title, wanted, used, expected) => {
    const { sharedMemory, memory } = resourcesFor(
      { ...measured, sharedMemory: used },
      { ...none, ...wanted },
      example,
    );
    expect(sharedMemory).toEqual(expected);
    expect(memory.limit > 5 * GIB).toBe(expected !== undefined);
  });

  it("is written as Kubernetes reads it", () => {
    expect([4 * GIB, GIB / 2, 1.25 * GIB].map(quantityOf)).toEqual(["4Gi", "512Mi", "1280Mi"]);
  });

  it("takes the most of all runs of a report", () => {
    expect(measuredIn({ ...notClearReport, recording: null, others: [] })).toBeUndefined();
    const { recording } = notClearReport;
    if (recording === null) throw new Error("the sample has a run");
    const { usage } = recording;
    const larger = { ...recording, usage: { ...usage, peaks: { ...usage.peaks, memory: 77 * GIB } } };
    expect(measuredIn({ ...notClearReport, others: [larger] })).toMatchObject({ runs: 2, memory: 77 * GIB });
  });
});

describe("the files for ces-run", () => {
  it("send the program to the run's own folder", () => {
    const plan = planFor({
      ...ALL,
      args: ["--out", "$(OUTPUT_DIR)", "two words", "it's"],
      env: { A: "x\ny" },
    });
    const files = cesFiles(plan, profile);
    const args = readRunFile(files.arguments ?? "", "arg-file.txt", "arguments");
    expect(args.kind === "arguments" && args.rows.flat().map(({ value }) => value)).toEqual([
      "--out",
      "/safe_outputs",
      "two words",
      "it's",
    ]);
    expect(files.environment).toContain("OUTPUT_DIR=/safe_outputs\n");
    expect(files.environment).not.toMatch(/^(?:A|y)/m);
    expect(files.options).toBe("--memory=4096m\n");
    expect(cesFiles(planFor(ALL), profile).arguments).toBeUndefined();
  });
});

describe("how the image gets in", () => {
  const image = "ghcr.io/lab/job:1";

  it("is said for each runtime, in the name of whoever pulls", () => {
    expect(pullCommands(profile, image, ["k8s", "podman", "ood"])).toEqual([
      'ces-pull podman <github_user> "$GHCR_TOKEN" ghcr.io/lab/job:1',
      'ces-pull k8s <github_user> "$GHCR_TOKEN" ghcr.io/lab/job:1',
    ]);
  });

  it("is not said of a registry that nothing is taken from", () => {
    expect(pullCommands(profile, "registry.example.org/lab/job:1", ["k8s"])).toEqual([]);
    expect(pullCommands({ registries: profile.registries }, image, ["k8s"])).toEqual([]);
  });
});

describe("the sheet", () => {
  const sheet = (choices: JobSettings, report = undefined as typeof notClearReport | undefined) => {
    const plan = planFor(choices);
    return sheetFor({ plan, profile, report, files: cesFiles(plan, profile) });
  };
  const commands = (choices: JobSettings): string =>
    sheet(choices)
      .steps.flatMap(({ parts }) => parts.map((part) => ("commands" in part ? part.commands : "")))
      .join("\n");

  it("has the commands of the place, with what is known in them", () => {
    const text = commands(ALL);
    for (const line of [
      'ces-pull podman <github_user> "$GHCR_TOKEN" ghcr.io/lab/heart-risk:1.2-1',
      'ces-pull k8s <github_user> "$GHCR_TOKEN" ghcr.io/lab/heart-risk:1.2-1',
      "ces-run podman --opt-file=opt-file.txt --env-file=env-file.txt ghcr.io/lab/heart-risk:1.2-1",
      "rsync -avP /safe_data/2024-0000/ shs-sdf01:/mnt/clstr-beegfs/nsh/2024-0000/shared",
      "kubectl -n nsh-2024-0000-ns create -f job.yaml",
      "rsync -avP shs-sdf01:/mnt/clstr-beegfs/nsh/2024-0000/users/test_nsh-2024-0000/<job>/ /safe_data/2024-0000/results/<job>/",
    ])
      expect(text.split("\n")).toContain(line);
    expect(commands({ ...ALL, gpus: 1 })).toContain("--gpu ");
    expect(commands({})).toContain("/safe_data/<project>/");
  });

  it("warns of an image that was not found fit, or not checked", () => {
    expect(sheet(ALL).warnings.join()).toContain("No check");
    expect(sheet(ALL, notClearReport).warnings.join()).toContain("NOT CLEAR");
    expect(sheet(ALL, { ...notClearReport, command: "test" }).warnings.join()).toContain("pratique test");
    expect(sheet(ALL, { ...notClearReport, verdict: "clear" }).warnings).toEqual([]);
  });

  it("says what the next job would write over", () => {
    const plan = planFor(ALL, { outputs: ["a.csv", "nsh-2024-0000-heart-risk-abcde/b.csv"] });
    expect(plan.remarks.join()).toContain("(`a.csv`)");
    const given = planFor({ ...ALL, args: ["$(OUTPUT_DIR)"] }, { outputs: ["a.csv"] });
    expect(given.remarks.join()).not.toContain("a.csv");
    const read = planFor(ALL, { outputs: ["a.csv"], outputReader: "fit.py:7" });
    expect(read.remarks.join()).not.toContain("a.csv");
  });
});
