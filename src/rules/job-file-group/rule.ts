import { at, fixOf } from "../helpers.ts";
import { podExample } from "../job-examples.ts";
import {
  checkPods,
  containersOf,
  isPlaceholder,
  partAt,
  type Said,
  shown,
  stillPlaceholder,
  textOf,
} from "../jobs.ts";
import { defineRule } from "../rule.ts";

const pod = (group: string): string =>
  `securityContext:\n  runAsUser: 1998602116\n  runAsGroup: 1998600502\n${group}containers: [{name: fit}]\n`;

export default defineRule<"job">({
  id: "job-file-group",
  title: "The group of a job's files is not that of its project",
  category: "users",
  needs: "job",
  severity: "error",
  requirements: ["UID-03"],
  why: "The cluster gives the job's folders to the group that `fsGroup` names. With another group than the project's the job cannot write to them, or the project cannot read its results.",
  fix: "Set `fsGroup` of the pod to the same number as `runAsGroup`.",
  aliases: [],
  examples: {
    bad: [
      podExample("not said", pod(""), 8),
      podExample("another group", pod("  fsGroup: 1998602116\n"), 11),
      podExample(
        "in a container, where it means nothing",
        "containers:\n  - name: fit\n    securityContext:\n      fsGroup: 1998600502\n",
        11,
      ),
    ],
    good: [
      podExample("the same group", pod("  fsGroup: 1998600502\n")),
      podExample("not assessed: not filled in yet", pod("  fsGroup: <project_gid>\n")),
    ],
  },
  *check(facts, profile) {
    yield* checkPods(facts, profile, function* (pod): Iterable<Said> {
      const path = [...pod.path, "securityContext", "fsGroup"];
      const value = partAt(pod.spec, "securityContext", "fsGroup");
      const group = textOf(partAt(pod.spec, "securityContext", "runAsGroup"));
      const user = textOf(partAt(pod.spec, "securityContext", "runAsUser"));
      const known = group !== undefined && /^\d+$/.test(group) && group !== user;
      const fix = fixOf(
        "Give the number of the project's group.",
        "securityContext:",
        `  fsGroup: ${known ? group : "<number of the project's group>"}`,
      );
      if (isPlaceholder(value, true)) {
        yield stillPlaceholder(value);
      } else if (value === undefined) {
        const misplaced = containersOf(pod).find(
          ({ spec }) => partAt(spec, "securityContext", "fsGroup") !== undefined,
        );
        yield {
          message:
            misplaced === undefined
              ? "Nothing says which group the job's files belong to."
              : "fsGroup is a setting of the pod: in a container it is refused.",
          fix,
          ...at(
            facts,
            pod.document.keyOf(
              misplaced === undefined ? path : [...misplaced.path, "securityContext", "fsGroup"],
            ),
          ),
        };
      } else if (known && textOf(value) !== group) {
        yield {
          message: `The files belong to group ${shown(value)}, and the job runs with group ${group}.`,
          fix,
          ...at(facts, pod.document.rangeOf(path)),
        };
      }
    });
  },
});
