import { at, fixOf } from "../helpers.ts";
import { manifestExample } from "../job-examples.ts";
import { checkPods, isPlaceholder, partAt, type Said } from "../jobs.ts";
import { defineRule } from "../rule.ts";

const job = (line: string): string =>
  `apiVersion: batch/v1\nkind: Job\nspec:\n${line}  template:\n    spec:\n      containers: [{name: fit}]`;

export default defineRule<"job">({
  id: "job-kept-after-end",
  title: "A finished job stays on the cluster longer than needed",
  category: "job",
  needs: "job",
  severity: "info",
  requirements: [],
  why: "A job that has ended stays listed, with its pods and logs, until it is cleared away. The cluster waits a week when the job says nothing, and asks for less.",
  fix: "Set `ttlSecondsAfterFinished` to the time you need to read the logs; the documents use half an hour.",
  aliases: [],
  examples: {
    bad: [
      manifestExample("nothing said", job(""), 3),
      manifestExample("longer than the cluster would", job("  ttlSecondsAfterFinished: 2592000\n"), 4),
    ],
    good: [manifestExample("half an hour", job("  ttlSecondsAfterFinished: 1800\n"))],
  },
  *check(facts, profile) {
    for (const said of checkPods(facts, profile, function* (pod, policy): Iterable<Said> {
      if (pod.jobPath === undefined) return;
      const path = [...pod.jobPath, "ttlSecondsAfterFinished"];
      const value = partAt(pod.document.value, ...path);
      const most = policy.keptSeconds.value;
      if (isPlaceholder(value) || (typeof value === "number" && value < most)) return;
      const days = Math.round(most / 86_400);
      yield {
        message:
          typeof value === "number"
            ? `The job is kept for ${Math.round(value / 86_400)} days after it has ended.`
            : `The job is kept for ${days} days after it has ended, since it does not say how long.`,
        fix: fixOf("Say how long you need its logs.", "spec:", "  ttlSecondsAfterFinished: 1800"),
        ...at(facts, value === undefined ? pod.document.keyOf(pod.jobPath) : pod.document.rangeOf(path)),
      };
    })) {
      if (!("notAssessed" in said)) yield said;
    }
  },
});
