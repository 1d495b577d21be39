import { parseQuantity } from "../../job/quantity.ts";
import { at, fixOf } from "../helpers.ts";
import { containerExample } from "../job-examples.ts";
import {
  checkPods,
  containersOf,
  isPart,
  isPlaceholder,
  listIn,
  partAt,
  type Said,
  shown,
  stillPlaceholder,
  textOf,
} from "../jobs.ts";
import { defineRule } from "../rule.ts";

const NAME = "OMP_NUM_THREADS";
const container = (env: string): string => `\nresources:\n  limits: {cpu: 2}\n${env}`;

export default defineRule<"job">({
  id: "job-threads",
  title: "A job starts more threads than it has cores",
  category: "job",
  needs: "job",
  severity: "warning",
  requirements: ["K8S-15"],
  why: "Numerical libraries start one thread for each core of the machine, of which there are many more than the job was given. The threads then wait for each other, and the job takes several times as long.",
  fix: "Set OMP_NUM_THREADS to the number of cores that the job requests, or fewer.",
  aliases: [],
  examples: {
    bad: [
      containerExample("too many", container('env:\n  - {name: OMP_NUM_THREADS, value: "16"}\n'), 13),
      containerExample("not said", container("env: []\n"), 9),
    ],
    good: [
      containerExample("as many as cores", container('env:\n  - {name: OMP_NUM_THREADS, value: "2"}\n')),
      containerExample(
        "from the limit",
        container(
          "env:\n  - name: OMP_NUM_THREADS\n    valueFrom: {resourceFieldRef: {resource: limits.cpu}}\n",
        ),
      ),
      containerExample("in its script", container('args: ["export OMP_NUM_THREADS=2; exec fit"]\n')),
    ],
  },
  *check(facts, profile) {
    yield* checkPods(facts, profile, function* (pod): Iterable<Said> {
      for (const { spec, path, title, isInit } of containersOf(pod)) {
        if (isInit) continue;
        const cpu =
          partAt(spec, "resources", "limits", "cpu") ?? partAt(spec, "resources", "requests", "cpu");
        const cores = parseQuantity(cpu);
        const index = listIn(spec.env).findLastIndex((one) => isPart(one) && one.name === NAME);
        const fix = fixOf(
          "Set it to the cores that the job has.",
          "env:",
          `  - {name: ${NAME}, value: "${Math.max(1, Math.floor(cores ?? 1))}"}`,
        );
        if (index < 0) {
          if (spec.envFrom !== undefined) continue;
          const written = [spec.command, spec.args].flatMap(listIn).map(textOf).join(" ");
          if (written.includes(NAME)) continue;
          yield {
            message: `${NAME} is not set for the ${title}; unless the image sets it, each library starts a thread for every core of the machine.`,
            severity: "info",
            fix,
            ...at(facts, pod.document.rangeOf([...path, "name"])),
          };
          yield { notAssessed: `the manifest does not set ${NAME}; the image may` };
          continue;
        }
        const value = partAt(spec.env, index, "value");
        if (value === undefined || cores === undefined) continue;
        if (isPlaceholder(value)) {
          yield stillPlaceholder(value);
          continue;
        }
        const threads = Number(textOf(value));
        if (Number.isInteger(threads) && threads >= 1 && threads <= Math.max(1, cores)) continue;
        yield {
          message:
            Number.isInteger(threads) && threads >= 1
              ? `The ${title} starts ${threads} threads on ${shown(cpu)} cores.`
              : `“${shown(value)}” is not a number of threads.`,
          fix,
          ...at(facts, pod.document.rangeOf([...path, "env", index, "value"])),
        };
      }
    });
  },
});
