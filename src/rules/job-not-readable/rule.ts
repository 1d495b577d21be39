import { at, fixOf } from "../helpers.ts";
import { manifestExample } from "../job-examples.ts";
import { isPart, isWorkload, listIn, partAt, podsOf } from "../jobs.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"job">({
  id: "job-not-readable",
  title: "The job manifest is not one that the cluster can read",
  category: "syntax",
  needs: "job",
  severity: "error",
  requirements: [],
  why: "The cluster refuses a manifest that it cannot read, and what follows the mistake has not been checked.",
  fix: "Correct the manifest; `kubectl create --dry-run=client -f job.yaml` says whether it can be read.",
  aliases: [],
  examples: {
    bad: [
      manifestExample("a tab", "apiVersion: batch/v1\nkind: Job\nmetadata:\n\tgenerateName: fit-", 4),
      manifestExample("a key given twice", "apiVersion: v1\nkind: Secret\nkind: ConfigMap", 3),
      manifestExample("no kind", "apiVersion: batch/v1\nmetadata:\n  generateName: fit-", 1),
      manifestExample("no containers", "apiVersion: batch/v1\nkind: Job\nspec:\n  template: {}", 2),
      manifestExample("no object at all", "- a\n- b", 1),
    ],
    good: [
      manifestExample(
        "a job",
        "apiVersion: batch/v1\nkind: Job\nspec:\n  template:\n    spec:\n      containers: [{name: fit}]",
      ),
      manifestExample("another object", "---\n# nothing here\n---\napiVersion: v1\nkind: ConfigMap"),
    ],
  },
  *check(facts) {
    for (const { message, range } of facts.problems) {
      yield {
        message: `The manifest cannot be checked as a whole: ${message}.`,
        fix: "Correct this place, and lint again.",
        ...at(facts, range),
      };
    }
    for (const document of facts.documents) {
      const { kind, apiVersion, value } = document;
      if (kind === "" || apiVersion === "") {
        yield {
          message: `A Kubernetes object needs ${kind === "" ? "a “kind”" : "an “apiVersion”"}, and this one has none.`,
          fix: fixOf("Begin the job like this.", "apiVersion: batch/v1", "kind: Job"),
          ...at(facts, document.keyOf([])),
        };
        continue;
      }
      const readable = podsOf(document).some((pod) => listIn(pod.spec.containers).some(isPart));
      if (kind !== "Job" || !isWorkload(document) || readable) continue;
      const misplaced = isPart(partAt(value, "spec")) && Array.isArray(partAt(value, "spec", "containers"));
      yield {
        message: misplaced
          ? "The job's containers stand in the wrong place, so that it has none."
          : "The job has no containers.",
        fix: fixOf(
          "Put the containers here.",
          "spec:",
          "  template:",
          "    spec:",
          "      containers:",
          "        - name: job",
        ),
        ...at(facts, misplaced ? document.keyOf(["spec", "containers"]) : document.rangeOf(["kind"])),
      };
    }
  },
});
