import type { ShellCommand } from "../../dockerfile/shell.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { runSteps } from "../run-steps.ts";

export default defineRule<"dockerfile">({
  id: "two-downloaders",
  title: "Both curl and wget are used",
  category: "size",
  needs: "dockerfile",
  severity: "info",
  programs: /^wget$/,
  requirements: [],
  why: "Both do the same. Each one brings its own libraries into the image, which have to be kept safe and explained to the reviewers, and inside the Safe Haven neither can be used.",
  fix: "Use one of them for all downloads.",
  aliases: ["hadolint:DL4001", "trivy:DS-0014"],
  examples: {
    bad: [
      {
        title: "in two RUNs",
        dockerfile: "FROM x\nRUN curl -fsSLO https://e.org/a\nRUN wget -q https://e.org/b\n",
        lines: [3],
      },
      {
        title: "in one RUN",
        dockerfile: "FROM x\nRUN wget -q https://e.org/a \\\n    && curl -fsSLO https://e.org/b\n",
        lines: [3],
      },
      {
        title: "in a builder stage",
        dockerfile: "FROM x AS b\nRUN curl -O https://e.org/a && wget -q https://e.org/b\nFROM y\n",
        lines: [2],
      },
      {
        title: "in a stage and the one built on it",
        dockerfile: "FROM x AS b\nRUN curl -O https://e.org/a\nFROM b\nRUN wget -q https://e.org/b\n",
        lines: [4],
      },
      {
        title: "for a later build",
        dockerfile: "FROM x\nRUN curl https://e.org/a\nONBUILD RUN wget -q https://e.org/b\n",
        lines: [3],
      },
    ],
    good: [
      { title: "one", dockerfile: "FROM x\nRUN curl -O https://e.org/a && curl -O https://e.org/b\n" },
      {
        title: "in stages apart",
        dockerfile: "FROM x AS b\nRUN curl -O https://e.org/a\nFROM y\nRUN wget -q https://e.org/b\n",
      },
      {
        title: "installed, not used",
        dockerfile: "FROM x\nRUN apt-get install -y wget curl && curl -O https://e.org/a\n",
      },
      {
        title: "whichever there is",
        dockerfile: "FROM x\nRUN curl -O https://e.org/a || wget -q https://e.org/a\n",
      },
    ],
  },
  *check(facts) {
    const seen = new Map<
      number,
      { readonly curl: boolean; readonly wget: boolean; readonly told: boolean }
    >();
    for (const { stage, commands } of runSteps(facts)) {
      const index = stage?.stage.index ?? -1;
      let state = seen.get(index) ??
        seen.get(stage?.parent?.stage.index ?? -2) ?? { curl: false, wget: false, told: false };
      const alternatives = alternativesIn(commands);
      for (const command of commands) {
        if (command.name !== "curl" && command.name !== "wget") continue;
        // `curl ... || wget ...` takes whichever there is.
        if (alternatives.has(command.list.id)) continue;
        state = { ...state, [command.name]: true };
        if (!state.curl || !state.wget || state.told) continue;
        state = { ...state, told: true };
        const other = command.name === "curl" ? "wget" : "curl";
        yield {
          message: `“${command.name}” is used here and “${other}” before, for the same purpose.`,
          fix: fixOf(
            `Use ${other} here too, and do not install ${command.name}.`,
            other === "curl" ? "curl -fsSLO <address>" : "wget -q <address>",
          ),
          ...at(facts.dockerfile, command.range),
        };
      }
      seen.set(index, state);
    }
  },
});

/** Lists that name both, one for the case that the other is not there. */
function alternativesIn(commands: readonly ShellCommand[]): ReadonlySet<number> {
  const first = new Map<number, string>();
  const both = new Set<number>();
  for (const { name, list } of commands) {
    if ((name !== "curl" && name !== "wget") || !list.operators.includes("||")) continue;
    if ((first.get(list.id) ?? name) !== name) both.add(list.id);
    first.set(list.id, name);
  }
  return both;
}
