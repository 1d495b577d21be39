import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { defaultConfig } from "../src/config/config.ts";
import { readManifest } from "../src/job/read.ts";
import { judge } from "../src/pipeline/judge.ts";
import { readManifestRun } from "../src/pipeline/manifest-run.ts";
import { findProfile } from "../src/profiles/find.ts";

/** Manifests as other programs print them; test/fixtures/manifests/README.md says how each was made. */

const profile = findProfile("shs-gpu-cluster");
const fixture = (name: string): string => join(import.meta.dirname, "fixtures/manifests", name);

async function found(text: string): Promise<readonly string[]> {
  const facts = readManifest(text, "job.yaml");
  expect(facts.problems).toEqual([]);
  const { findings } = await judge("job", facts, { config: defaultConfig, profile });
  return findings.map(({ rule, location }) => {
    const line = location !== undefined && "startLine" in location ? location.startLine : 0;
    return `${rule} ${facts.lines[line - 1]?.trim()}`;
  });
}

describe("what Kustomize prints", () => {
  const text = readFileSync(fixture("overlay.yaml"), "utf8");

  it("has nothing wrong but the name, which Kustomize wants and the cluster does not", async () => {
    expect(await found(text)).toEqual(["job-named name: nsh-2024-0000-fit-"]);
    const renamed = text.replace(/^ {2}name: (.*-)$/m, "  generateName: $1");
    expect(await found(renamed)).toEqual([]);
  });

  it("is tried with the settings of the same file, whatever hash their name has", () => {
    const { extras, notes } = readManifestRun(fixture("overlay.yaml"), profile);
    expect(text).toMatch(/name: nsh-2024-0000-settings-[a-z0-9]{10}$/m);
    expect(extras.environment).toMatchObject({ SEED: "7", HOME: "/scratch" });
    expect(extras.entrypoint?.slice(0, 2)).toEqual(["/bin/sh", "-c"]);
    expect(notes.join("\n")).not.toContain("SEED");
  });

  it("is read as two jobs, each finding at its own line, in whatever order the fields stand", async () => {
    const rules = await found(readFileSync(fixture("two.yaml"), "utf8"));
    for (const one of [
      "job-named name: nsh-2024-0000-a-",
      "job-named name: nsh-2024-0000-b-",
      'job-invalid-field backoffLimit: "1"',
      "job-image-tag image: tre-ghcr-proxy.nsh.loc:5003/lab/fit:latest",
      "job-queue-label metadata:",
    ])
      expect(rules).toContain(one);
    // What a variable holds is not shown, but where it stands.
    expect(rules).toContain("job-invalid-field value: 7");
    expect(() => readManifestRun(fixture("two.yaml"), profile)).toThrow(/jobs/);
  });
});

describe("what kubectl prints", () => {
  it("is read, with times that are null and a status that is empty", async () => {
    const rules = await found(readFileSync(fixture("created.yaml"), "utf8"));
    expect(rules).toContain("job-named name: fit");
    expect(rules.filter((one) => one.startsWith("job-invalid-field"))).toEqual([]);
    expect(readManifestRun(fixture("created.yaml"), profile).extras.entrypoint).toEqual([
      "python",
      "/opt/fit.py",
    ]);
  });

  it("is read as a list, with what the cluster has added", async () => {
    const text = readFileSync(fixture("list.yaml"), "utf8");
    expect(readManifest(text, "list.yaml").documents.map(({ kind }) => kind)).toEqual(["Job", "Job"]);
    expect(await found(text)).toEqual([
      "job-named name: nsh-2024-0000-fit-x7k2p",
      "job-named name: nsh-2024-0000-fit-b9d4q",
    ]);
  });
});

describe("what Helm prints", () => {
  const text = readFileSync(fixture("chart.yaml"), "utf8");

  it("is read beside its comments, each finding at its own line", async () => {
    expect(text).toContain("# Source: fit/templates/job.yaml");
    expect(await found(text)).toEqual(["job-invalid-field SEED: 7"]);
    expect(readManifestRun(fixture("chart.yaml"), profile).jobName).toMatch(/^nsh-2024-0000-risk-/);
  });

  it("is read with objects of Kueue's and empty documents", async () => {
    const queue = `apiVersion: kueue.x-k8s.io/v1beta1
kind: LocalQueue
metadata: {name: nsh-2024-0000-ns-user-queue}
spec:
  clusterQueue: gpu
  stopPolicy: Never
`;
    const more = `---\n# Source: fit/templates/none.yaml\n---\n${queue}---\n`;
    expect(await found(`${text}${more}`)).toEqual([
      "job-invalid-field SEED: 7",
      "job-invalid-field stopPolicy: Never",
    ]);
  });
});
