import type { Draft } from "../../findings/finding.ts";
import { at, fixOf } from "../helpers.ts";
import { containerExample } from "../job-examples.ts";
import { checkPods, containersOf, isPart, isPlaceholder, listIn, type Said, textOf } from "../jobs.ts";
import { defineRule } from "../rule.ts";
import { hasCredentials, isSecretName, isSecretValue } from "../secrets.ts";

const env = (entry: string): string => `env:\n  - ${entry}\n`;

export default defineRule<"job">({
  id: "secret-in-job",
  title: "A password or token is written in a job manifest",
  category: "security",
  needs: "job",
  severity: "error",
  requirements: ["INT-04"],
  why: "A manifest is kept, copied and shared, and anyone who may look at the job on the cluster sees its variables. A password in it is known to all of them.",
  fix: "Take the value out, and change the password if the manifest was ever shared.",
  aliases: [],
  examples: {
    bad: [
      containerExample("a password", env("{name: DB_PASSWORD, value: hunter2}"), 11),
      containerExample(
        "a token in an address",
        env('{name: REPO, value: "https://me:abc@example.org/x"}'),
        11,
      ),
    ],
    good: [
      containerExample(
        "from a secret",
        env("{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: pw}}}"),
      ),
      containerExample("to be filled in", env("{name: DB_PASSWORD, value: <password>}")),
      containerExample("no secret", env("{name: TOKENIZERS_PARALLELISM, value: 'false'}")),
    ],
  },
  *check(facts, profile) {
    for (const said of checkPods(facts, profile, function* (pod): Iterable<Said> {
      for (const { spec, path } of containersOf(pod)) {
        for (const [index, one] of listIn(spec.env).entries()) {
          if (!isPart(one)) continue;
          const name = textOf(one.name) ?? "";
          const value = textOf(one.value) ?? "";
          if (isPlaceholder(value) || value.startsWith("$(")) continue;
          if (!(isSecretName(name) && isSecretValue(value)) && !hasCredentials(value)) continue;
          // The line is left out of the finding: what stands on it must not be shown.
          yield {
            message: `The value of ${name.slice(0, 60)} is written in the manifest, where anyone can read it.`,
            fix: fixOf(
              "Take the value from a secret that is made at run time.",
              `- name: ${name.slice(0, 60)}`,
              "  valueFrom: {secretKeyRef: {name: <secret>, key: <key>}}",
            ),
            ...placeOnly(at(facts, pod.document.rangeOf([...path, "env", index, "name"]))),
          };
        }
      }
    })) {
      if (!("notAssessed" in said)) yield said;
    }
  },
});

const placeOnly = ({ location }: Pick<Draft, "location">): Pick<Draft, "location"> =>
  location === undefined ? {} : { location };
