import type { ShellCommand } from "../../dockerfile/shell.ts";
import { at } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { hasCredentials, isSecretName, isSecretValue } from "../secrets.ts";

/** Tokens of GitHub, GitLab and Hugging Face, which say themselves what they are. */
const TOKEN = /\b(?:gh[pousr]_|github_pat_|glpat-|hf_)[A-Za-z0-9_-]{6,}/;

export default defineRule<"run-files">({
  id: "token-in-script",
  title: "A password or token is written in a script",
  category: "security",
  needs: "run-files",
  severity: "error",
  requirements: ["REG-05"],
  why: "A token in a script goes wherever the script goes, and lets anyone act as you. One that can only read packages is all that ces-pull needs, and it is given when the script is run.",
  fix: "Take the token out and withdraw it; read a new one, with `read:packages` only, from the keyboard or a file of your own.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "given to ces-pull",
        files: { "pull.sh": "ces-pull me ghp_abcdef123456 ghcr.io/lab/fit:1\n" },
        lines: [1],
      },
      { title: "set as a variable", files: { "pull.sh": "export GHCR_TOKEN=abc123\n" }, lines: [1] },
      {
        title: "in a Makefile",
        files: { Makefile: "login:\n\techo x && GHCR_TOKEN=abc123 ./login.sh\n" },
        lines: [2],
      },
    ],
    good: [
      { title: "from a variable", files: { "pull.sh": 'ces-pull me "$GHCR_TOKEN" ghcr.io/lab/fit:1\n' } },
      { title: "from a file", files: { "pull.sh": "TOKEN=$(cat ~/.token)\nread -rs PASSWORD\n" } },
    ],
  },
  *check(facts) {
    for (const script of facts.scripts) {
      for (const command of script.commands) {
        if (!tells(command)) continue;
        const { location } = at(script, command.range);
        // The line is left out of the finding: what stands on it must not be shown.
        yield {
          message: "A password or token is written in this command, where anyone can read it.",
          fix: "Take it out and withdraw it; read a new one from the keyboard or from a file of your own.",
          ...(location === undefined ? {} : { location }),
        };
      }
    }
  },
});

function tells(command: ShellCommand): boolean {
  const given = [...command.assignments].map(([name, value]) => `${name}=${value}`);
  return [...given, ...command.args.map(({ value }) => value)].some((word) => {
    if (TOKEN.test(word) || hasCredentials(word)) return true;
    const [, name = "", value = ""] = /^-{0,2}([A-Za-z_][\w-]*)=(.+)$/s.exec(word) ?? [];
    return isSecretName(name) && isSecretValue(value) && !/[$`<]/.test(value);
  });
}
