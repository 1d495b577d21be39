import { at, fixOf } from "../helpers.ts";
import { podExample } from "../job-examples.ts";
import { checkPods, containersOf, mountsOf, partAt, type Said } from "../jobs.ts";
import { defineRule } from "../rule.ts";

const pod = (mount: string, volume: string): string =>
  `\ncontainers:\n  - name: fit\n    resources:\n      limits: {nvidia.com/gpu: 1}\n${mount}${volume}`;
const MOUNT = "    volumeMounts:\n      - {mountPath: /dev/shm, name: dshm}\n";

export default defineRule<"job">({
  id: "job-shared-memory",
  title: "A GPU job has only 64 MB of shared memory",
  category: "job",
  needs: "job",
  severity: "warning",
  requirements: ["K8S-14"],
  why: "Programs that load data with several workers, as PyTorch does, pass them on through /dev/shm. The 64 MB that a container has are soon full, and the program ends with “bus error”.",
  fix: "Mount an emptyDir with `medium: Memory` at /dev/shm; it counts towards the memory limit.",
  aliases: [],
  examples: {
    bad: [
      podExample("nothing mounted", pod("", ""), 9),
      podExample("on disk", pod(MOUNT, "volumes:\n  - {name: dshm, emptyDir: {}}\n"), 13),
    ],
    good: [
      podExample("in memory", pod(MOUNT, "volumes:\n  - {name: dshm, emptyDir: {medium: Memory}}\n")),
      podExample("no GPU", "\ncontainers:\n  - name: fit\n"),
    ],
  },
  *check(facts, profile) {
    yield* checkPods(facts, profile, function* (pod, policy): Iterable<Said> {
      const mounts = mountsOf(pod).filter(({ target }) => target === "/dev/shm");
      const fix = fixOf(
        "Give the container more, in memory.",
        "volumeMounts:",
        "  - {mountPath: /dev/shm, name: dshm}",
        "volumes:",
        "  - {name: dshm, emptyDir: {medium: Memory}}",
      );
      for (const { path, volume } of mounts) {
        if (volume === undefined || partAt(volume, "emptyDir", "medium") === "Memory") continue;
        yield {
          message: "/dev/shm is mounted from a disk and not from memory.",
          fix,
          ...at(facts, pod.document.rangeOf([...path, "mountPath"])),
        };
      }
      for (const container of containersOf(pod)) {
        const gpus = partAt(container.spec, "resources", "limits", policy.gpuResource.value);
        if (container.isInit || gpus === undefined || gpus === 0) continue;
        if (mounts.some((mount) => mount.container.spec === container.spec)) continue;
        yield {
          message: `The ${container.title} has GPUs and only 64 MB of shared memory.`,
          fix,
          ...at(facts, pod.document.rangeOf([...container.path, "name"])),
        };
      }
    });
  },
});
