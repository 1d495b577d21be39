import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { processorTime } from "../../test/processor-time.ts";
import { readManifest } from "../job/read.ts";
import type { Rule } from "./rule.ts";
import { testProfile } from "./test-facts.ts";

const folder = new URL("./", import.meta.url);
const rules: Rule<"job">[] = [];
for (const name of readdirSync(folder).filter((entry) => /^(?:job-\w[\w-]*|secret-in-job)$/.test(entry))) {
  const module: { default: Rule<"job"> } = await import(`./${name}/rule.ts`);
  if (module.default.needs === "job") rules.push(module.default);
}
const profile = testProfile();
const template = readFileSync(new URL("../../test/fixtures/job.yaml", import.meta.url), "utf8");
const judge = (text: string) => {
  const facts = readManifest(text, "job.yaml");
  return rules.flatMap((rule) => [...rule.check(facts, profile)].map((said) => ({ rule: rule.id, said })));
};
const fired = (text: string): string[] => [
  ...new Set(judge(text).flatMap(({ rule, said }) => ("notAssessed" in said ? [] : [rule]))),
];

describe("the rules about jobs together", () => {
  it("find nothing in the documents' own job, filled in, and leave nothing open", () => {
    expect(judge(template)).toEqual([]);
  });

  it("judge no statement of a job that is a template, and say once that it is one", () => {
    const text = template
      .replaceAll("nsh-2024-0000", "<safe_haven>-<project>")
      .replace(/199860\d+/g, "<id>")
      .replace("5006/lab", "<port>/<user>");
    expect(fired(text)).toEqual(["job-placeholder"]);
    const open = new Set(judge(text).flatMap(({ rule, said }) => ("notAssessed" in said ? [rule] : [])));
    for (const id of [
      "job-user-id",
      "job-group-id",
      "job-file-group",
      "job-image-proxy",
      "job-queue-label",
      "job-claim-name",
    ])
      expect(open).toContain(id);
  });

  it("leave everything open when the manifest cannot be read", () => {
    const open = judge(`${template}\n---\na: [`).filter(({ said }) => "notAssessed" in said);
    for (const rule of rules) {
      if (rule.requirements.some((id) => /^(?:K8S|REG-07|UID-0[123])/.test(id)))
        expect(
          open.map((one) => one.rule),
          rule.id,
        ).toContain(rule.id);
    }
  });

  it.each([
    ["a fixed name", "  generateName: nsh-2024-0000-fit-", "  name: fit", ["job-named"]],
    ["root", "runAsUser: 1998602116", "runAsUser: 0", ["job-root"]],
    ["the user's own group", "runAsGroup: 1998600502", "runAsGroup: 1998602116", ["job-group-id"]],
    ["Docker Hub", "tre-ghcr-proxy.nsh.loc:5006/lab/fit:1.2.0", "lab/fit:1.2.0", ["job-image-docker-hub"]],
    ["too many GPUs", "nvidia.com/gpu: 1", "nvidia.com/gpu: 9", ["job-quota"]],
    ["half a GPU", "nvidia.com/gpu: 1 ", "nvidia.com/mig-1g.5gb: 1 ", ["job-gpu-product"]],
    ["a wrong claim", "pvc-nsh-2024-0000-users-test", "pvc-nsh-2024-0000-users-test_nsh", ["job-claim-name"]],
    ["no scratch", /.*mountPath: \/scratch,.*\n/, "", ["job-mounts"]],
    ["the machine's folder", "scratch, emptyDir: {}", "scratch, hostPath: {path: /tmp}", ["job-mounts"]],
    ["writable data", ", readOnly: true", "", ["job-data-writable"]],
    ["no memory", "requests: { cpu: 2, memory: 4Gi }", "requests: { cpu: 2 }", ["job-resources"]],
    ["a misspelt limit", "memory: 4Gi, nv", "memory: 4GB, nv", ["job-resources"]],
    [
      "the default namespace",
      "  labels:",
      "  namespace: default\n  labels:",
      ["job-namespace", "job-queue-label"],
    ],
    ["an installation", "exec python", "pip install x; exec python", ["job-installs"]],
    ["a clone", "exec python", "git clone x; exec python", ["job-downloads"]],
    ["a deployment", "kind: Job", "kind: Deployment", ["job-kind"]],
  ])("find one mistake once: %s", (_title, from, to, expected) => {
    const text = template.replace(from, to);
    expect(text).not.toBe(template);
    expect(fired(text)).toEqual(expected);
  });

  it("never throw, and show neither line breaks nor nothing", () => {
    const value = fc.oneof(
      fc.constantFrom(
        "{}",
        "[]",
        "null",
        "1",
        "-1",
        "true",
        "<x>",
        "[{}]",
        "[[1]]",
        '"a\\nb"',
        "{name: 1}",
        "&a [*a]",
      ),
      fc.string({ maxLength: 6 }),
    );
    const lines = template.split("\n");
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(lines.length - 1), value), { maxLength: 5 }), (changes) => {
        const changed = [...lines];
        for (const [index, text] of changes)
          changed[index] = (changed[index] ?? "").replace(
            /:.*|- .*/,
            (whole) => `${whole.slice(0, 1)} ${text}`,
          );
        for (const { said, rule } of judge(changed.join("\n"))) {
          if ("notAssessed" in said) continue;
          expect(said.message, rule).not.toMatch(/\n|undefined|NaN|\[object/);
        }
      }),
      { numRuns: 300, seed: 20_260_722 },
    );
  });

  it("take bounded time for a manifest of aliases", () => {
    const text = `apiVersion: batch/v1\nkind: List\nitems:\n  - &a ${JSON.stringify(readManifest(template, "x").documents[0]?.value)}\n${"  - *a\n".repeat(100_000)}`;
    expect(processorTime(() => judge(text))).toBeLessThan(20_000);
  });
});
