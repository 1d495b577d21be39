import { safeDirectories } from "../../profiles/profile.ts";
import { at, fixOf, isWithin } from "../helpers.ts";
import { isProgramFile, openedFolders, ordinaryOwner, ownershipChanges, programsOf } from "../ownership.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "one-users-folder",
  title: "A folder for writing belongs to one user",
  category: "users",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["UID-09"],
  why: "The Safe Haven runs the job under the researcher's own number there, which is not the user that the image made. A folder that only that user may write is closed to the job.",
  fix: "Write to /scratch or /safe_outputs, or open the folder to everyone with chmod a+rwx.",
  aliases: [],
  mentions: ["chown", "home"],
  examples: {
    bad: [
      {
        title: "given to a user",
        dockerfile: "FROM python:3.12\nRUN useradd app && mkdir /cache && chown app:app /cache\nUSER app\n",
        lines: [2],
      },
      {
        title: "a home",
        dockerfile: "FROM python:3.12\nRUN useradd -m app\nENV HOME=/home/app\nUSER app\n",
        lines: [3],
      },
    ],
    good: [
      {
        title: "opened to everyone",
        dockerfile:
          "FROM python:3.12\nRUN mkdir -p /var/app/cache && chown -R app /var/app && chmod -R a+rwX /var/app\n",
      },
      {
        title: "a home that everyone may write",
        dockerfile: "FROM python:3.12\nENV HOME=/quarto\nRUN mkdir -m 777 /quarto\n",
      },
      { title: "the scratch space", dockerfile: "FROM python:3.12\nENV HOME=/scratch\n" },
      {
        title: "the Safe Haven's own",
        dockerfile: "FROM python:3.12\nRUN mkdir /scratch && chown app /scratch\n",
      },
      {
        title: "programs are reported by writable-executables",
        dockerfile:
          'FROM python:3.12\nCOPY src/ /opt/app/\nRUN chown -R app /opt/app\nCMD ["python", "/opt/app/a.py"]\n',
      },
      { title: "root's", dockerfile: "FROM python:3.12\nRUN chown -R root:root /opt && chown :staff /srv\n" },
    ],
  },
  *check(facts, profile) {
    const mounted = [...safeDirectories(profile), "/tmp", "/var/tmp", "/dev/shm"];
    const programs = programsOf(facts);
    const changes = ownershipChanges(facts);
    const opened = openedFolders(changes);
    const isOpen = (path: string): boolean =>
      mounted.some((folder) => isWithin(path, folder)) || opened(path);
    const told = new Set<string>();
    const fix = (path: string): string =>
      fixOf("Write to the scratch space, or open the folder to everyone.", `RUN chmod a+rwx ${path}`);
    for (const { program, to, path, recursive, range } of changes) {
      const owner = program === "chown" ? ordinaryOwner(to) : undefined;
      if (owner === undefined || told.has(path) || isOpen(path) || isProgramFile(path)) continue;
      if (programs.paths.has(path) || (recursive && programs.folders.has(path))) continue;
      told.add(path);
      yield {
        message: `${path.slice(0, 200)} is given to the user ${owner.slice(0, 40)}; in the Safe Haven the job runs as another user, who cannot write there.`,
        fix: fix(path),
        ...at(facts.dockerfile, range),
      };
    }
    const home = facts.stages.at(-1)?.environment.get("HOME");
    const path = home?.expanded.replace(/\/+$/, "") || "/";
    if (home === undefined || path.includes("$") || told.has(path) || isOpen(path)) return;
    yield {
      message: `HOME is ${path.slice(0, 200)}, which the Safe Haven's user cannot write: settings and caches of many programs go there.`,
      fix: fixOf("Point it at the scratch space.", `ENV HOME=${profile.directories.scratch.value}`),
      ...at(facts.dockerfile, home.word.range),
    };
  },
});
