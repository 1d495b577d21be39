import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultConfig } from "../config/config.ts";
import { nothingExpected } from "../config/expectations.ts";
import { PratiqueError } from "../errors.ts";
import { findRuntime } from "../profiles/find.ts";
import { testProfile } from "../rules/test-facts.ts";
import { type ManifestRun, readManifestRun } from "./manifest-run.ts";

const profile = testProfile();
const runtime = findRuntime(profile, "k8s");
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pratique-manifest-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function read(text: string): ManifestRun {
  const path = join(folder, "job.yaml");
  writeFileSync(path, text);
  return readManifestRun(path, profile);
}
const indented = (text: string, by: number): string => text.trim().replace(/^(?=.)/gm, " ".repeat(by));
const job = (container: string, pod = ""): string => `apiVersion: batch/v1
kind: Job
metadata: {generateName: nsh-2024-0000-fit-, namespace: nsh-2024-0000-ns}
spec:
  template:
    metadata: {labels: {team: blue}}
    spec:
${indented(pod, 6)}
      containers:
        - name: fit
          image: tre-ghcr-proxy.nsh.loc:5000/a/b:1
          resources: {limits: {cpu: 500m, memory: 1Gi}}
${indented(container, 10)}
`;
const USER = "securityContext: {runAsUser: 1998602116, runAsGroup: 1998600502}";

