import type { Path } from "../../job/facts.ts";
import { at } from "../helpers.ts";
import { manifestExample, podExample } from "../job-examples.ts";
import { isPlaceholder, isWorkload, shown } from "../jobs.ts";
import { defineRule } from "../rule.ts";

/** What a shell or a program reads, where `$` and angle brackets mean something else. */
const NOT_OURS = new Set(["command", "args", "env", "annotations", "data", "stringData"]);

export default defineRule<"job">({
  id: "job-placeholder",
  title: "Values of the job manifest are still placeholders",
  category: "job",
  needs: "job",
  severity: "info",
  requirements: [],
  why: "A manifest with placeholders is a template: it has to be filled in before it is submitted, and what stands there now cannot be checked.",
  fix: "Fill in the values, and lint the filled-in manifest as well.",
  aliases: [],
  examples: {
    bad: [
      podExample(
        "names and numbers to fill in",
        "\nsecurityContext:\n  runAsUser: <your_uid>\ncontainers:\n  - name: fit\n    image: ${IMAGE}\n",
        9,
      ),
    ],
    good: [
      podExample(
        "a script that uses variables",
        '\ncontainers:\n  - name: fit\n    args: ["echo ${JOB_ID}"]\n',
      ),
      manifestExample("another object", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: <name>"),
    ],
  },
  *check(facts) {
    for (const document of facts.documents) {
      if (!isWorkload(document)) continue;
      let first: { path: Path; value: string } | undefined;
      const others = new Set<string>();
      // An alias can stand in many places; each part is looked at once.
      const seen = new Set<object>();
      const stack: { path: Path; value: unknown }[] = [{ path: [], value: document.value }];
      for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
        const { path, value } = top;
        if (typeof value === "string") {
          if (!isPlaceholder(value)) continue;
          if (first === undefined) first = { path, value };
          else if (value !== first.value) others.add(value);
        } else if (typeof value === "object" && value !== null && !seen.has(value)) {
          seen.add(value);
          const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
          for (const [key, part] of entries.reverse()) {
            if (!NOT_OURS.has(String(key))) stack.push({ path: [...path, key], value: part });
          }
        }
      }
      if (first === undefined) continue;
      const more =
        others.size === 0 ? "is" : `and ${others.size} other ${others.size === 1 ? "value" : "values"} are`;
      yield {
        message: `“${shown(first.value)}” ${more} still to be filled in, and could not be checked.`,
        fix: "Fill in the values before you submit the job.",
        ...at(facts, document.rangeOf(first.path)),
      };
    }
  },
});
