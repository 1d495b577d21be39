import { at, fixOf } from "../helpers.ts";
import { manifestExample } from "../job-examples.ts";
import { checkPods, isPlaceholder, partAt, type Said } from "../jobs.ts";
import { defineRule } from "../rule.ts";

const job = (ofJob: string, ofPod: string): string =>
  `apiVersion: batch/v1\nkind: Job\nspec:\n${ofJob}  template:\n    spec:\n${ofPod}      containers: [{name: fit}]`;
const FIELD = "activeDeadlineSeconds";

export default defineRule<"job">({
  id: "job-time-limit",
  title: "The job's time limit is missing, too long or in the wrong place",
  category: "job",
  needs: "job",
  severity: "warning",
  requirements: [],
  why: "A job that hangs holds its GPUs until its time is up, which is five days when it says nothing. A limit that stands in the wrong place is passed over.",
  fix: "Set `spec.template.spec.activeDeadlineSeconds` to a little more than the job needs.",
  aliases: [],
  examples: {
    bad: [
      manifestExample("none", job("", ""), 5),
      manifestExample("as the documents write it", job(`  spec:\n    ${FIELD}: 3600\n`, ""), 5),
      manifestExample("too long", job("", `      ${FIELD}: 864000\n`), 6),
    ],
    good: [
      manifestExample("of the pod", job("", `      ${FIELD}: 86400\n`)),
      manifestExample("of the whole job", job(`  ${FIELD}: 86400\n`, "")),
    ],
  },
  *check(facts, profile) {
    for (const said of checkPods(facts, profile, function* (pod, policy): Iterable<Said> {
      const root = pod.document.value;
      const most = policy.deadlineSeconds.value;
      const fix = fixOf(
        "Give the pod a limit, in seconds.",
        "spec:",
        "  template:",
        "    spec:",
        `      ${FIELD}: 86400`,
      );
      const places = [[...pod.path, FIELD], ...(pod.jobPath === undefined ? [] : [[...pod.jobPath, FIELD]])];
      const path = places.find((candidate) => partAt(root, ...candidate) !== undefined);
      if (path !== undefined) {
        const value = partAt(root, ...path);
        if (isPlaceholder(value) || (typeof value === "number" && value > 0 && value <= most)) return;
        yield {
          message:
            typeof value === "number" && value > most
              ? `The limit of ${value} seconds is longer than the cluster lets any pod run, which is ${most}.`
              : "The time limit is not a number of seconds.",
          fix,
          ...at(facts, pod.document.rangeOf(path)),
        };
        return;
      }
      const misplaced = [
        ["spec", "spec", FIELD],
        ["spec", "template", FIELD],
        ["spec", "template", "metadata", FIELD],
        ["metadata", FIELD],
        [FIELD],
      ].find((candidate) => partAt(root, ...candidate) !== undefined);
      yield misplaced === undefined
        ? {
            message: `The job has no time limit: one that hangs holds its machines for ${Math.round(most / 86_400)} days.`,
            severity: "info",
            fix,
            ...at(facts, pod.document.keyOf(pod.path)),
          }
        : {
            message: "The time limit stands where nothing reads it.",
            fix,
            ...at(facts, pod.document.keyOf(misplaced)),
          };
    })) {
      if (!("notAssessed" in said)) yield said;
    }
  },
});
