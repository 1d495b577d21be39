import type { Path } from "../../job/facts.ts";
import { at, fixOf } from "../helpers.ts";
import { containerExample, podExample } from "../job-examples.ts";
import {
  checkPods,
  containersOf,
  isPart,
  isPlaceholder,
  listIn,
  type Pod,
  partAt,
  type Said,
  shown,
  stillPlaceholder,
} from "../jobs.ts";
import { defineRule } from "../rule.ts";

const CONTAINERS = "containers: [{name: fit}]\n";

export default defineRule<"job">({
  id: "job-gpu-product",
  title: "A job waits for a kind of GPU that the cluster does not have",
  category: "job",
  needs: "job",
  severity: "error",
  requirements: ["K8S-17"],
  why: "The cluster has one kind of GPU, whole and not divided. A job that asks for another kind, or for a part of one (MIG), waits for ever.",
  fix: "Leave the selector out, or write the product exactly as the cluster calls it.",
  aliases: [],
  examples: {
    bad: [
      podExample(
        "a part of one",
        `nodeSelector:\n  nvidia.com/gpu.product: NVIDIA-A100-SXM4-40GB-MIG-1g.5gb\n${CONTAINERS}`,
        9,
      ),
      podExample(
        "another kind",
        `nodeSelector:\n  nvidia.com/gpu.product: NVIDIA-A100-SXM4-80GB\n${CONTAINERS}`,
        9,
      ),
      containerExample(
        "a part of one by its resource",
        "resources:\n  limits: {nvidia.com/mig-1g.5gb: 1}\n",
        11,
      ),
      podExample(
        "another kind by affinity",
        `affinity:\n  nodeAffinity:\n    requiredDuringSchedulingIgnoredDuringExecution:\n      nodeSelectorTerms:\n        - matchExpressions:\n            - {key: nvidia.com/gpu.product, operator: In, values: [NVIDIA-H100]}\n${CONTAINERS}`,
        13,
      ),
    ],
    good: [
      podExample(
        "the cluster's",
        `nodeSelector:\n  nvidia.com/gpu.product: NVIDIA-A100-SXM4-40GB\n${CONTAINERS}`,
      ),
      podExample("any", CONTAINERS),
      podExample(
        "not assessed: not filled in yet",
        `nodeSelector:\n  nvidia.com/gpu.product: <gpu>\n${CONTAINERS}`,
      ),
    ],
  },
  *check(facts, profile) {
    yield* checkPods(facts, profile, function* (pod, policy): Iterable<Said> {
      const product = policy.gpuProduct.value;
      const selector = policy.gpuSelector.value;
      const fix = fixOf(
        "Leave the selector out, or write this.",
        "nodeSelector:",
        `  ${selector}: ${product}`,
      );
      for (const { value, path } of selected(pod, selector)) {
        if (value === product) continue;
        if (isPlaceholder(value)) {
          yield stillPlaceholder(value);
          continue;
        }
        yield {
          message: /mig/i.test(shown(value))
            ? `“${shown(value)}” is a part of a GPU, and the cluster has only whole ones.`
            : `The cluster has no “${shown(value)}”: its GPUs are called ${product}.`,
          fix,
          ...at(facts, pod.document.rangeOf(path)),
        };
      }
      for (const { spec, path } of containersOf(pod)) {
        for (const kind of ["limits", "requests"]) {
          const part = partAt(spec, "resources", kind);
          const name = isPart(part)
            ? Object.keys(part)
                .slice(0, 50)
                .find((key) => key.startsWith("nvidia.com/mig-"))
            : undefined;
          if (name === undefined) continue;
          yield {
            message: `“${shown(name)}” is a part of a GPU, and the cluster has only whole ones.`,
            fix: fixOf("Ask for a whole GPU.", "limits:", `  ${policy.gpuResource.value}: 1`),
            ...at(facts, pod.document.keyOf([...path, "resources", kind, name])),
          };
          break;
        }
      }
    });
  },
});

/** Products that the pod asks for, by selector or by required affinity. */
function* selected(pod: Pod, selector: string): Iterable<{ value: unknown; path: Path }> {
  const direct = partAt(pod.spec, "nodeSelector", selector);
  if (direct !== undefined) yield { value: direct, path: [...pod.path, "nodeSelector", selector] };
  const terms = [
    "affinity",
    "nodeAffinity",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "nodeSelectorTerms",
  ];
  for (const [t, term] of listIn(partAt(pod.spec, ...terms)).entries()) {
    for (const [e, expression] of listIn(partAt(term, "matchExpressions")).entries()) {
      if (!isPart(expression) || expression.key !== selector || expression.operator !== "In") continue;
      for (const [v, value] of listIn(expression.values).entries())
        yield { value, path: [...pod.path, ...terms, t, "matchExpressions", e, "values", v] };
    }
  }
}
