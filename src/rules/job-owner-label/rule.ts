import { at } from "../helpers.ts";
import { manifestExample } from "../job-examples.ts";
import { checkWorkloads, partAt } from "../jobs.ts";
import { defineRule } from "../rule.ts";

const job = (labels: string): string =>
  `apiVersion: batch/v1\nkind: Job\nspec:\n  template:\n    metadata:\n      labels: ${labels}\n    spec:\n      containers: [{name: fit}]`;

export default defineRule<"job">({
  id: "job-owner-label",
  title: "A job sets the label that the cluster sets itself",
  category: "job",
  needs: "job",
  severity: "warning",
  requirements: [],
  why: "The cluster marks each pod with its user in the label `shsuser`, and lets nobody else look into it. A label of your own can lock you out of your own job.",
  fix: "Leave the label `shsuser` out.",
  aliases: [],
  examples: {
    bad: [manifestExample("the label", job("{shsuser: test}"), 6)],
    good: [manifestExample("labels of one's own", job("{app: fit}"))],
  },
  *check(facts, profile) {
    for (const said of checkWorkloads(facts, profile, function* (document, policy) {
      const label = policy.ownLabel.value;
      const paths = [
        ["metadata", "labels", label],
        ["spec", "template", "metadata", "labels", label],
        ["spec", "jobTemplate", "spec", "template", "metadata", "labels", label],
      ];
      for (const path of paths) {
        if (partAt(document.value, ...path) === undefined) continue;
        yield {
          message: `The cluster sets the label “${label}” itself.`,
          fix: "Take this label away.",
          ...at(facts, document.keyOf(path)),
        };
      }
    })) {
      if (!("notAssessed" in said)) yield said;
    }
  },
});
