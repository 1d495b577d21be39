import { at, fixOf } from "../helpers.ts";
import { manifestExample, podExample } from "../job-examples.ts";
import {
  checkPods,
  claimOf,
  isPlaceholder,
  listIn,
  nameFrom,
  namesIn,
  projectNames,
  type Said,
  shown,
  stillPlaceholder,
} from "../jobs.ts";
import { defineRule } from "../rule.ts";

const volume = (claim: string): string =>
  `\ncontainers: [{name: fit}]\nvolumes:\n  - name: data\n    persistentVolumeClaim:\n      claimName: ${claim}\n`;

export default defineRule<"job">({
  id: "job-claim-name",
  title: "A job uses storage that the project does not have",
  category: "job",
  needs: "job",
  severity: "error",
  requirements: ["K8S-12"],
  why: "A project has one claim for its shared data and one for each user's results, with names that the cluster has given. A job that names any other waits for storage that never comes.",
  fix: "Use the project's claims; the last part of a user's claim is the user name before the underscore.",
  aliases: [],
  examples: {
    bad: [
      podExample("a name of one's own", volume("my-data"), 12),
      podExample("the whole user name", volume("pvc-nsh-2024-0000-users-test_nsh-2024-0000"), 12),
      manifestExample(
        "another project's",
        `apiVersion: batch/v1\nkind: Job\nmetadata:\n  namespace: nsh-2024-0000-ns\nspec:\n  template:\n    spec:\n      containers: [{name: fit}]\n      volumes:\n        - name: data\n          persistentVolumeClaim: {claimName: pvc-nsh-2023-0001-shared}`,
        11,
      ),
    ],
    good: [
      podExample("shared data", volume("pvc-nsh-2024-0000-shared")),
      podExample("a user's results", volume("pvc-nsh-2024-0000-users-test")),
      podExample("not assessed: not filled in yet", volume("pvc-nsh-2024-0000-users-<user>")),
    ],
  },
  *check(facts, profile) {
    yield* checkPods(facts, profile, function* (pod, policy): Iterable<Said> {
      const names = projectNames(pod.document, policy);
      for (const [index, part] of listIn(pod.spec.volumes).entries()) {
        const claim = claimOf(part);
        if (claim === undefined) continue;
        if (isPlaceholder(claim, true)) {
          yield stillPlaceholder(claim);
          continue;
        }
        const path = [...pod.path, "volumes", index, "persistentVolumeClaim", "claimName"];
        const place = at(facts, pod.document.rangeOf(path));
        const user = /-users-([a-z0-9]+)_/.exec(claim.slice(0, 253))?.[1];
        const found = namesIn(policy.userClaim.value, claim) ?? namesIn(policy.sharedClaim.value, claim);
        if (found === undefined) {
          const pattern = /user|output/.test(claim) ? policy.userClaim.value : policy.sharedClaim.value;
          yield {
            message:
              user === undefined
                ? `“${shown(claim)}” is no claim that a project has: they are called ${policy.sharedClaim.value} and ${policy.userClaim.value}.`
                : `“${shown(claim)}” has the whole user name, and claims end with its part before the underscore.`,
            fix: fixOf(
              "Write the claim's name.",
              `claimName: ${user === undefined ? nameFrom(pattern, names) : claim.slice(0, claim.indexOf("_"))}`,
            ),
            ...place,
          };
        } else if (
          names.project !== undefined &&
          (found.project !== names.project || found["safe-haven"] !== names["safe-haven"])
        ) {
          const pattern = found.user === undefined ? policy.sharedClaim.value : policy.userClaim.value;
          yield {
            message: `“${shown(claim)}” belongs to another project than the job, which is in ${shown(names.namespace)}.`,
            fix: fixOf(
              "Use the claim of the job's own project.",
              `claimName: ${nameFrom(pattern, { ...found, ...names })}`,
            ),
            ...place,
          };
        }
      }
    });
  },
});
