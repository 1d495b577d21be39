import { fixOf } from "../helpers.ts";
import { isOnForge, keptIn, NO_REMOTE, NOT_KEPT, some } from "../repository.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"repository">({
  id: "no-build-in-ci",
  title: "No CI builds the image",
  category: "reproducibility",
  needs: "repository",
  severity: "info",
  requirements: ["IMG-20"],
  why: "An image that CI builds has a log that says from which commit and how it was made: the audit trail that Information Governance asks for. An image from a laptop has none.",
  fix: "Let GitHub Actions or GitLab CI build the image and push it.",
  aliases: [],
  examples: {
    bad: [
      { title: "no file for CI", facts: { workTree: { ci: [] } } },
      {
        title: "CI that only tests code",
        facts: { workTree: { ci: [{ path: ".github/workflows/test.yml", buildsImages: false }] } },
      },
    ],
    good: [
      {
        title: "a workflow that builds",
        facts: { workTree: { ci: [{ path: ".github/workflows/image.yml", buildsImages: true }] } },
      },
      { title: "a folder without git: not assessed", facts: { workTree: undefined } },
      { title: "no remote: not assessed", facts: { workTree: { remotes: [], ci: [] } } },
      {
        title: "another kind of host, whose CI is not known: not assessed",
        facts: { workTree: { remotes: [{ kind: "other", host: "git.example.org" }], ci: [] } },
      },
    ],
  },
  *check(facts) {
    const kept = keptIn(facts);
    if (kept === undefined) {
      yield { notAssessed: NOT_KEPT };
      return;
    }
    const { ci, remotes } = kept;
    if (ci.some(({ buildsImages }) => buildsImages)) return;
    if (ci.length > 0) {
      yield {
        message: `None of the files for CI says that it builds an image: ${some(ci.map(({ path }) => path))}.`,
        fix: FIX,
      };
      // A script that they call, or a workflow elsewhere, may do it.
      yield { notAssessed: "the files for CI do not show whether an image is built" };
    } else if (isOnForge(kept)) {
      yield {
        message: "The repository has no file for CI, so no log shows how the image is built.",
        fix: FIX,
      };
    } else {
      yield {
        notAssessed: remotes.length === 0 ? NO_REMOTE : "how the repository's host runs CI is not known here",
      };
    }
  },
});

const FIX = fixOf(
  "Let CI build the image and push it, for example with GitHub Actions.",
  "# .github/workflows/image.yml",
  "on: push",
  "jobs:",
  "  image:",
  "    runs-on: ubuntu-latest",
  "    permissions: { contents: read, packages: write }",
  "    steps:",
  "      - uses: actions/checkout@v4",
  `      - run: echo "\${{ github.token }}" | docker login ghcr.io -u "\${{ github.actor }}" --password-stdin`,
  `      - run: docker build --platform linux/amd64 -t "ghcr.io/\${GITHUB_REPOSITORY,,}:\${GITHUB_SHA}" .`,
  `      - run: docker push "ghcr.io/\${GITHUB_REPOSITORY,,}:\${GITHUB_SHA}"`,
);
