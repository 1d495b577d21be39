import { variableFor } from "../cures.ts";
import { groupBy } from "../group.ts";
import { fixOf } from "../helpers.ts";
import { jobUses } from "../job-code.ts";
import { useLocation } from "../offline.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"project">({
  id: "user-name-in-code",
  title: "The code asks for the name of its user",
  category: "users",
  needs: "project",
  severity: "warning",
  requirements: [],
  why: "The Safe Haven runs the job under a number that stands in no image's list of users. A program that asks for the user's name finds none and stops.",
  fix: "Do without the name, or set USER with ENV and read that.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "the name from the list of users",
        dockerfile: "FROM python:3.12\nENV USER=shs\nCOPY . /opt/\n",
        files: { "a.py": "import os\nimport pwd\n\nname = pwd.getpwuid(os.getuid()).pw_name\n" },
        lines: [4],
      },
      {
        title: "the name from wherever there is one",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": "from getpass import getuser\nname = getuser()\n" },
        lines: [2],
      },
    ],
    good: [
      {
        title: "a variable says the name",
        dockerfile: "FROM python:3.12\nENV USER=shs\nCOPY . /opt/\n",
        files: { "a.py": "import getpass\nname = getpass.getuser()\n" },
      },
      {
        title: "a method of that name",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": "name = site.getuser()\n# getpass.getuser()\n" },
      },
    ],
  },
  *check(facts) {
    const open = jobUses(facts).filter(
      (use) =>
        use.library === "getpwuid" &&
        use.by === "call" &&
        use.name !== "Sys.info" &&
        !(
          use.name.endsWith("getuser") &&
          ["USER", "LOGNAME", "USERNAME", "LNAME"].some(
            (name) => (variableFor(facts, name, use).value ?? "") !== "",
          )
        ),
    );
    for (const [file, [first, ...others]] of groupBy(open, (use) => use.file)) {
      if (first === undefined) continue;
      yield {
        message: `${first.name} asks for the name of the job's user, which no image knows${others.length === 0 ? "" : ` (and ${others.length} more in this file)`}.`,
        fix: fixOf(
          "Give the name by a variable, and read that.",
          "# In the Dockerfile:",
          "ENV USER=shs LOGNAME=shs",
          `# In the code (${file}):`,
          'os.environ.get("USER", str(os.getuid()))',
        ),
        ...useLocation(first),
      };
    }
  },
});
