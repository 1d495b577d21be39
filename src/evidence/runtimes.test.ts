import { describe, expect, it } from "vitest";
import { defaultConfig } from "../config/config.ts";
import { Collector, type JudgedRuntime } from "../pipeline/collector.ts";
import { findRuntime } from "../profiles/find.ts";
import type { Profile, Statement } from "../profiles/profile.ts";
import { applyRules } from "../rules/apply.ts";
import { defineRule } from "../rules/rule.ts";
import { runFacts, testProfile } from "../rules/test-facts.ts";
import type { Report } from "./report.ts";

/** A statement that any run shows, one for the cluster alone, and one that is announced. */
const statement = (id: string, differences: Partial<Statement> = {}): Statement => ({
  id,
  level: "must",
  force: "enforced",
  scope: "image",
  shownBy: ["run"],
  text: "It must.",
  source: "doc",
  date: "2026-07-22",
  ...differences,
});
const profile: Profile = {
  ...testProfile(),
  statements: [
    statement("ALL-01"),
    statement("K8S-90", { runtimes: ["k8s"] }),
    statement("NEW-01", { level: "may", force: "foreseen", runtimes: ["future"] }),
  ],
};
/** Finds something where the run ended with another code than 0. */
const rule = (id: string, requirement: string, severity: "error" | "info" = "error") =>
  defineRule<"run">({
    id,
    title: id,
    category: "users",
    needs: "run",
    severity,
    requirements: [requirement],
    why: "w",
    fix: "f",
    aliases: [],
    examples: { bad: [], good: [] },
    *check({ recording }) {
      if (recording.exit.code === 9) yield { notAssessed: "it could not be seen" };
      else if (recording.exit.code !== 0) yield { message: `${id} (process ${recording.exit.code})` };
    },
  });
const rules = [rule("a", "ALL-01"), rule("k", "K8S-90"), rule("n", "NEW-01", "info")];

async function report(
  exits: Readonly<Record<string, number | string>>,
  deciding: readonly string[],
): Promise<Report> {
  const settings = { config: defaultConfig, profile, waivers: [], commentsCount: true };
  const collector = new Collector("test", "x", settings, { start() {}, detail() {}, done() {} });
  const judged = Object.entries(exits).map(([id, code]): JudgedRuntime => {
    const runtime = findRuntime(profile, id);
    const common = { runtime, decides: deciding.includes(id), startedWith: "docker 1", imitated: true };
    if (typeof code === "string") return { ...common, problem: code, judgement: undefined };
    const facts = runFacts({ runtime: id, exit: { code, signal: null, cause: "exited", detail: "" } });
    const judgement = applyRules("run", rules, facts, profile, {});
    const findings = judgement.findings.map((finding) => ({ ...finding, runtimes: [id] }));
    return { ...common, problem: "", judgement: { ...judgement, findings } };
  });
  collector.useRuntimes(judged);
  return collector.report();
}
const statuses = (list: readonly { readonly id: string; readonly status: string }[]): string =>
  list.map(({ id, status }) => `${id} ${status}`).join(", ");
const table = ({ runtimes }: Report): Record<string, string> =>
  Object.fromEntries(runtimes.map(({ id, requirements }) => [id, statuses(requirements)]));

describe("the table of runtimes", () => {
  it("says of each runtime what a test in it alone would have said", async () => {
    const made = await report({ k8s: 0, podman: 1, ood: 9, future: 1 }, ["k8s"]);
    expect(table(made)).toEqual({
      k8s: "ALL-01 pass, K8S-90 pass, NEW-01 not-assessed",
      podman: "ALL-01 fail, K8S-90 not-assessed, NEW-01 not-assessed",
      ood: "ALL-01 not-assessed, K8S-90 not-assessed, NEW-01 not-assessed",
      future: "ALL-01 not-assessed, K8S-90 not-assessed, NEW-01 fail",
    });
    expect(made.runtimes.map(({ id, verdict }) => `${id} ${verdict}`)).toEqual([
      "k8s clear",
      "podman not-clear",
      "ood incomplete",
      "future null",
    ]);
    for (const { requirements } of made.runtimes)
      for (const { reason } of requirements) expect(reason).toMatch(/\w.*\.$|process/);
  });

  it("makes the verdict of those that decide", async () => {
    const beside = await report({ k8s: 0, podman: 1, future: 1 }, ["k8s"]);
    expect(statuses(beside.requirements)).toBe("ALL-01 pass, K8S-90 pass, NEW-01 fail");
    expect(beside.verdict).toBe("clear");
    expect(beside.findings.every(({ severity }) => severity === "info")).toBe(true);
    const both = await report({ k8s: 0, podman: 1 }, ["k8s", "podman"]);
    expect(statuses(both.requirements)).toBe("ALL-01 fail, K8S-90 pass, NEW-01 not-assessed");
    expect(both.verdict).toBe("not-clear");
    const unseen = await report({ k8s: 0, podman: 9 }, ["k8s", "podman"]);
    expect(statuses(unseen.requirements)).toBe("ALL-01 not-assessed, K8S-90 pass, NEW-01 not-assessed");
    expect(unseen.verdict).toBe("incomplete");
  });

  it("never takes what was not run, or cannot show it, for shown", async () => {
    const other = await report({ podman: 0 }, ["podman"]);
    expect(statuses(other.requirements)).toBe("ALL-01 pass, K8S-90 not-assessed, NEW-01 not-assessed");
    expect(other.verdict).toBe("incomplete");
    expect(other.requirements[1]?.reason).toContain("--runtime k8s");
    const announced = await report({ future: 0 }, []);
    expect(statuses(announced.requirements)).toBe("ALL-01 not-assessed, K8S-90 not-assessed, NEW-01 pass");
    expect(announced.verdict).toBe("incomplete");
    const failed = await report({ k8s: 0, ood: "No space." }, ["k8s"]);
    expect(failed.runtimes[1]?.requirements[0]).toEqual({
      id: "ALL-01",
      status: "not-assessed",
      reason: "No space.",
    });
    expect(failed.verdict).toBe("clear");
  });

  it("says of one mistake once in which runtimes it was made", async () => {
    const { findings } = await report({ k8s: 1, podman: 2, ood: 3 }, ["k8s"]);
    const all = findings.filter((finding) => finding.rule === "a");
    expect(all.map(({ runtimes, severity }) => [severity, runtimes])).toEqual([
      ["error", ["k8s", "podman", "ood"]],
    ]);
  });
});
