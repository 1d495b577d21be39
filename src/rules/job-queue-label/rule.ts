import { at, fixOf } from "../helpers.ts";
import { manifestExample } from "../job-examples.ts";
import {
  checkWorkloads,
  isPlaceholder,
  nameFrom,
  namesIn,
  partAt,
  projectNames,
  shown,
  stillPlaceholder,
  textOf,
} from "../jobs.ts";
import { defineRule } from "../rule.ts";

const job = (metadata: string): string =>
  `apiVersion: batch/v1\nkind: Job\nmetadata:\n${metadata}\nspec:\n  template:\n    spec:\n      containers: [{name: fit}]`;
const LABEL = "kueue.x-k8s.io/queue-name";

export default defineRule<"job">({
  id: "job-queue-label",
  title: "A job does not name the queue of its project",
  category: "job",
  needs: "job",
  severity: "error",
  requirements: ["K8S-03"],
  why: "Jobs are started by a queue, and each project has one. A job that names none, or another, is refused or waits for ever.",
  fix: "Add the label with the queue's name to the job's own metadata.",
  aliases: [],
  examples: {
    bad: [
      manifestExample("no label", job("  generateName: fit-"), 3),
      manifestExample("another queue", job(`  labels:\n    ${LABEL}: user-queue`), 5),
      manifestExample(
        "the queue of another namespace",
        job(`  namespace: nsh-2024-0000-ns\n  labels:\n    ${LABEL}: nsh-2023-0001-ns-user-queue`),
        6,
      ),
      manifestExample("an annotation", job(`  annotations:\n    ${LABEL}: nsh-2024-0000-ns-user-queue`), 5),
    ],
    good: [
      manifestExample(
        "the project's queue",
        job(`  namespace: nsh-2024-0000-ns\n  labels:\n    ${LABEL}: nsh-2024-0000-ns-user-queue`),
      ),
      manifestExample(
        "not assessed: not filled in yet",
        job(`  labels:\n    ${LABEL}: <namespace>-user-queue`),
      ),
    ],
  },
  *check(facts, profile) {
    yield* checkWorkloads(facts, profile, function* (document, policy) {
      const label = policy.queueLabel.value;
      const value = partAt(document.value, "metadata", "labels", label);
      const namespace = textOf(partAt(document.value, "metadata", "namespace"));
      const names = projectNames(document, policy);
      const wanted = nameFrom(policy.queue.value, {
        namespace: nameFrom(policy.namespace.value, names),
        ...names,
      });
      const fix = fixOf(
        "Name the queue in the job's labels.",
        "metadata:",
        "  labels:",
        `    ${label}: ${wanted}`,
      );
      if (value === undefined || value === null) {
        const elsewhere = [
          ["metadata", "annotations", label],
          ["spec", "template", "metadata", "labels", label],
          ["spec", "labels", label],
        ].find((path) => partAt(document.value, ...path) !== undefined);
        yield {
          message:
            elsewhere === undefined
              ? "The job names no queue, and is refused without one."
              : "The queue is named in the wrong place: it belongs in the labels of the job itself.",
          fix,
          ...at(facts, document.keyOf(elsewhere ?? ["metadata"])),
        };
        return;
      }
      if (isPlaceholder(value, true)) {
        yield stillPlaceholder(value);
        return;
      }
      const queued = namesIn(policy.queue.value, textOf(value) ?? "")?.namespace;
      const proper = queued !== undefined && namesIn(policy.namespace.value, queued) !== undefined;
      if (proper && (namespace === undefined || isPlaceholder(namespace, true) || namespace === queued))
        return;
      // A namespace of the wrong form has a finding of its own.
      if (queued !== undefined && queued === namespace) return;
      yield {
        message: proper
          ? `The queue belongs to ${shown(queued)}, and the job to ${shown(namespace)}.`
          : `“${shown(value)}” is not the queue of a project, which is called ${policy.queue.value.replace("<namespace>", policy.namespace.value)}.`,
        fix,
        ...at(facts, document.rangeOf(["metadata", "labels", label])),
      };
    });
  },
});
