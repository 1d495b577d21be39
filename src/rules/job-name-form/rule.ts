import { at, fixOf } from "../helpers.ts";
import { manifestExample } from "../job-examples.ts";
import { checkWorkloads, isPlaceholder, partAt, shown, textOf } from "../jobs.ts";
import { defineRule } from "../rule.ts";

const job = (name: string): string =>
  `apiVersion: batch/v1\nkind: Job\nmetadata:\n  generateName: ${name}\nspec:\n  template:\n    spec:\n      containers: [{name: fit}]`;

export default defineRule<"job">({
  id: "job-name-form",
  title: "The generateName of a job is too long or has letters that names may not have",
  category: "job",
  needs: "job",
  severity: "warning",
  requirements: [],
  why: "The job makes its output folder from the name of its pod, which is `generateName` with two random endings. A name that is too long is cut, and then the folder is not found again; capital letters and underscores are refused.",
  fix: "Use small letters, digits and dashes, at most 50 of them, with a dash at the end.",
  aliases: [],
  examples: {
    bad: [
      manifestExample("too long", job(`nsh-2024-0000-${"abcd".repeat(10)}-`), 4),
      manifestExample("an underscore", job("nsh-2024-0000-fit_model-"), 4),
      manifestExample("no dash at the end", job("nsh-2024-0000-fit"), 4),
    ],
    good: [
      manifestExample("a good name", job("nsh-2024-0000-fit-")),
      manifestExample("not filled in yet", job("<project>-fit-")),
    ],
  },
  *check(facts, profile) {
    for (const said of checkWorkloads(facts, profile, function* (document, policy) {
      const path = ["metadata", "generateName"];
      const name = textOf(partAt(document.value, ...path));
      if (name === undefined || isPlaceholder(name, true)) return;
      const most = policy.longestName.value;
      const place = at(facts, document.rangeOf(path));
      const fine = `${name
        .toLowerCase()
        .replace(/[^a-z0-9-]+/g, "-")
        .replace(/^-+|-+$/g, "")
        .slice(0, most - 1)}-`;
      const fix = fixOf("Write a name like this.", `generateName: ${fine}`);
      if (!/^[a-z0-9](?:[a-z0-9.-]*)$/.test(name)) {
        yield {
          message: `“${shown(name)}” is no name for a job: only small letters, digits and dashes are taken.`,
          severity: "error",
          fix,
          ...place,
        };
      } else if (name.length > most) {
        yield {
          message: `The name has ${name.length} letters: the pod's name, from which the output folder is made, would be cut.`,
          fix,
          ...place,
        };
      } else if (!name.endsWith("-")) {
        yield {
          message: "The random ending will follow the name without a dash.",
          severity: "info",
          fix,
          ...place,
        };
      }
    })) {
      if (!("notAssessed" in said)) yield said;
    }
  },
});
