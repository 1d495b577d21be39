import type { Severity } from "../../findings/finding.ts";
import type { Requirement, RequirementsFile } from "../../source/requirements.ts";
import { fixOf, someOf } from "../helpers.ts";
import { condaHold, type Hold, pipHold } from "../pins.ts";
import { defineRule, type ProjectFacts } from "../rule.ts";
import { runSteps } from "../run-steps.ts";
import { hideSecrets } from "../secrets.ts";

export default defineRule<"project">({
  id: "unpinned-requirements",
  title: "A list of packages leaves versions open",
  category: "reproducibility",
  needs: "project",
  severity: "warning",
  requirements: [],
  why: "The next build takes other versions than the one that was tested, and results can change without a change of the code.",
  fix: "Write the version of each package into the list, or install from a lock file made from it.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "requirements.txt",
        dockerfile: "FROM python:3.12\nCOPY . .\nRUN pip install --no-cache-dir -r requirements.txt\n",
        files: {
          "requirements.txt":
            "# what we need\nscipy==1.14.0\nnumpy\npandas>=2 # tables\ngit+https://github.com/lab/x\n",
        },
        lines: [3],
      },
      {
        title: "environment.yml",
        dockerfile:
          "FROM condaforge/miniforge3:24.9.2-0\nCOPY env/environment.yml /tmp/\nRUN mamba env create -f /tmp/environment.yml && mamba clean -afy\n",
        files: {
          "env/environment.yml":
            "name: job\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.12\n  - pip\n  - numpy\n  - pip:\n      - torch\n      - rich==13.9.4\n  - scipy>=1.10\n",
        },
        lines: [7],
      },
      {
        title: "bounds alone, as a remark",
        dockerfile:
          "FROM python:3.12\nRUN --mount=type=bind,target=. uv pip install --system -r requirements/base.txt\n",
        files: { "requirements/base.txt": "numpy>=1.20\n" },
        lines: [1],
      },
    ],
    good: [
      {
        title: "versions, with hashes, markers and options",
        dockerfile: "FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt\n",
        files: {
          "requirements.txt":
            "--index-url https://pypi.org/simple\n-r other.txt\nnumpy==1.26.4 \\\n    --hash=sha256:00\nscipy==1.14.0 ; python_version > '3.9'\n-e .\n./wheels/tool.whl\n\ntool @ git+https://x/y@3f2a9c1\n",
        },
      },
      {
        title: "constraints hold the versions",
        dockerfile: "FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt\n",
        files: { "requirements.txt": "-c constraints.txt\nnumpy\n" },
      },
      {
        title: "constraints on the line",
        dockerfile: "FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt -c constraints.txt\n",
        files: { "requirements.txt": "numpy\n" },
      },
      {
        title: "not installed in the image",
        dockerfile: "FROM python:3.12\nCOPY . .\nRUN pip install -r requirements.txt\n",
        files: {
          "requirements.txt": "numpy==1.26.4\n",
          "docs/requirements-docs.txt": "sphinx\n",
          "compose-env.yaml": "x:\n  - y\n",
        },
      },
      {
        title: "Conda with versions and a lock beside it",
        dockerfile:
          "FROM x\nCOPY . .\nRUN conda env create -f environment.yml\nRUN conda env update -f b/environment.yaml\n",
        files: {
          "environment.yml": "dependencies:\n- python=3.12\n- numpy=1.26.*\n- pip\n",
          "b/environment.yaml": "dependencies:\n  - numpy\n",
          "b/conda-lock.yml": "",
        },
      },
    ],
  },
  *check(facts) {
    const files = facts.source.requirements ?? [];
    if (files.length === 0) return;
    const installs = installLines(facts);
    for (const file of files) {
      if (file.constrained || hasLock(facts, file) || !installs.some((line) => names(line, file.file)))
        continue;
      const loose = file.requirements.flatMap((one) => {
        const hold = holdOf(one);
        return hold === undefined ? [] : [{ ...one, hold }];
      });
      const worst = loose.filter(({ hold }) => hold !== "open");
      const shown = worst.length > 0 ? worst : loose;
      const [first] = shown;
      if (first === undefined) continue;
      const severity: Severity = worst.length > 0 ? "warning" : "info";
      const texts = shown.map(({ text }) => hideSecrets(text).slice(0, 60));
      yield {
        severity,
        message: `${shown.length} of ${file.requirements.length} ${file.requirements.length === 1 ? "package" : "packages"} in ${file.file} may come in any new version: ${someOf(texts, 4)}.`,
        fix:
          first.tool === "pip"
            ? fixOf(
                "Write down the versions that were tested, here or in a lock file.",
                "pip freeze > requirements.lock",
                "pip install --no-cache-dir -r requirements.lock",
              )
            : fixOf(
                "Write down the versions that were tested.",
                "conda env export --no-builds > environment.lock.yml",
              ),
        location: {
          file: file.file,
          startLine: first.line,
          startColumn: first.startColumn,
          endLine: first.line,
          endColumn: first.startColumn + first.text.length,
        },
        excerpt: hideSecrets(first.text).slice(0, 300),
      };
    }
  },
});

/** Tools that install the others: their version rarely changes a result. */
const INSTALLERS = /^(?:pip|setuptools|wheel|conda|mamba)\b/i;

const holdOf = ({ text, tool }: Requirement): Hold | undefined =>
  INSTALLERS.test(text) || /[$`]/.test(text) ? undefined : tool === "pip" ? pipHold(text) : condaHold(text);

/** What RUN says, command by command, where no constraint holds the versions in the list's place. */
function installLines(facts: ProjectFacts): string[] {
  return runSteps(facts).flatMap(({ commands, expand }) => {
    if (expand("$PIP_CONSTRAINT") !== "$PIP_CONSTRAINT") return [];
    return commands.flatMap(({ args }) => {
      const words = args.map(({ value }) => value);
      const held =
        words.some((word) => /^(?:-c|--constraints?|--exclude-newer)(?:=|$)/.test(word)) &&
        words.includes("install");
      return held ? [] : words;
    });
  });
}

/** `-r requirements.txt`, `/tmp/requirements.txt`, `--file=environment.yml`. */
function names(word: string, file: string): boolean {
  const base = file.slice(file.lastIndexOf("/") + 1);
  return word === base || word.endsWith(`/${base}`) || word.endsWith(`=${base}`) || word === `-r${base}`;
}

/** A lock file of Conda stands beside what it was made from. */
function hasLock(facts: ProjectFacts, { file }: RequirementsFile): boolean {
  const folder = file.slice(0, file.lastIndexOf("/") + 1);
  return (
    /\.ya?ml$/.test(file) &&
    facts.context.files.some(
      ({ path }) => path === `${folder}conda-lock.yml` || path === `${folder}conda-linux-64.lock`,
    )
  );
}
