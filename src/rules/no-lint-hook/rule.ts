import { fixOf } from "../helpers.ts";
import { keptIn, NOT_KEPT } from "../repository.ts";
import { defineRule } from "../rule.ts";

/** Hooks of hadolint and of ours. */
const LINTS = /^(?:hadolint|pratique-lint)/;

export default defineRule<"repository">({
  id: "no-lint-hook",
  title: "No hook lints the Dockerfile before a commit",
  category: "reproducibility",
  needs: "repository",
  severity: "info",
  requirements: ["IMG-22"],
  why: "A hook finds a mistake while the line is still in mind, and not when the image is reviewed weeks later.",
  fix: "Add a hook for pre-commit that lints Dockerfiles.",
  aliases: [],
  examples: {
    bad: [
      { title: "pre-commit is not set up", facts: { workTree: { hooks: undefined } } },
      { title: "hooks for code alone", facts: { workTree: { hooks: ["black", "trailing-whitespace"] } } },
    ],
    good: [
      { title: "hadolint's hook", facts: { workTree: { hooks: ["black", "hadolint-docker"] } } },
      { title: "our own hook", facts: { workTree: { hooks: ["pratique-lint-project"] } } },
      { title: "a folder without git: not assessed", facts: { workTree: undefined } },
    ],
  },
  *check(facts) {
    const kept = keptIn(facts);
    if (kept === undefined) {
      yield { notAssessed: NOT_KEPT };
      return;
    }
    if (kept.hooks?.some((id) => LINTS.test(id)) === true) return;
    yield {
      message:
        kept.hooks === undefined
          ? "The repository has no .pre-commit-config.yaml."
          : "No hook in .pre-commit-config.yaml lints Dockerfiles.",
      fix: fixOf(
        "Add a hook to .pre-commit-config.yaml, then run “pre-commit install”.",
        "repos:",
        "  - repo: local",
        "    hooks:",
        "      - id: pratique-lint",
        "        name: pratique lint",
        "        entry: npx pratique lint",
        "        language: system",
        "        files: (?i)(dockerfile|containerfile)",
      ),
    };
  },
});
