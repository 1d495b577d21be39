import type { Library } from "../../knowledge/library.ts";
import type { LibraryUse } from "../../source/facts.ts";
import { variableFor } from "../cures.ts";
import { fixOf, isWithin, someOf } from "../helpers.ts";
import { jobUses } from "../job-code.ts";
import { environmentLines, useLocation } from "../offline.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"project">({
  id: "library-cache-in-home",
  title: "Libraries keep their caches in the user's home",
  category: "users",
  needs: "project",
  severity: "info",
  requirements: [],
  why: "These libraries write settings, fonts or compiled code to the home. In the Safe Haven the job's user has none: some of them warn and go on slowly, others stop.",
  fix: "Put the home, or each library's cache, on the scratch space with ENV.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "fonts and compiled functions",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": "import pandas\nimport matplotlib.pyplot as plt\nimport librosa\n" },
        lines: [2],
      },
      {
        title: "packages of Julia",
        dockerfile: "FROM julia:1.11\nCOPY . /opt/\n",
        files: { "a.jl": "using CSV\n" },
        lines: [1],
      },
    ],
    good: [
      {
        title: "the home is on the scratch space",
        dockerfile: "FROM python:3.12\nENV HOME=/scratch\nCOPY . /opt/\n",
        files: { "a.py": "import matplotlib.pyplot as plt\n" },
      },
      {
        title: "told where",
        dockerfile: "FROM python:3.12\nENV MPLCONFIGDIR=/scratch/matplotlib\nCOPY . /opt/\n",
        files: { "a.py": "import matplotlib.pyplot as plt\n" },
      },
      {
        title: "told in the code",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": 'import os\nos.environ["MPLCONFIGDIR"] = "/scratch/m"\nimport matplotlib\n' },
      },
      {
        title: "not used",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": "import pandas\n# import matplotlib\n" },
      },
    ],
  },
  *check(facts, profile) {
    const writable = [profile.directories.scratch.value, profile.directories.outputs.value, "/tmp"];
    const isWritable = (path: string | undefined): boolean =>
      path !== undefined && writable.some((folder) => isWithin(path, folder));
    const open = new Map<string, { library: Library; use: LibraryUse }>();
    for (const use of jobUses(facts)) {
      const library = facts.source.libraries.get(use.library);
      if (library?.category !== "cache-write" || open.has(library.id)) continue;
      if (!/^~|__pycache__/.test(library.cache_dir_default)) continue;
      if (isWritable(variableFor(facts, "HOME", use).value)) continue;
      const folders = Object.entries(library.env_fix).filter(([, value]) => value.includes("/"));
      if (folders.some(([name]) => variableFor(facts, name, use).value !== undefined)) continue;
      open.set(library.id, { library, use });
    }
    const [first] = open.values();
    if (first === undefined) return;
    const all = [...open.values()].map(({ library }) => library);
    yield {
      message: `${someOf(all.map(({ library }) => library))} ${all.length === 1 ? "keeps a cache" : "keep caches"} in the home (${first.library.cache_dir_default.slice(0, 80)}), and the job's user has none.`,
      fix: fixOf(
        "Put the home on the scratch space, or each cache by itself.",
        "# In the Dockerfile:",
        `ENV HOME=${profile.directories.scratch.value}`,
        ...all.flatMap(({ env_fix: variables }) =>
          environmentLines(
            Object.fromEntries(Object.entries(variables).filter(([, value]) => value.startsWith("/scratch"))),
          ),
        ),
        `# In the code (${first.use.file}):`,
        "# nothing to change",
      ),
      ...useLocation(first.use),
    };
  },
});
