import { parseQuantity } from "../../job/quantity.ts";
import { at, fixOf } from "../helpers.ts";
import { containerExample, manifestExample } from "../job-examples.ts";
import {
  checkPods,
  containersOf,
  isPlaceholder,
  type Pod,
  partAt,
  shown,
  stillPlaceholder,
} from "../jobs.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"job">({
  id: "job-quota",
  title: "A job asks for more than a project has",
  category: "job",
  needs: "job",
  severity: "error",
  requirements: ["K8S-07"],
  why: "Each project has a share of the cluster. A job that asks for more than the whole share waits in the queue and never starts; nothing says so.",
  fix: "Ask for less, or have the project's share raised first.",
  aliases: [],
  examples: {
    bad: [
      containerExample("GPUs", "resources:\n  limits: {nvidia.com/gpu: 5}\n", 11),
      containerExample("more GPUs than a machine has", "resources:\n  limits: {nvidia.com/gpu: 12}\n", 11),
      containerExample("memory", "resources:\n  requests: {memory: 1Ti}\n", 11),
      manifestExample(
        "many at a time",
        "apiVersion: batch/v1\nkind: Job\nspec:\n  completions: 30\n  parallelism: 30\n  template:\n    spec:\n      containers:\n        - name: fit\n          resources:\n            requests: {cpu: 4}",
        11,
      ),
    ],
    good: [
      containerExample(
        "all that there is",
        "resources:\n  requests: {cpu: 100, memory: 500Gi, nvidia.com/gpu: 4}\n",
      ),
      manifestExample(
        "no more at a time than there is to do",
        "apiVersion: batch/v1\nkind: Job\nspec:\n  completions: 2\n  parallelism: 30\n  template:\n    spec:\n      containers:\n        - name: fit\n          resources:\n            requests: {cpu: 4}",
      ),
    ],
  },
  *check(facts, profile) {
    yield* checkPods(facts, profile, function* (pod, policy) {
      const { quota, gpusPerPod, gpuResource } = policy;
      const many = podsAtOnce(pod);
      const times = many > 1 ? ` in ${many} pods at a time` : "";
      const allowed: readonly [string, string, number][] = [
        ["cpu", `${quota.value.cpu} cores`, parseQuantity(quota.value.cpu) ?? 0],
        ["memory", quota.value.memory, parseQuantity(quota.value.memory) ?? 0],
        [gpuResource.value, `${quota.value.gpus} GPUs`, quota.value.gpus],
      ];
      for (const [name, words, most] of allowed) {
        const { perPod, path, unknown } = needOf(pod, name);
        if (unknown !== undefined) {
          yield stillPlaceholder(unknown);
          continue;
        }
        if (path === undefined) continue;
        const isGpu = name === gpuResource.value;
        const place = at(facts, pod.document.rangeOf(path));
        if (isGpu && perPod > gpusPerPod.value) {
          yield {
            message: `No machine has ${perPod} GPUs: the largest have ${gpusPerPod.value}, so that the job never starts.`,
            fix: fixOf("Ask for fewer GPUs.", "limits:", `  ${name}: ${quota.value.gpus}`),
            ...place,
          };
        } else if (perPod * many > most) {
          const total = isGpu
            ? `${perPod * many} GPUs`
            : name === "cpu"
              ? `${perPod * many} cores`
              : gib(perPod * many);
          yield {
            message: `The job asks for ${total}${times}; a project has ${words} unless it was given more, and a job over that waits for ever.`,
            fix: fixOf(
              many > 1 ? "Run fewer pods at a time, or ask for less." : "Ask for less.",
              many > 1
                ? `parallelism: ${Math.max(1, Math.floor(most / perPod))}`
                : `${name}: ${quotaText(name, policy.quota.value)}`,
            ),
            ...place,
          };
        }
      }
    });
  },
});

const gib = (bytes: number): string => `${Math.round(bytes / 2 ** 30)} GiB of memory`;
const quotaText = (
  name: string,
  quota: { readonly cpu: string; readonly memory: string; readonly gpus: number },
) => (name === "cpu" ? quota.cpu : name === "memory" ? quota.memory : quota.gpus);

/** How many of the job's pods run side by side. */
function podsAtOnce(pod: Pod): number {
  if (pod.jobPath === undefined) return 1;
  const number = (field: string): number | undefined => {
    const value = partAt(pod.document.value, ...(pod.jobPath ?? []), field);
    return typeof value === "number" && value >= 0 ? value : undefined;
  };
  return Math.min(number("parallelism") ?? 1, number("completions") ?? Number.POSITIVE_INFINITY);
}

/** What a pod needs of one thing: that of its containers together, or of one that prepares it if that is more. */
function needOf(pod: Pod, name: string) {
  let together = 0;
  let before = 0;
  let largest = -1;
  let path: (string | number)[] | undefined;
  let unknown: unknown;
  for (const container of containersOf(pod)) {
    for (const kind of ["requests", "limits"]) {
      const value = partAt(container.spec, "resources", kind, name);
      if (value === undefined || value === null) continue;
      if (isPlaceholder(value)) unknown = shown(value);
      const amount = parseQuantity(value);
      if (amount === undefined) continue;
      if (container.isInit) before = Math.max(before, amount);
      else together += amount;
      if (amount > largest) {
        largest = amount;
        path = [...container.path, "resources", kind, name];
      }
      // What is requested counts; the limit stands in for it where there is no request.
      break;
    }
  }
  return { perPod: Math.max(together, before), path, unknown };
}
