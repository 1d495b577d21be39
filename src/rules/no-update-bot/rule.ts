import { fixOf } from "../helpers.ts";
import { hasRemote, keptIn, NO_REMOTE, NOT_KEPT, some } from "../repository.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"repository">({
  id: "no-update-bot",
  title: "Nobody is told when a base image or a package is out of date",
  category: "reproducibility",
  needs: "repository",
  severity: "info",
  requirements: ["IMG-21"],
  why: "A base image that is pinned by its digest stays as it is, with every hole that is found in it later. Dependabot or Renovate proposes the new digest when there is one.",
  fix: "Set up Dependabot or Renovate for the Dockerfiles of the repository.",
  aliases: [],
  examples: {
    bad: [
      { title: "neither Dependabot nor Renovate", facts: { workTree: { updateBots: [] } } },
      {
        title: "Dependabot looks after Python packages alone",
        facts: {
          workTree: {
            updateBots: [{ name: "Dependabot", path: ".github/dependabot.yml", readsDockerfiles: false }],
          },
        },
      },
    ],
    good: [
      {
        title: "Renovate",
        facts: {
          workTree: { updateBots: [{ name: "Renovate", path: "renovate.json", readsDockerfiles: true }] },
        },
      },
      {
        title: "Dependabot with the ecosystem docker",
        facts: {
          workTree: {
            updateBots: [{ name: "Dependabot", path: ".github/dependabot.yml", readsDockerfiles: true }],
          },
        },
      },
      { title: "a folder without git: not assessed", facts: { workTree: undefined } },
      { title: "no remote: not assessed", facts: { workTree: { remotes: [], updateBots: [] } } },
    ],
  },
  *check(facts) {
    const kept = keptIn(facts);
    if (kept === undefined) {
      yield { notAssessed: NOT_KEPT };
      return;
    }
    const { updateBots } = kept;
    if (updateBots.some(({ readsDockerfiles }) => readsDockerfiles)) return;
    if (updateBots.length > 0) {
      yield {
        message: `Dependabot is not told to look at Dockerfiles: ${some(updateBots.map(({ path }) => path))} names no ecosystem docker.`,
        fix: fixOf("Add it under updates.", ...ENTRY),
      };
    } else if (hasRemote(kept)) {
      yield {
        message: "The repository has settings neither for Dependabot nor for Renovate.",
        fix: fixOf("Write .github/dependabot.yml.", "version: 2", "updates:", ...ENTRY),
      };
    } else {
      yield { notAssessed: NO_REMOTE };
    }
  },
});

const ENTRY = [
  "  - package-ecosystem: docker",
  "    directory: /",
  "    schedule: { interval: weekly }",
] as const;
