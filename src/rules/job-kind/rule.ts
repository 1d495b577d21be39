import { at, fixOf } from "../helpers.ts";
import { manifestExample } from "../job-examples.ts";
import { checkPods, isWorkload, shown } from "../jobs.ts";
import { defineRule } from "../rule.ts";

const POD = "metadata:\n  generateName: fit-\nspec:\n  containers: [{name: fit}]";
const TEMPLATE =
  "metadata:\n  generateName: fit-\nspec:\n  template:\n    spec:\n      containers: [{name: fit}]";

export default defineRule<"job">({
  id: "job-kind",
  title: "Work is not described as a batch/v1 Job",
  category: "job",
  needs: "job",
  severity: "error",
  requirements: ["K8S-01"],
  why: "The cluster hands out its machines through a queue, and the queue takes jobs. A pod that no job owns can be deleted at any time without notice, and with it what it has worked out.",
  fix: "Describe the work as `kind: Job` with `apiVersion: batch/v1`.",
  aliases: [],
  examples: {
    bad: [
      manifestExample("a bare pod", `apiVersion: v1\nkind: Pod\n${POD}`, 2),
      manifestExample("a deployment", `apiVersion: apps/v1\nkind: Deployment\n${TEMPLATE}`, 2),
      manifestExample("an old version", `apiVersion: batch/v1beta1\nkind: Job\n${TEMPLATE}`, 1),
    ],
    good: [manifestExample("a job", `apiVersion: batch/v1\nkind: Job\n${TEMPLATE}`)],
  },
  *check(facts, profile) {
    yield* checkPods(facts, profile, () => []);
    for (const document of facts.documents) {
      if (!isWorkload(document)) continue;
      const { kind, apiVersion } = document;
      const fix = fixOf("Describe the work as a job.", "apiVersion: batch/v1", "kind: Job");
      if (kind !== "Job") {
        yield {
          message:
            kind === "Pod"
              ? "A pod without a job around it may be deleted without notice."
              : `The cluster runs jobs from its queue, and this is a ${shown(kind)}.`,
          fix,
          ...at(facts, document.rangeOf(["kind"])),
        };
      } else if (apiVersion !== "batch/v1" && apiVersion !== "") {
        const place = at(facts, document.rangeOf(["apiVersion"]));
        yield {
          message: `Jobs belong to batch/v1, and this one says ${shown(apiVersion)}.`,
          fix: fixOf("Write the version that jobs have.", "apiVersion: batch/v1"),
          ...place,
        };
      }
    }
  },
});