describe("readManifestRun", () => {
  it("takes command and arguments as Kubernetes does", () => {
    const both = read(
      job('command: [sh, -c]\nargs: ["echo $(A) $$(A) $(NONE) $A"]\nenv: [{name: A, value: x}]'),
    ).extras;
    expect(both).toMatchObject({ entrypoint: ["sh", "-c"], args: ["echo x $(A) $(NONE) $A"] });
    expect(read(job("command: [fit]")).extras).toMatchObject({ entrypoint: ["fit"], args: [] });
    expect(read(job("args: [--all]")).extras).toMatchObject({ entrypoint: undefined, args: ["--all"] });
    expect(read(job("")).extras).toMatchObject({ entrypoint: undefined, args: undefined });
  });

  it("sets variables in their order, and those that the pod has of itself", () => {
    const { extras, notes, jobName } = read(
      `${job(`
env:
  - {name: A, value: one}
  - {name: B, value: "$(A)/$(C)"}
  - {name: C, value: 3}
  - {name: JOB, valueFrom: {fieldRef: {fieldPath: "metadata.labels['job-name']"}}}
  - {name: OUT, value: "/safe_outputs/$(JOB)"}
  - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
  - {name: TEAM, valueFrom: {fieldRef: {fieldPath: "metadata.labels['team']"}}}
  - {name: CORES, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
  - {name: MAP, valueFrom: {configMapKeyRef: {name: settings, key: seed}}}
  - {name: HIDDEN, valueFrom: {secretKeyRef: {name: db, key: pw}}}
envFrom:
  - {prefix: P_, configMapRef: {name: settings}}
  - {secretRef: {name: db}}
`)}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {seed: "7"}\n`,
    );
    expect(jobName).toBe("nsh-2024-0000-fit-abcde");
    expect(extras.environment).toEqual({
      A: "one",
      B: "one/$(C)",
      C: "3",
      JOB: jobName,
      OUT: `/safe_outputs/${jobName}`,
      POD: `${jobName}-fghij`,
      TEAM: "blue",
      CORES: "1",
      MAP: "7",
      P_seed: "7",
      HOSTNAME: `${jobName}-fghij`,
    });
    expect(notes.join()).toMatch(/HIDDEN comes from elsewhere/);
    expect(notes.join()).toMatch(/envFrom/);
  });

  it("takes user, limits, folders and time from the manifest", () => {
    const run = read(
      job(
        `
workingDir: /work
securityContext: {readOnlyRootFilesystem: true, runAsUser: 12345}
volumeMounts:
  - {mountPath: /safe_data, name: data, readOnly: true}
  - {mountPath: /safe_outputs/, name: out}
  - {mountPath: /work, name: work}
  - {mountPath: /dev/shm, name: shm}
  - {mountPath: /models, name: data}
`,
        `
${USER}
activeDeadlineSeconds: 90
volumes:
  - {name: data, persistentVolumeClaim: {claimName: pvc-nsh-2024-0000-shared}}
  - {name: out, persistentVolumeClaim: {claimName: pvc-nsh-2024-0000-users-test}}
  - {name: work, emptyDir: {}}
  - {name: shm, emptyDir: {medium: Memory}}
`,
      ),
    );
    expect(run.extras).toMatchObject({
      memory: `${1024 ** 3}b`,
      processors: availableParallelism() > 0.5 ? 0.5 : undefined,
      sharedMemory: `${1024 ** 3}b`,
      workingDirectory: "/work",
      readOnlyRoot: true,
    });
    expect(run.emptyFolders).toEqual(["/work"]);
    const own = run.runtimeFor(runtime);
    expect([own.user.value, own.group.value]).toEqual([12345, 1998600502]);
    expect(own.mounts.map(({ value }) => [value.directory, value.access])).toEqual([
      ["data", "read-only"],
      ["outputs", "read-write"],
    ]);
    expect(run.notes.join()).toContain("what it mounts at /models was not there");
    const settings = { ...defaultConfig.test, args: ["no"], env: { NO: "1" }, memory: "9g", data: "/d" };
    const given = { name: "a", settings, expect: nothingExpected };
    expect(run.caseFor(given, runtime)).toMatchObject({
      name: "a",
      settings: { args: undefined, env: {}, memory: undefined, timeout: 90_000, data: "/d" },
    });
  });

  it("says what is missing or not there", () => {
    const { notes } = read(
      job(
        "resources: {limits: {nvidia.com/gpu: 1}}\nlifecycle: {}",
        "initContainers: [{name: load}]",
      ).replace("          resources: {limits: {cpu: 500m, memory: 1Gi}}\n", ""),
    );
    const text = notes.join("\n");
    for (const words of [
      "names no user",
      "no limit of memory",
      "no limit of cpu",
      "GPUs",
      "init container “load”",
      "lifecycle",
    ])
      expect(text).toContain(words);
    expect(read(job("", "securityContext: {runAsUser: <uid>}")).notes.join()).toContain(
      "runAsUser is “<uid>”",
    );
  });

  it.each([
    ["no job", "apiVersion: v1\nkind: ConfigMap\n", /no job/],
    ["a mistake", "kind: [\n", /cannot be read/],
    ["several jobs", `${job("")}---\n${job("")}`, /2 jobs/],
    ["several containers", job("").concat("        - {name: other}\n"), /several containers/],
    ["a command that is no list", job("command: python fit.py"), /no list/],
    ["no containers", "kind: Job\napiVersion: batch/v1\nspec: {template: {spec: {}}}\n", /no containers/],
  ])("refuses %s", (_title, text, words) => {
    expect(() => read(text)).toThrow(words);
  });

  it("takes any text: a run or a coded error", () => {
    const piece = fc.oneof(
      fc.constantFrom(
        "env:\n",
        "  - {name: A, value: $(A)}\n",
        "command: ",
        "[a, 1, {}]\n",
        "volumeMounts: [{mountPath: /../x, name: x}]\n",
        "resources: {limits: {memory: -1}}\n",
        "securityContext: {runAsUser: -5}\n",
      ),
      fc.string({ maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.boolean(), (pieces, wrapped) => {
        try {
          const { emptyFolders } = read(wrapped ? job(pieces.join("")) : pieces.join(""));
          for (const target of emptyFolders) expect(target).toMatch(/^\/(?!\.\.)/);
        } catch (error) {
          if (!(error instanceof PratiqueError)) throw error;
        }
      }),
      { numRuns: 200, seed: 20_260_722 },
    );
  });
});
