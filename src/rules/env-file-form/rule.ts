import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { isSecretName } from "../secrets.ts";

export default defineRule<"run-files">({
  id: "env-file-form",
  title: "A line of an environment file is written as for a shell",
  category: "job",
  needs: "run-files",
  severity: "warning",
  requirements: [],
  why: "ces-run reads each line as NAME=value and nothing else. No shell looks at it: “export”, blanks around the equals sign, variables and notes after the value are all taken as they stand.",
  fix: "Write NAME=value, with nothing around it and the final value in it.",
  aliases: [],
  examples: {
    bad: [
      { title: "export", files: { "run.env": "export A=1\n" }, lines: [1] },
      { title: "blanks", files: { env_file: "# note\nA = 1\n" }, lines: [2] },
      { title: "a variable", files: { "run.env": "OUT=${HOME}/out\n" }, lines: [1] },
      { title: "a note after the value", files: { "run.env": "A=1 # one\n" }, lines: [1] },
    ],
    good: [
      { title: "plain lines", files: { "run.env": "A=1\nEMPTY=\nPRICE=5$\nHOST\nCOLOUR=#fff\n" } },
      { title: "a script", files: { "run.sh": "export A=${B}\n" } },
    ],
  },
  *check(facts) {
    for (const file of facts.files) {
      if (file.kind !== "environment") continue;
      for (const { name, value, range } of file.variables) {
        const plain = name
          .replace(/^export\s+/, "")
          .trim()
          .slice(0, 60);
        const said = problem(name, value);
        if (said === undefined) continue;
        const { location, excerpt } = at(file, range);
        yield {
          message: `${said}.`,
          fix: fixOf("Write the name, an equals sign and the value.", `${plain}=<value>`),
          ...(location === undefined ? {} : { location }),
          ...(excerpt === undefined || isSecretName(plain) ? {} : { excerpt }),
        };
      }
    }
  },
});

function problem(name: string, value: string | undefined): string | undefined {
  if (/^export\s/.test(name)) return "“export” becomes part of the name";
  if (/\s$/.test(name) || (value !== undefined && /^\s/.test(value)))
    return value === undefined
      ? undefined
      : "The blanks around the equals sign become part of the name or the value";
  if (!/^[A-Za-z_][\w.-]*$/.test(name))
    return `“${name.replace(/[^\x20-\x7e]/g, "?").slice(0, 40)}” is no name for a variable`;
  const variable = /\$\{[A-Za-z_]\w*[^}]{0,100}\}|\$[A-Za-z_]\w*|\$\(/.exec((value ?? "").slice(0, 2000));
  if (variable !== null)
    return `“${variable[0].slice(0, 40)}” is not replaced by its value: no shell reads this file`;
  if (/\s#/.test((value ?? "").slice(0, 2000))) return "The note after the value becomes part of it";
  return undefined;
}
