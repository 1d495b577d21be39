import { at, fixOf } from "../helpers.ts";
import { manifestExample, podExample } from "../job-examples.ts";
import { checkPods, isPart, listIn, nameFrom, partAt, podsOf, projectNames, textOf } from "../jobs.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"job">({
  id: "job-own-claim",
  title: "The manifest makes storage of its own",
  category: "job",
  needs: "job",
  severity: "error",
  requirements: ["K8S-11"],
  why: "The cluster denies new storage. Each project has one claim for its shared data and one for each user's results; what is needed only while the job runs belongs in an emptyDir.",
  fix: "Take the PersistentVolumeClaim away, and use the claims that the project was given.",
  aliases: [],
  examples: {
    bad: [
      manifestExample(
        "a claim",
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata:\n  name: data\nspec:\n  storageClassName: csi-cephfs-sc",
        2,
      ),
      podExample(
        "a claim inside a volume",
        "\ncontainers: [{name: fit}]\nvolumes:\n  - name: scratch\n    ephemeral:\n      volumeClaimTemplate: {}\n",
        11,
      ),
    ],
    good: [
      podExample(
        "the project's claim",
        "\ncontainers: [{name: fit}]\nvolumes:\n  - name: shared-data\n    persistentVolumeClaim: {claimName: pvc-nsh-2024-0000-shared}\n",
      ),
    ],
  },
  *check(facts, profile) {
    // A file that holds nothing but a claim is judged as well.
    if (!facts.documents.some(({ kind }) => kind === "PersistentVolumeClaim"))
      yield* checkPods(facts, profile, () => []);
    const policy = profile.jobs;
    if (policy === undefined) return;
    for (const document of facts.documents) {
      const names = projectNames(document, policy);
      const fix = fixOf(
        "Use the project's own claims.",
        "persistentVolumeClaim:",
        `  claimName: ${nameFrom(policy.sharedClaim.value, names)}`,
      );
      if (document.kind === "PersistentVolumeClaim" || document.kind === "PersistentVolume") {
        const storage = textOf(partAt(document.value, "spec", "storageClassName"));
        yield {
          message: `New storage is denied here${storage?.includes("cephfs") === true ? ", and the storage class csi-cephfs-sc belongs to another cluster" : ""}.`,
          fix,
          ...at(facts, document.rangeOf(["kind"])),
        };
      }
      if (listIn(partAt(document.value, "spec", "volumeClaimTemplates")).length > 0) {
        yield {
          message: "New storage is denied here.",
          fix,
          ...at(facts, document.keyOf(["spec", "volumeClaimTemplates"])),
        };
      }
      for (const pod of podsOf(document)) {
        for (const [index, volume] of listIn(pod.spec.volumes).entries()) {
          if (!isPart(volume) || volume.ephemeral === undefined) continue;
          yield {
            message: "This volume makes a new claim, and new storage is denied here.",
            fix: fixOf("Use an emptyDir for what only the job needs.", "emptyDir: {}"),
            ...at(facts, document.keyOf([...pod.path, "volumes", index, "ephemeral"])),
          };
        }
      }
    }
  },
});
