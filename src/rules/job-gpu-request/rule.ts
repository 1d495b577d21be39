import { at, fixOf } from "../helpers.ts";
import { containerExample } from "../job-examples.ts";
import {
  checkPods,
  containersOf,
  isPart,
  isPlaceholder,
  partAt,
  shown,
  stillPlaceholder,
  textOf,
} from "../jobs.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"job">({
  id: "job-gpu-request",
  title: "GPUs are asked for in a way that gives none",
  category: "job",
  needs: "job",
  severity: "error",
  requirements: ["K8S-06"],
  why: "A container gets the GPUs that its limits name, in whole numbers, and no others: asked for in any other way, the job is refused or runs without a GPU, many times slower.",
  fix: "Ask for GPUs under `limits`, as a whole number.",
  aliases: [],
  examples: {
    bad: [
      containerExample("only requested", "resources:\n  requests: {nvidia.com/gpu: 1}\n", 11),
      containerExample("under resources itself", "resources:\n  nvidia.com/gpu: 1\n", 11),
      containerExample("half of one", "resources:\n  limits: {nvidia.com/gpu: 0.5}\n", 11),
      containerExample(
        "two numbers",
        "resources:\n  requests: {nvidia.com/gpu: 1}\n  limits: {nvidia.com/gpu: 2}\n",
        11,
      ),
      containerExample("another name", "resources:\n  limits: {gpu: 1, amd.com/gpu: 1}\n", 11, 11),
    ],
    good: [
      containerExample("under limits", 'resources:\n  limits: {nvidia.com/gpu: "1"}\n'),
      containerExample(
        "in both, the same",
        "resources:\n  requests: {nvidia.com/gpu: 1}\n  limits: {nvidia.com/gpu: 1}\n",
      ),
      containerExample("none", "resources:\n  limits: {cpu: 2}\n"),
      containerExample("not assessed: not filled in yet", "resources:\n  limits: {nvidia.com/gpu: <n>}\n"),
    ],
  },
  *check(facts, profile) {
    yield* checkPods(facts, profile, function* (pod, policy) {
      const gpu = policy.gpuResource.value;
      for (const { spec, path, title } of containersOf(pod)) {
        const limit = partAt(spec, "resources", "limits", gpu);
        const request = partAt(spec, "resources", "requests", gpu);
        const fix = fixOf("Ask for them under limits.", "resources:", "  limits:", `    ${gpu}: 1`);
        const place = (...rest: string[]) => at(facts, pod.document.keyOf([...path, "resources", ...rest]));
        if (isPlaceholder(limit) || isPlaceholder(request)) {
          yield stillPlaceholder(limit ?? request);
          continue;
        }
        if (partAt(spec, "resources", gpu) !== undefined) {
          yield {
            message: `The ${title} names its GPUs beside the limits and not in them, so that it gets none.`,
            fix,
            ...place(gpu),
          };
        } else if (limit !== undefined && !/^\d+$/.test(textOf(limit) ?? "")) {
          yield {
            message: `“${shown(limit)}” GPUs cannot be given: there are only whole ones.`,
            fix,
            ...place("limits", gpu),
          };
        } else if (request !== undefined && limit === undefined) {
          yield {
            message: `The ${title} requests GPUs without a limit, so that it gets none.`,
            fix,
            ...place("requests", gpu),
          };
        } else if (request !== undefined && textOf(request) !== textOf(limit)) {
          yield {
            message: `The ${title} requests ${shown(request)} GPUs and has a limit of ${shown(limit)}: the two must be the same.`,
            fix,
            ...place("requests", gpu),
          };
        }
        const limits = partAt(spec, "resources", "limits");
        for (const name of isPart(limits) ? Object.keys(limits).slice(0, 50) : []) {
          if (name === gpu || !/(?:^|\/)gpus?$/i.test(name)) continue;
          yield {
            message: `“${shown(name)}” is not what GPUs are called here: that is ${gpu}.`,
            fix,
            ...place("limits", name),
          };
        }
      }
    });
  },
});
