import { at, fixOf } from "../helpers.ts";
import { podExample } from "../job-examples.ts";
import { checkPods, securitySettings, textOf } from "../jobs.ts";
import { defineRule } from "../rule.ts";

const CONTAINERS = "containers: [{name: fit}]\n";

export default defineRule<"job">({
  id: "job-root",
  title: "A job asks to run as root",
  category: "users",
  needs: "job",
  severity: "error",
  requirements: ["UID-01", "UID-05"],
  why: "Containers are not let run as root on the cluster. A job runs with the number of its user, so that it can reach that user's data and no others.",
  fix: "Set `runAsUser` to your number inside the Safe Haven; `id -u` on the desktop prints it.",
  aliases: [],
  examples: {
    bad: [
      podExample("for the pod", `securityContext: {runAsUser: 0}\n${CONTAINERS}`, 8),
      podExample(
        "for one container",
        "securityContext: {runAsUser: 1998602116}\ncontainers:\n  - name: fit\n    securityContext:\n      runAsUser: 0\n",
        12,
      ),
    ],
    good: [podExample("a user", `securityContext: {runAsUser: 1998602116}\n${CONTAINERS}`)],
  },
  *check(facts, profile) {
    yield* checkPods(facts, profile, function* (pod) {
      for (const { value, path, title } of securitySettings(pod, "runAsUser")) {
        if (textOf(value) !== "0") continue;
        yield {
          message: `With runAsUser: 0 the ${title.replace("the ", "")} would run as root, which is refused.`,
          fix: fixOf(
            "Give the number that “id -u” prints on the desktop.",
            "securityContext:",
            "  runAsUser: <your number>",
          ),
          ...at(facts, pod.document.rangeOf(path)),
        };
      }
    });
  },
});
