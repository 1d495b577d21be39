import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { hasCredentials, isSecretName } from "../secrets.ts";

export default defineRule<"run-files">({
  id: "env-file-quotes",
  title: "Quotes in an environment file become part of the value",
  category: "job",
  needs: "run-files",
  severity: "warning",
  requirements: [],
  why: 'ces-run hands the file to the container as it is: quotes are not taken off, so that the program gets "false" with its quotes where false was meant.',
  fix: "Write the value without quotes, also when it has blanks in it.",
  aliases: [],
  examples: {
    bad: [
      { title: "double quotes", files: { "run.env": 'A=1\nDISABLE_AUTH="false"\n' }, lines: [2] },
      {
        title: "a file that a script names",
        files: { "run.sh": "ces-run --env-file=conf/.env ghcr.io/lab/fit:1\n", "conf/.env": "NAME='a b'\n" },
        lines: [1],
      },
    ],
    good: [
      { title: "none", files: { env_file: "# note\nDISABLE_AUTH=false\nNAME=a b\n" } },
      { title: "a quote inside", files: { "run.env": "NAME=O'Hara\n" } },
      { title: "a file for another program", files: { ".env": 'A="b"\n' } },
    ],
  },
  *check(facts) {
    for (const file of facts.files) {
      if (file.kind !== "environment") continue;
      for (const { name, value, valueRange } of file.variables) {
        const inner = /^(["'])(.*)\1\s*$/.exec(value ?? "")?.[2];
        if (inner === undefined) continue;
        const { location, excerpt } = at(file, valueRange);
        const secret = isSecretName(name.trim()) || hasCredentials(inner);
        yield {
          message: `The quotes become part of the value of ${name.trim().slice(0, 60)}.`,
          fix: fixOf(
            "Write it without quotes.",
            `${name.trim().slice(0, 60)}=${secret ? "<value>" : inner.slice(0, 200)}`,
          ),
          ...(location === undefined ? {} : { location }),
          ...(secret || excerpt === undefined ? {} : { excerpt }),
          ...(location === undefined || !("file" in location) || secret
            ? {}
            : { edits: [{ ...location, text: inner }] }),
        };
      }
    }
  },
});
