import { at, fixOf } from "../helpers.ts";
import { manifestExample } from "../job-examples.ts";
import { checkWorkloads, isPlaceholder, namesIn, partAt, shown, stillPlaceholder, textOf } from "../jobs.ts";
import { defineRule } from "../rule.ts";

const job = (namespace: string): string =>
  `apiVersion: batch/v1\nkind: Job\nmetadata:\n  generateName: fit-\n  namespace: ${namespace}\nspec:\n  template:\n    spec:\n      containers: [{name: fit}]`;

export default defineRule<"job">({
  id: "job-namespace",
  title: "A job is put into a namespace that is not the project's",
  category: "job",
  needs: "job",
  severity: "error",
  requirements: ["K8S-04"],
  why: "A project may use its own namespace and no other: anywhere else the cluster answers “Forbidden”.",
  fix: "Name the project's namespace, or leave it out and submit with `kubectl create -n <namespace>`.",
  aliases: [],
  examples: {
    bad: [
      manifestExample("the default one", job("default"), 5),
      manifestExample("the project's id alone", job("2024-0000"), 5),
    ],
    good: [
      manifestExample("the project's", job("nsh-2024-0000-ns")),
      manifestExample("left to kubectl", job("nsh-2024-0000-ns").replace(/\n {2}namespace.*/, "")),
      manifestExample("not assessed: not filled in yet", job("${NAMESPACE}")),
    ],
  },
  *check(facts, profile) {
    yield* checkWorkloads(facts, profile, function* (document, policy) {
      const path = ["metadata", "namespace"];
      const value = partAt(document.value, ...path);
      if (value === undefined || value === null) return;
      if (isPlaceholder(value, true)) {
        yield stillPlaceholder(value);
        return;
      }
      if (namesIn(policy.namespace.value, textOf(value) ?? "") !== undefined) return;
      yield {
        message: `“${shown(value)}” is not a project's namespace, which is called ${policy.namespace.value}.`,
        fix: fixOf("Name the project's namespace.", `namespace: ${policy.namespace.value}`),
        ...at(facts, document.rangeOf(path)),
      };
    });
  },
});
