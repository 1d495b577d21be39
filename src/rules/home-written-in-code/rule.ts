import { groupBy } from "../group.ts";
import { fixOf, isWithin } from "../helpers.ts";
import { inJob, jobCode } from "../job-code.ts";
import { useLocation } from "../offline.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"project">({
  id: "home-written-in-code",
  title: "The program writes to the user's home",
  category: "users",
  needs: "project",
  severity: "warning",
  requirements: ["UID-09"],
  why: "In the Safe Haven the job runs as a user that the image does not know. Its home does not exist or cannot be written, and the program stops where it tries.",
  fix: "Write to /scratch, or set HOME=/scratch with ENV.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a cache",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: {
          "a.py":
            'from pathlib import Path\n\nCACHE = Path.home() / ".cache" / "ours"\nCACHE.mkdir(parents=True, exist_ok=True)\n(CACHE / "a").write_text("x")\n',
        },
        lines: [4],
      },
      {
        title: "a file below ~",
        dockerfile: "FROM python:3.12\nENV HOME=/root\nCOPY . /opt/\n",
        files: { "a.py": 'import os.path\nopen(os.path.expanduser("~/log.txt"), "a")\n' },
        lines: [2],
      },
      {
        title: "in R",
        dockerfile: "FROM rocker/r-ver:4\nCOPY . /opt/\n",
        files: { "a.R": 'saveRDS(fit, "~/fit.rds")\n' },
        lines: [1],
      },
      {
        title: "in a script",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "start.sh": "mkdir -p $HOME/.cache/ours\n" },
        lines: [1],
      },
    ],
    good: [
      {
        title: "the home is on the scratch space",
        dockerfile: "FROM python:3.12\nENV HOME=/scratch\nCOPY . /opt/\n",
        files: { "a.py": 'import os.path\nopen(os.path.expanduser("~/log.txt"), "a")\n' },
      },
      {
        title: "set by the start script",
        dockerfile: 'FROM python:3.12\nCOPY . /opt/\nCMD ["/opt/start.sh"]\n',
        files: { "start.sh": "export HOME=/scratch\nmkdir -p ~/x\n" },
      },
      {
        title: "only read",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": 'import os.path\nopen(os.path.expanduser("~/settings.ini"))\n' },
      },
    ],
  },
  *check(facts, profile) {
    const { scratch, outputs } = profile.directories;
    const home =
      facts.source.settings.find(({ name, file }) => name === "HOME" && jobCode(facts).starts(file))?.value ??
      facts.stages.at(-1)?.environment.get("HOME")?.expanded;
    if (home !== undefined && [scratch.value, outputs.value, "/tmp"].some((folder) => isWithin(home, folder)))
      return;
    const acts = inJob(facts, facts.source.acts).filter(({ kind }) => kind === "home-write");
    for (const [file, [first, ...others]] of groupBy(acts, (act) => act.file)) {
      if (first === undefined) continue;
      const but = home === undefined ? "" : ` HOME is ${home}, which the job's user cannot write.`;
      yield {
        message: `${first.name} writes to ${(first.path ?? "~").slice(0, 100)}, and the job's user has no home${others.length === 0 ? "" : ` (and ${others.length} more in this file)`}.${but}`,
        fix: fixOf(
          "Put the home on the scratch space, or name a folder there.",
          "# In the Dockerfile:",
          `ENV HOME=${scratch.value}`,
          `# In the code (${file}):`,
          `# write to ${(first.path ?? "~").slice(0, 100).replace(/^~/, scratch.value)}`,
        ),
        ...useLocation(first),
      };
    }
  },
});
