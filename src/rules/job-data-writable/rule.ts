import { at, fixOf } from "../helpers.ts";
import { podExample } from "../job-examples.ts";
import { checkPods, claimKind, claimOf, isPlaceholder, mountsOf, type Said } from "../jobs.ts";
import { defineRule } from "../rule.ts";

const pod = (mount: string): string =>
  `\ncontainers:\n  - name: fit\n    volumeMounts:\n      - ${mount}\nvolumes:\n  - {name: shared-data, persistentVolumeClaim: {claimName: pvc-nsh-2024-0000-shared}}\n`;

export default defineRule<"job">({
  id: "job-data-writable",
  title: "A job mounts the project's data so that it could change them",
  category: "directories",
  needs: "job",
  severity: "error",
  requirements: ["K8S-13", "DIR-10"],
  why: "The data belong to the whole project. Mounted read-only, no mistake in a program can change or delete them; the documents ask for it.",
  fix: "Add `readOnly: true` to the mount of the shared data.",
  aliases: [],
  examples: {
    bad: [
      podExample("nothing said", pod("{mountPath: /safe_data, name: shared-data}"), 11),
      podExample("writable", pod("{mountPath: /safe_data, name: shared-data, readOnly: false}"), 11),
    ],
    good: [podExample("read-only", pod("{mountPath: /safe_data, name: shared-data, readOnly: true}"))],
  },
  *check(facts, profile) {
    yield* checkPods(facts, profile, function* (pod, policy): Iterable<Said> {
      for (const mount of mountsOf(pod)) {
        const claim = claimOf(mount.volume);
        const shared = claim !== undefined && claimKind(claim, policy) === "shared";
        if (mount.target !== profile.directories.data.value && !shared) continue;
        const volume = mount.volume?.persistentVolumeClaim as { readOnly?: unknown } | undefined;
        if (mount.spec.readOnly === true || volume?.readOnly === true || isPlaceholder(mount.spec.readOnly))
          continue;
        const field = mount.spec.readOnly === undefined ? "mountPath" : "readOnly";
        yield {
          message: "The project's data are mounted without readOnly, so that the job could change them.",
          fix: fixOf("Mount them read-only.", "readOnly: true"),
          ...at(facts, pod.document.rangeOf([...mount.path, field])),
        };
      }
    });
  },
});
