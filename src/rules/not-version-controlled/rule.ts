import { fixOf } from "../helpers.ts";
import { hasRemote, isOnForge, keptIn, NO_REMOTE, NOT_KEPT, some } from "../repository.ts";
import { defineRule } from "../rule.ts";

const KEEP = "Keep the Dockerfile and the code beside it in a repository on GitHub or GitLab.";
const START = ["git init", "git add .", 'git commit -m "Start"'] as const;
const PUSH = ["git remote add origin <address of the empty repository>", "git push -u origin HEAD"] as const;

export default defineRule<"repository">({
  id: "not-version-controlled",
  title: "Nothing here shows that the project is kept on GitHub or GitLab",
  category: "reproducibility",
  needs: "repository",
  severity: "info",
  requirements: ["IMG-20"],
  why: "A reviewer asks which version of the Dockerfile an image was built from, and how it came to be. Only a repository that others can look at answers that.",
  fix: KEEP,
  aliases: [],
  examples: {
    bad: [
      { title: "a folder without git", facts: { workTree: undefined } },
      { title: "a work tree that is kept nowhere else", facts: { workTree: { remotes: [] } } },
      {
        title: "a work tree whose only remote is a folder",
        facts: { workTree: { remotes: [{ kind: "folder", host: undefined }] } },
      },
      { title: "a Dockerfile that was not added", facts: { untracked: ["Dockerfile"] } },
      {
        title: "one of two Dockerfiles was not added",
        facts: { dockerfiles: ["Dockerfile", "fit/Dockerfile"], untracked: ["fit/Dockerfile"] },
      },
    ],
    good: [
      {
        title: "on GitHub",
        facts: { workTree: { remotes: [{ kind: "github", host: "github.com" }] } },
      },
      {
        title: "on an institution's GitLab, beside a folder",
        facts: {
          workTree: {
            remotes: [
              { kind: "folder", host: undefined },
              { kind: "gitlab", host: "gitlab.example.ac.uk" },
            ],
          },
        },
      },
      {
        title: "on a host whose name says nothing: not assessed",
        facts: { workTree: { remotes: [{ kind: "other", host: "git.example.org" }] } },
      },
      { title: "git's list of files is of a new kind: not assessed", facts: { untracked: undefined } },
    ],
  },
  *check(facts) {
    const kept = keptIn(facts);
    if (kept === undefined) {
      const foreign = facts.workTree === undefined ? [] : facts.dockerfiles;
      yield {
        message:
          foreign.length === 0
            ? "There is no git repository around this folder: nobody can tell which version an image is built from."
            : `Git does not track ${some(foreign)}: nobody can tell which version an image is built from.`,
        fix: fixOf(KEEP, ...START, ...PUSH),
      };
      yield { notAssessed: NOT_KEPT };
      return;
    }
    const { untracked = [] } = facts;
    if (untracked.length > 0) {
      yield {
        message: `Git does not track ${some(untracked)}: nobody can tell which version an image is built from.`,
        fix: fixOf("Add what is missing.", ...untracked.slice(0, 3).map((path) => `git add ${quote(path)}`)),
      };
    }
    if (!hasRemote(kept)) {
      yield {
        message: "The git repository is on this machine alone: it has no remote elsewhere.",
        fix: fixOf(KEEP, ...PUSH),
      };
      yield { notAssessed: NO_REMOTE };
    } else if (!isOnForge(kept)) {
      const hosts = kept.remotes.flatMap(({ host }) => (host === undefined ? [] : [host]));
      yield {
        notAssessed: `the repository is kept on ${some(hosts) || "another machine"}, and that name does not tell whether it is GitHub or GitLab`,
      };
    }
    if (facts.untracked === undefined)
      yield { notAssessed: "git's list of the files that it tracks could not be read" };
  },
});

/** As a shell takes it. */
const quote = (path: string): string =>
  /^[\w./-]+$/.test(path) ? path : `'${path.slice(0, 200).replaceAll("'", "'\\''")}'`;
