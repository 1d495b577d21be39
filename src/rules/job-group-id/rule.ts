import { at, fixOf } from "../helpers.ts";
import { podExample } from "../job-examples.ts";
import {
  checkPods,
  isPlaceholder,
  partAt,
  type Said,
  securitySettings,
  shown,
  stillPlaceholder,
  textOf,
} from "../jobs.ts";
import { defineRule } from "../rule.ts";

const pod = (group: string): string =>
  `securityContext:\n  runAsUser: 1998602116\n${group}containers: [{name: fit}]\n`;

export default defineRule<"job">({
  id: "job-group-id",
  title: "A job does not run with the group of its project",
  category: "users",
  needs: "job",
  severity: "error",
  requirements: ["UID-02"],
  why: "The project's folders are open to the project's group. With another group, or with your own, the job ends with “permission denied”.",
  fix: "Set `runAsGroup` to the number of the project's group; `id` on the desktop lists your groups with their numbers.",
  aliases: [],
  examples: {
    bad: [
      podExample("no group", pod(""), 8),
      podExample("the user's own group", pod("  runAsGroup: 1998602116\n"), 10),
      podExample("a group of the image", pod("  runAsGroup: 100\n"), 10),
    ],
    good: [
      podExample("the project's group", pod("  runAsGroup: 1998600502\n")),
      podExample("not assessed: not filled in yet", pod("  runAsGroup: <project_gid>\n")),
    ],
  },
  *check(facts, profile) {
    yield* checkPods(facts, profile, function* (pod, policy): Iterable<Said> {
      for (const { value, path, title } of securitySettings(pod, "runAsGroup")) {
        const text = textOf(value);
        const user =
          partAt(pod.document.value, ...path.slice(0, -1), "runAsUser") ??
          partAt(pod.spec, "securityContext", "runAsUser");
        const fix = fixOf(
          "Give the number of the project's group, which “id” lists on the desktop.",
          "securityContext:",
          "  runAsGroup: <number of the project's group>",
        );
        const place = at(facts, value === undefined ? pod.document.keyOf(path) : pod.document.rangeOf(path));
        if (isPlaceholder(value, true)) yield stillPlaceholder(value);
        else if (text === undefined)
          yield { message: `Nothing says which group ${title} runs with.`, fix, ...place };
        else if (text === textOf(user) && text !== "0")
          yield {
            message:
              "The group has the same number as the user: that is the user's own group, and the project's is needed.",
            fix,
            ...place,
          };
        else if (!(/^\d+$/.test(text) && Number(text) >= policy.smallestId.value))
          yield {
            message: /^\d+$/.test(text)
              ? `${text} is not the number of a project's group in ${profile.place}: those are much larger.`
              : `“${shown(value)}” is not the number of a group.`,
            fix,
            ...place,
          };
      }
    });
  },
});
