import { at, fixOf } from "../helpers.ts";
import { podExample } from "../job-examples.ts";
import {
  checkPods,
  isPlaceholder,
  type Said,
  securitySettings,
  shown,
  stillPlaceholder,
  textOf,
} from "../jobs.ts";
import { defineRule } from "../rule.ts";

const CONTAINERS = "containers: [{name: fit}]\n";

export default defineRule<"job">({
  id: "job-user-id",
  title: "A job does not run with the number of its user",
  category: "users",
  needs: "job",
  severity: "error",
  requirements: ["UID-01"],
  why: "The storage knows people by their numbers. A job that runs with another number, or with the one that its image names, cannot read the data or write results.",
  fix: "Set `runAsUser` to your number inside the Safe Haven; `id -u` on the desktop prints it.",
  aliases: [],
  examples: {
    bad: [
      podExample("no number", CONTAINERS, 7),
      podExample("a number from one's own machine", `securityContext: {runAsUser: 1000}\n${CONTAINERS}`, 8),
      podExample("a name", `securityContext: {runAsUser: test}\n${CONTAINERS}`, 8),
    ],
    good: [
      podExample("the user's number", `securityContext: {runAsUser: 1998602116}\n${CONTAINERS}`),
      podExample(
        "for the container",
        "containers:\n  - name: fit\n    securityContext: {runAsUser: 1998602116}\n",
      ),
      podExample("not assessed: not filled in yet", `securityContext: {runAsUser: <uid>}\n${CONTAINERS}`),
    ],
  },
  *check(facts, profile) {
    yield* checkPods(facts, profile, function* (pod, policy): Iterable<Said> {
      for (const { value, path, title } of securitySettings(pod, "runAsUser")) {
        const text = textOf(value);
        const fix = fixOf(
          "Give the number that “id -u” prints on the desktop.",
          "securityContext:",
          "  runAsUser: <your number>",
        );
        if (isPlaceholder(value, true)) yield stillPlaceholder(value);
        else if (text === undefined)
          yield {
            message: `Nothing says which user ${title} runs as.`,
            fix,
            ...at(facts, pod.document.keyOf(path)),
          };
        // Root has a finding of its own.
        else if (text !== "0" && !(/^\d+$/.test(text) && Number(text) >= policy.smallestId.value))
          yield {
            message: /^\d+$/.test(text)
              ? `${text} is not the number of an account in ${profile.place}: those are much larger.`
              : `“${shown(value)}” is not the number of a user.`,
            fix,
            ...at(facts, pod.document.rangeOf(path)),
          };
      }
    });
  },
});
