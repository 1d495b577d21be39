import { parseQuantity } from "../../job/quantity.ts";
import { at, fixOf, listOf } from "../helpers.ts";
import { containerExample, podExample } from "../job-examples.ts";
import {
  checkPods,
  containersOf,
  isPlaceholder,
  partAt,
  type Said,
  shown,
  stillPlaceholder,
} from "../jobs.ts";
import { defineRule } from "../rule.ts";

const GOOD = "resources:\n  requests: {cpu: 2, memory: 4Gi}\n  limits: {cpu: 2, memory: 4Gi}\n";
const WANTED = [
  ["requests", "cpu"],
  ["requests", "memory"],
  ["limits", "cpu"],
  ["limits", "memory"],
] as const;

export default defineRule<"job">({
  id: "job-resources",
  title: "A container does not say how much CPU and memory it needs, or says it wrongly",
  category: "job",
  needs: "job",
  severity: "error",
  requirements: ["K8S-05"],
  why: "The queue starts a job when the machines have room for what it requests, so that it refuses one that does not say. This holds for every container of the job, those that only prepare it too.",
  fix: "Give every container `requests` and `limits` for cpu and memory, with requests no larger than limits.",
  aliases: [],
  examples: {
    bad: [
      containerExample("nothing", "image: a", 9),
      containerExample("no requests", "resources:\n  limits: {cpu: 2, memory: 4Gi}\n", 10),
      containerExample(
        "more than the limit",
        "resources:\n  requests: {cpu: 2500m, memory: 4Gi}\n  limits: {cpu: 2, memory: 4Gi}\n",
        11,
      ),
      containerExample(
        "a unit that there is not",
        "resources:\n  requests: {cpu: 2, memory: 4GB}\n  limits: {cpu: 2, memory: 4Gi}\n",
        11,
      ),
      podExample(
        "an init container",
        `\ninitContainers:\n  - name: unpack\ncontainers:\n  - name: fit\n    resources:\n      requests: {cpu: 2, memory: 4Gi}\n      limits: {cpu: 2, memory: 4Gi}\n`,
        9,
      ),
    ],
    good: [
      containerExample("all four", GOOD),
      containerExample(
        "the same in other words",
        GOOD.replace("cpu: 2", "cpu: 2000m").replace("4Gi", "4096Mi"),
      ),
      containerExample("not assessed: not filled in yet", GOOD.replace("4Gi", '"<memory>"')),
    ],
  },
  *check(facts, profile) {
    yield* checkPods(facts, profile, function* (pod): Iterable<Said> {
      for (const { spec, path, title } of containersOf(pod)) {
        const resources = [...path, "resources"];
        const missing: string[] = [];
        for (const [kind, name] of WANTED) {
          const value = partAt(spec, "resources", kind, name);
          if (value === undefined || value === null) missing.push(`${kind} for ${name}`);
          else if (isPlaceholder(value)) yield stillPlaceholder(value);
          else if (parseQuantity(value) === undefined || Number(parseQuantity(value)) < 0) {
            yield {
              message: `“${shown(value)}” is no amount of ${name} that Kubernetes knows.`,
              fix: fixOf(
                name === "cpu"
                  ? "Write cores, or thousandths of one."
                  : "Write the amount with Ki, Mi, Gi or Ti.",
                name === "cpu" ? "cpu: 500m" : "memory: 4Gi",
              ),
              ...at(facts, pod.document.rangeOf([...resources, kind, name])),
            };
          }
        }
        if (missing.length > 0) {
          yield {
            message: `The ${title} has no ${listOf(missing)}.`,
            fix: fixOf(
              "Say what it needs.",
              "resources:",
              "  requests: {cpu: 2, memory: 4Gi}",
              "  limits: {cpu: 2, memory: 4Gi}",
            ),
            ...at(facts, pod.document.keyOf(resources)),
          };
        }
        for (const name of ["cpu", "memory"]) {
          const request = partAt(spec, "resources", "requests", name);
          const limit = partAt(spec, "resources", "limits", name);
          const [low, high] = [parseQuantity(request), parseQuantity(limit)];
          if (low === undefined || high === undefined || low <= high) continue;
          yield {
            message: `The ${title} requests ${shown(request)} of ${name}, which is more than its limit of ${shown(limit)}.`,
            fix: fixOf("Raise the limit to the request.", "limits:", `  ${name}: ${shown(request)}`),
            ...at(facts, pod.document.rangeOf([...resources, "requests", name])),
          };
        }
      }
    });
  },
});
