import type { Range } from "../../dockerfile/model.ts";
import type { EnvironmentFile, WordFile } from "../../run-files/facts.ts";
import { at } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { hasCredentials, isSecretName, isSecretValue } from "../secrets.ts";

export default defineRule<"run-files">({
  id: "secret-in-run-file",
  title: "A password or token is written in a file for ces-run",
  category: "security",
  needs: "run-files",
  severity: "error",
  requirements: ["INT-04"],
  why: "These files are kept with the code and shared with it. A password in them is known to everybody who has ever had a copy, and one such as “test” to everybody else.",
  fix: "Choose a strong password when the container is run, and keep the file that holds it out of the project.",
  aliases: [],
  examples: {
    bad: [
      { title: "in an environment file", files: { "run.env": "A=1\nPASSWORD=test\n" }, lines: [2] },
      { title: "in an option file", files: { opt_file: "-p 8787:8787\n-e PASSWORD=test\n" }, lines: [2] },
      { title: "in an argument file", files: { arg_file: "--api-token abc123\n" }, lines: [1] },
    ],
    good: [
      {
        title: "to be chosen",
        files: { "run.env": "PASSWORD=\nTOKEN=<token>\nAPI_KEY=${API_KEY}\nHF_TOKEN\n" },
      },
      {
        title: "no secrets",
        files: { opt_file: "-e TOKENIZERS_PARALLELISM=false\n--mount type=tmpfs,destination=/run\n" },
      },
    ],
  },
  *check(facts) {
    for (const file of facts.files) {
      for (const { name, range } of file.kind === "environment" ? inVariables(file) : inWords(file)) {
        const { location } = at(file, range);
        // The line is left out of the finding: what stands on it must not be shown.
        yield {
          message: `${name.slice(0, 60)} has its value written in ${file.file.slice(-100)}, where anyone can read it.`,
          fix: "Take the value out of the file, choose another, and give it when the container is run.",
          ...(location === undefined ? {} : { location }),
        };
      }
    }
  },
});

interface Found {
  readonly name: string;
  readonly range: Range;
}

const isGiven = (value: string): boolean =>
  isSecretValue(value.replace(/^["']|["']$/g, "")) && !/^["']?(?:\$|<.*>)/.test(value);

function inVariables(file: EnvironmentFile): Found[] {
  return file.variables.flatMap(({ name, value = "", range }) => {
    const plain = name.replace(/^export\s+/, "").trim();
    return (isSecretName(plain) && isGiven(value)) || hasCredentials(value) ? [{ name: plain, range }] : [];
  });
}

/** `-e NAME=value`, `--env=NAME=value`, `--token value` and `--token=value`. */
function inWords(file: WordFile): Found[] {
  return file.rows.flatMap((row) =>
    row.flatMap(({ value, range }, index) => {
      const given = /^(?:--env=|-e)?(-{0,2})([A-Za-z_][\w.-]*)=(.*)$/s.exec(value);
      const [, dashes = "", name = "", literal = ""] = given ?? [];
      if (given !== null && isSecretName(name) && isGiven(literal)) return [{ name: dashes + name, range }];
      const next = row[index + 1]?.value ?? "";
      if (
        /^--[\w-]+$/.test(value) &&
        isSecretName(value.slice(2)) &&
        next !== "" &&
        !next.startsWith("-") &&
        isGiven(next)
      )
        return [{ name: value, range }];
      return hasCredentials(value) ? [{ name: "An address", range }] : [];
    }),
  );
}
