import { at, fixOf } from "../helpers.ts";
import { manifestExample } from "../job-examples.ts";
import { checkPods, isPlaceholder, partAt, type Said, shown, stillPlaceholder } from "../jobs.ts";
import { defineRule } from "../rule.ts";

const job = (ofJob: string, ofPod: string): string =>
  `apiVersion: batch/v1\nkind: Job\nspec:\n${ofJob}  template:\n    spec:\n${ofPod}      containers: [{name: fit}]`;

export default defineRule<"job">({
  id: "job-restarts",
  title: "A job that fails is started again and again",
  category: "job",
  needs: "job",
  severity: "warning",
  requirements: ["K8S-10"],
  why: "A program that fails fails again, and each attempt takes the job's GPUs and may write over what the one before has written. A job without a restart policy is refused.",
  fix: "Set `restartPolicy: Never`, and a `backoffLimit` of 1.",
  aliases: [],
  examples: {
    bad: [
      manifestExample("nothing said", job("  backoffLimit: 1\n", ""), 6),
      manifestExample("Always", job("  backoffLimit: 1\n", "      restartPolicy: Always\n"), 7),
      manifestExample("OnFailure", job("  backoffLimit: 1\n", "      restartPolicy: OnFailure\n"), 7),
      manifestExample("many attempts", job("", "      restartPolicy: Never\n"), 3),
    ],
    good: [
      manifestExample("once more at most", job("  backoffLimit: 1\n", "      restartPolicy: Never\n")),
      manifestExample("never", job("  backoffLimit: 0\n", "      restartPolicy: Never\n")),
    ],
  },
  *check(facts, profile) {
    yield* checkPods(facts, profile, function* (pod): Iterable<Said> {
      const policy = pod.spec.restartPolicy;
      const path = [...pod.path, "restartPolicy"];
      if (isPlaceholder(policy)) yield stillPlaceholder(policy);
      else if (policy !== "Never") {
        const refused = pod.jobPath !== undefined && policy !== "OnFailure";
        yield {
          message:
            policy === undefined
              ? "The pod has no restart policy."
              : `With restartPolicy: ${shown(policy)} ${refused ? "the job is refused" : "a program that fails is started again on the spot"}.`,
          ...(refused ? { severity: "error" as const } : {}),
          fix: fixOf("Let it fail once, and be seen.", "restartPolicy: Never"),
          ...at(facts, pod.document.rangeOf(path)),
        };
      }
      if (pod.jobPath === undefined) return;
      const limitPath = [...pod.jobPath, "backoffLimit"];
      const limit = partAt(pod.document.value, ...limitPath);
      if (isPlaceholder(limit) || (typeof limit === "number" && limit <= 3)) return;
      yield {
        message: `The job is tried up to ${typeof limit === "number" ? limit + 1 : 7} times before it counts as failed.`,
        severity: "info",
        fix: fixOf("Try it once more at most.", "spec:", "  backoffLimit: 1"),
        ...at(facts, limit === undefined ? pod.document.keyOf(pod.jobPath) : pod.document.rangeOf(limitPath)),
      };
    });
  },
});
