import { lineage } from "../../dockerfile/variables.ts";
import { groupBy } from "../group.ts";
import { fixOf } from "../helpers.ts";
import { jobUses, scriptOf } from "../job-code.ts";
import { useLocation } from "../offline.ts";
import { defineRule } from "../rule.ts";

const SERVER = /^\d{2,5}@\S|@\S+:\d+/;

export default defineRule<"project">({
  id: "licence-in-code",
  title: "The code uses software that needs a licence",
  category: "offline",
  needs: "project",
  severity: "error",
  requirements: ["IMG-13"],
  why: "No licence server can be reached from inside the Safe Haven, and a licence that is bound to one computer does not hold there. The program stops after a long wait.",
  fix: "Copy a licence file that works without a server into the image, and point the variable at it.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a server that the code names",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": 'import os\n\nos.environ["MLM_LICENSE_FILE"] = "27000@licences.example.ac.uk"\n' },
        lines: [3],
      },
      {
        title: "a server in the start script",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "start.sh": "export LM_LICENSE_FILE=1055@lic1\n" },
        lines: [1],
      },
      {
        title: "a solver without a licence",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": "import gurobipy\n" },
        lines: [1],
      },
    ],
    good: [
      {
        title: "a licence file",
        dockerfile:
          "FROM python:3.12\nCOPY gurobi.lic /opt/gurobi/\nENV GRB_LICENSE_FILE=/opt/gurobi/gurobi.lic\nCOPY . /opt/\n",
        files: { "a.py": "import gurobipy\n", "gurobi.lic": "x" },
      },
      {
        title: "a solver that needs none",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": "import highspy\n# import gurobipy\n" },
      },
    ],
  },
  *check(facts) {
    const licensed = jobUses(facts).filter(
      ({ library }) => facts.source.libraries.get(library)?.category === "licence",
    );
    const environment = facts.stages.at(-1)?.environment;
    const copies = lineage(facts.stages)
      .flatMap(({ stage }) => stage.instructions)
      .filter(({ keyword }) => keyword === "COPY" || keyword === "RUN")
      .map(scriptOf)
      .join("\n");
    for (const [id, [first, ...others]] of groupBy(licensed, ({ library }) => library)) {
      const library = facts.source.libraries.get(id);
      if (first === undefined || library === undefined) continue;
      const setting = facts.source.settings.find(
        ({ file, line, value }) => file === first.file && line === first.line && SERVER.test(value ?? ""),
      );
      const variables = Object.keys(library.env_fix);
      const settled = variables.some((name) => {
        const value = environment?.get(name)?.expanded ?? "";
        return value.startsWith("/") && !SERVER.test(value);
      });
      if (setting === undefined && (settled || /\.(?:lic|dat)\b|license\.txt/.test(copies))) continue;
      const [variable = setting?.name ?? "LM_LICENSE_FILE"] = variables;
      yield {
        ...(setting === undefined ? { severity: "info" as const } : {}),
        message:
          setting === undefined
            ? `${library.library} needs a licence, and the Dockerfile brings none${others.length === 0 ? "" : ` (used in ${others.length + 1} places)`}.`
            : `${setting.name} names a licence server, which cannot be reached in the Safe Haven.`,
        fix: fixOf(
          "Bring a licence file that works without a server.",
          "# In the Dockerfile:",
          "COPY licence.lic /opt/licence/",
          `ENV ${variable}=/opt/licence/licence.lic`,
          `# In the code (${first.file}):`,
          setting === undefined
            ? `# ${library.api_fix.replace(/\s+/g, " ").replace(/^-$/, "nothing to change")}`
            : `# remove line ${setting.line}`,
        ),
        ...useLocation(first),
      };
    }
  },
});
