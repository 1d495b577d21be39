import { at, fixOf } from "../helpers.ts";
import { manifestExample } from "../job-examples.ts";
import { checkWorkloads, partAt, shown, textOf } from "../jobs.ts";
import { defineRule } from "../rule.ts";

const job = (metadata: string): string =>
  `apiVersion: batch/v1\nkind: Job\nmetadata:\n${metadata}\nspec:\n  template:\n    metadata: {name: fit}\n    spec:\n      containers: [{name: fit}]`;

export default defineRule<"job">({
  id: "job-named",
  title: "A job has a fixed name instead of generateName",
  category: "job",
  needs: "job",
  severity: "error",
  requirements: ["K8S-02"],
  why: "The cluster refuses jobs with a fixed name: every submission gets a name of its own, made from `generateName`. That is also why jobs are submitted with `kubectl create` and not with `kubectl apply`.",
  fix: "Write `generateName:` in place of `name:`, with a dash at its end, and submit with `kubectl create`.",
  aliases: [],
  examples: {
    bad: [
      manifestExample("a name", job("  name: fit"), 4),
      manifestExample("both", job("  generateName: fit-\n  name: fit"), 5),
      manifestExample("neither", job("  labels: {}"), 3),
    ],
    good: [manifestExample("a name to be made", job("  generateName: nsh-2024-0000-fit-"))],
  },
  *check(facts, profile) {
    yield* checkWorkloads(facts, profile, function* (document) {
      const name = textOf(partAt(document.value, "metadata", "name"));
      const generated = textOf(partAt(document.value, "metadata", "generateName"));
      if (name === undefined && generated !== undefined) return;
      const wanted = generated ?? `${shown(name ?? "<job>").replace(/-$/, "")}-`;
      yield {
        message:
          name === undefined
            ? "The job has no generateName."
            : "The cluster refuses a job with a fixed name.",
        fix: fixOf(
          "Let the cluster make the name, and submit with “kubectl create”.",
          "metadata:",
          `  generateName: ${wanted}`,
        ),
        ...at(
          facts,
          name === undefined ? document.keyOf(["metadata"]) : document.keyOf(["metadata", "name"]),
        ),
      };
    });
  },
});
