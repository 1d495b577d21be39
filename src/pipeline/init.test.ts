import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Given, Question } from "../init/answers.ts";
import { LANGUAGES, PACKAGERS_OF } from "../init/project.ts";
import { noStarter, TASKS } from "../init/starter.ts";
import { type InitOptions, planInit, writeInit } from "./init.ts";
import { lintCommand } from "./lint.ts";

const DIGEST = `sha256:${"1".repeat(64)}`;
let top = "";
let folder = "";
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "init-"));
  folder = join(top, "heart-study");
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const put = (files: Readonly<Record<string, string>>): void => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
};

const plan = (given: Given, more: Partial<InitOptions> = {}) =>
  planInit({
    folder,
    existing: false,
    given,
    ask: undefined,
    digests: async () => ({ digest: DIGEST }),
    ...more,
  });

async function make(given: Given, more: Partial<InitOptions> = {}) {
  const result = await plan(given, more);
  await writeInit(result.folder, new Map([...result.files].filter(([path]) => !result.present.has(path))));
  return result;
}

/** What the rules say of the folder as a user would lint it. */
async function findings(): Promise<string[]> {
  const { report } = await lintCommand({
    targets: [folder],
    output: join(top, "out"),
    shellcheck: "never",
    signal: new AbortController().signal,
    progress: { start() {}, detail() {}, done() {} },
  });
  expect(report.findings.filter(({ waived }) => waived !== undefined)).toEqual([]);
  return report.findings.map(({ rule, message }) => `${rule} ${message}`);
}

/** What no generator can know: where the repository is, and who the user is in the Safe Haven. */
const isOpen = (finding: string): boolean => /^(?:not-version-controlled|job-placeholder) /.test(finding);

const combinations = LANGUAGES.flatMap((language) =>
  PACKAGERS_OF[language].flatMap((packager) =>
    TASKS.filter((task) => noStarter(language, packager, task) === undefined).flatMap((task) =>
      [[], ["google-bert/bert-base-uncased", "lab/other@v1.2"]].flatMap((models) =>
        [undefined, "software.lic"].map((licence) => ({ language, packager, task, models, licence })),
      ),
    ),
  ),
).filter(({ task, models }) => task !== "text" || models.length > 0);

describe("a new project", () => {
  it.each(combinations)(
    "in $language with $packager for $task, models $models, licence $licence, has no finding",
    async (given) => {
      if (given.licence !== undefined) put({ "software.lic": "a licence\n" });
      await make(given);
      const found = await findings();
      expect(found.filter((finding) => !isOpen(finding))).toEqual([]);
      expect(found.some((finding) => finding.startsWith("job-placeholder"))).toBe(true);
    },
  );

  it("has nothing left to say once it is in a repository", async () => {
    await make({ language: "python" });
    const git = (...args: string[]) => execFileSync("git", args, { cwd: folder, stdio: "ignore" });
    git("init", "--quiet");
    git("remote", "add", "origin", "https://github.com/lab/heart-study.git");
    git("add", ".");
    expect((await findings()).map((finding) => finding.split(" ")[0])).toEqual(["job-placeholder"]);
  });

  it("asks a GPU of the cluster, and starts from an image that can use it", async () => {
    const { files } = await make({ language: "python", task: "training", gpu: true });
    expect(files.get("job/job.yaml")).toContain("nvidia.com/gpu: 1");
    expect(files.get("Dockerfile")).toContain("FROM docker.io/pytorch/pytorch:");
    expect((await findings()).filter((finding) => !isOpen(finding))).toEqual([]);
  });

  it("fetches models with their revisions, and asks for these", async () => {
    const { files } = await make({ language: "python", task: "text", models: ["lab/model@v1", "lab/other"] });
    expect(files.get("Dockerfile")).toContain(
      "&& hf download lab/model --revision v1 \\\n    && hf download lab/other \\\n",
    );
    expect(files.get("src/main.py")).toContain('AutoTokenizer.from_pretrained("lab/model", revision="v1")\n');
    const { files: ofR } = await plan({ language: "r", models: ["lab/other"] });
    expect(ofR.get("Dockerfile")).toMatch(/^FROM docker\.io\/library\/python:\S+@sha256:1+ AS models$/m);
  });

  it("takes bases by their names in the catalogue, in short and in full, and pins them", async () => {
    const from = async (base: string): Promise<string> =>
      /^FROM .*/m.exec((await plan({ language: "python", base })).files.get("Dockerfile") ?? "")?.[0] ?? "";
    expect(await from("monai")).toBe(`FROM docker.io/projectmonai/monai:1.4.0@${DIGEST}`);
    expect(await from("python:3.11-slim")).toBe(`FROM docker.io/library/python:3.11-slim@${DIGEST}`);
    expect(await from("lab/base:1")).toBe(`FROM docker.io/lab/base:1@${DIGEST}`);
    const own = `ghcr.io/lab/base:1@sha256:${"2".repeat(64)}`;
    expect(await from(own)).toBe(`FROM ${own}`);
  });

  it("says so where the registry does not answer, and leaves the tag", async () => {
    const { files, notes } = await plan(
      { language: "r" },
      { digests: async () => ({ reason: "docker.io cannot be reached" }) },
    );
    expect(files.get("Dockerfile")).toMatch(/^FROM docker\.io\/rocker\/r-ver:[\d.]+$/m);
    expect(notes).toEqual([expect.stringMatching(/not pinned by its digest: docker\.io cannot be reached/)]);
  });

  it("has a name that a folder, an image and a job can have", async () => {
    const named = async (name: string): Promise<string> =>
      /title="(.*)"/.exec((await plan({ language: "r" }, { name })).files.get("Dockerfile") ?? "")?.[1] ?? "";
    expect(await named("Heart Study (2026)!")).toBe("heart-study-2026");
    expect(await named('x"\nRUN evil')).toBe("x-run-evil");
    expect(await named("2026")).toBe("job");
    expect(await named("a".repeat(90))).toHaveLength(40);
    const { files } = await plan({ language: "julia", packager: "julia" }, { name: "julia" });
    expect(files.get("Dockerfile")).toContain("COPY --chown=root:root src/ /opt/julia-job/src/\n");
  });

  it("is the same each time, made-up data too", async () => {
    const [one, other] = [await plan({ language: "python" }), await plan({ language: "python" })];
    expect([...other.files]).toEqual([...one.files]);
    expect(one.files.get("test-data/people.csv")?.split("\n").slice(0, 3)).toEqual([
      "person,arm,age,sex,score",
      "S0001,control,68,female,13.51",
      expect.stringMatching(/^S0002,treatment,/),
    ]);
  });

  it("tests with the data that are there", async () => {
    put({ "synthetic/a.csv": "person,arm,age,sex,score\n" });
    const { files } = await make({ language: "r", data: "synthetic/" });
    expect(files.has("test-data/people.csv")).toBe(false);
    expect(files.get("pratique.yaml")).toContain('data: "synthetic"');
  });

  it.each<[string, Given, RegExp]>([
    ["a language", {}, /language|written in/],
    ["a language that is none", { language: "cobol" }, /cobol/],
    ["a package manager of another language", { language: "r", packager: "pip" }, /does not go with r/],
    ["a task that has no program", { language: "r", task: "text" }, /in Python/],
    ["a model for a task on text", { language: "python", task: "text" }, /needs a model/],
    ["a model's name", { language: "python", models: ["x; rm -rf /"] }, /no name of a model/],
    ["a base's name", { language: "python", base: "python:3\nRUN evil" }, /no name of an image/],
    ["a digest that is cut", { language: "python", base: "python@sha256:12" }, /not whole/],
    ["a base with a shell", { language: "python", base: "gcr.io/distroless/python3-debian12" }, /no shell/],
    ["a GPU where the usual base has none", { language: "octave", gpu: true }, /GPU/],
    ["a licence inside the project", { language: "r", licence: "../key.lic" }, /no path inside/],
    ["a licence that exists", { language: "r", licence: "key.lic" }, /There is no key\.lic/],
    ["data that exist", { language: "r", data: "data" }, /There is no data/],
    ["a program of its own", { language: "r", entry: "a.R" }, /--entry/],
  ])("needs %s", async (_, given, message) => {
    await expect(plan(given)).rejects.toMatchObject({
      code: "usage.bad-argument",
      message: expect.stringMatching(message),
      hint: expect.stringMatching(/./),
    });
  });
});

describe("what is in the way", () => {
  it("is told, unless it says the same", async () => {
    await make({ language: "r" });
    writeFileSync(join(folder, "Dockerfile"), "FROM mine\n");
    const { present } = await plan({ language: "r" });
    expect([...present]).toEqual([["Dockerfile", "FROM mine\n"]]);
  });

  it("never leads out of the folder", async () => {
    mkdirSync(folder);
    mkdirSync(join(top, "elsewhere"));
    symlinkSync(join(top, "elsewhere"), join(folder, "src"));
    await expect(make({ language: "r" })).rejects.toMatchObject({ code: "output.not-writable" });
    expect(readdirSync(join(top, "elsewhere"))).toEqual([]);
    expect(readdirSync(folder)).toEqual(["src"]);
  });

  it("is a link's target that lies outside: it stays, and the link goes only where that was asked for", async () => {
    mkdirSync(folder);
    writeFileSync(join(top, "theirs"), "mine\n");
    symlinkSync(join(top, "theirs"), join(folder, "Dockerfile"));
    const { files, present } = await plan({ language: "r" });
    expect([...present.keys()]).toEqual(["Dockerfile"]);
    await writeInit(folder, files);
    expect(readFileSync(join(top, "theirs"), "utf8")).toBe("mine\n");
  });
});

const NOTEBOOK = JSON.stringify({
  cells: [],
  metadata: { kernelspec: { language: "python", name: "python3" } },
  nbformat: 4,
  nbformat_minor: 5,
});

/** Projects as researchers have them, and what init must see in each. */
const EXISTING: readonly {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly starts: string;
  readonly has: readonly string[];
  readonly given?: Given;
}[] = [
  {
    name: "Python with requirements.txt",
    files: {
      "requirements.txt": "numpy==2.2.6\n",
      "src/main.py": "print(1)\n",
      "src/lib/a.py": "",
      "data/x.csv": "a\n",
    },
    starts: '"python", "/opt/heart-study/src/main.py"',
    has: [
      "RUN pip install --no-cache-dir -r /opt/heart-study/requirements.txt",
      "COPY --chown=root:root src/",
    ],
  },
  {
    name: "Python with a version of its own",
    files: { ".python-version": "3.11.4\n", "run.py": "print(1)\n", "helper.py": "", "requirements.txt": "" },
    starts: '"python", "/opt/heart-study/run.py"',
    has: [
      "FROM docker.io/library/python:3.11-slim-bookworm@",
      "COPY --chown=root:root helper.py run.py /opt/heart-study/",
    ],
  },
  {
    name: "Python with uv",
    files: {
      "pyproject.toml": '[project]\nname = "x"\nversion = "1"\n',
      "uv.lock": "version = 1\n",
      "main.py": "",
    },
    starts: '"python", "/opt/heart-study/main.py"',
    has: ["uv sync --frozen", "COPY pyproject.toml uv.lock ./"],
  },
  {
    name: "Python with Poetry",
    files: { "pyproject.toml": "[tool.poetry]\n", "poetry.lock": "package = []\n", "fit/train.py": "" },
    starts: '"python", "/opt/heart-study/fit/train.py"',
    has: ["poetry sync", "COPY --chown=root:root fit/ /opt/heart-study/fit/"],
  },
  {
    name: "Python with conda",
    files: { "environment.yml": "name: x\ndependencies:\n  - python=3.12.8\n", "main.py": "" },
    starts: '"/usr/local/bin/_entrypoint.sh", "python", "/opt/heart-study/main.py"',
    has: ["micromamba install", "USER root"],
  },
  {
    name: "R with renv",
    files: {
      "renv.lock": '{"R": {"Version": "4.3.2"}, "Packages": {}}',
      "analysis.R": "1\n",
      "renv/activate.R": "",
    },
    starts: '"Rscript", "--vanilla", "/opt/heart-study/analysis.R"',
    has: ["FROM docker.io/rocker/r-ver:4.3.2@", "renv::restore"],
  },
  {
    name: "R with a DESCRIPTION",
    files: {
      DESCRIPTION: "Package: x\nDepends: R (>= 4.1),\n    survival\nImports: stats, data.table\n",
      "R/main.R": "1\n",
    },
    starts: '"Rscript", "--vanilla", "/opt/heart-study/R/main.R"',
    has: ["install2.r --error --skipinstalled survival data.table"],
  },
  {
    name: "R alone",
    files: { "my analysis.R": "1\n" },
    starts: '"Rscript", "--vanilla", "/opt/heart-study/my analysis.R"',
    has: ['COPY --chown=root:root ["my analysis.R","/opt/heart-study/"]'],
  },
  {
    name: "Julia",
    files: { "Project.toml": "[deps]\n", "Manifest.toml": 'manifest_format = "2.0"\n', "main.jl": "1\n" },
    starts: '"julia", "--startup-file=no", "--project=/opt/heart-study", "/opt/heart-study/main.jl"',
    has: ["Pkg.instantiate()"],
  },
  {
    name: "Octave",
    files: { "main.m": "1;\n", "step.m": "function step ()\nend\n" },
    starts: '"octave-cli", "--norc", "/opt/heart-study/main.m"',
    has: ["FROM docker.io/gnuoctave/octave:"],
  },
  {
    name: "a notebook",
    files: { "analysis.ipynb": NOTEBOOK, "requirements.txt": "numpy==2.2.6\nipykernel==7.4.0\n" },
    starts: 'papermill \\"/opt/heart-study/analysis.ipynb\\"',
    has: ["-r /opt/heart-study/requirements.txt", "RUN pip install --no-cache-dir papermill==2.7.0\n"],
  },
  {
    name: "a Quarto report in R",
    files: {
      "_quarto.yml": "project:\n  type: default\n",
      "report.qmd": "---\ntitle: x\n---\n\n```{r}\n1\n```\n",
    },
    starts: 'quarto render \\"report.qmd\\"',
    has: ["COPY --from=quarto", "knitr rmarkdown"],
  },
  {
    name: "a Quarto report in Python",
    files: { "index.qmd": "---\ntitle: x\n---\n\n```{python}\n1\n```\n" },
    starts: 'quarto render \\"index.qmd\\"',
    has: ["COPY --from=quarto", "nbclient=="],
  },
  {
    name: "R Markdown, which Quarto renders",
    files: { "paper.Rmd": "---\ntitle: x\n---\n\n```{r}\n1\n```\n", "helper.R": "1\n", "README.Rmd": "x\n" },
    starts: 'quarto render \\"paper.Rmd\\"',
    has: ["COPY --from=quarto", "knitr rmarkdown", "helper.R paper.Rmd"],
  },
  {
    name: "an R package with a vignette, which is no report",
    files: {
      DESCRIPTION: "Package: x\nImports: MASS\n",
      "main.R": "1\n",
      "vignettes/x.Rmd": "```{r}\n1\n```\n",
    },
    starts: '"Rscript", "--vanilla", "/opt/heart-study/main.R"',
    has: ["install2.r --error --skipinstalled MASS"],
  },
  {
    name: "conda, with the other ending",
    files: { "environment.yaml": "name: x\ndependencies: [python=3.12]\n", "main.py": "" },
    starts: '"python", "/opt/heart-study/main.py"',
    has: ["--file /opt/heart-study/environment.yaml"],
  },
  {
    name: "another tool's list beside one that is known",
    files: { "requirements.txt": "numpy==2.2.6\n", "Pipfile.lock": "{}", "setup.py": "", "main.py": "" },
    starts: '"python", "/opt/heart-study/main.py"',
    has: ["-r /opt/heart-study/requirements.txt"],
  },
  {
    name: "a list that is not needed",
    files: { "setup.py": "", "main.py": "" },
    given: { packager: "none" },
    starts: '"python", "/opt/heart-study/main.py"',
    has: [],
  },
  {
    name: "two languages, of which one is chosen",
    files: { "main.py": "", "fit.R": "1\n", "requirements.txt": "" },
    given: { language: "r" },
    starts: '"Rscript", "--vanilla", "/opt/heart-study/fit.R"',
    has: ["rocker/r-ver"],
  },
];

describe("a project that exists", () => {
  it.each(EXISTING)("$name", async ({ files, starts, has, given = {} }) => {
    put({ ...files, "README.md": "mine\n" });
    const result = await make(given, { existing: true });
    const text = readFileSync(join(folder, "Dockerfile"), "utf8");
    expect(/^ENTRYPOINT .*/m.exec(text)?.[0]).toContain(starts);
    for (const part of has) expect(text).toContain(part);
    for (const [path, before] of Object.entries(files))
      expect(readFileSync(join(folder, path), "utf8")).toBe(before);
    expect(readFileSync(join(folder, "README.md"), "utf8")).toBe("mine\n");
    expect(result.files.has("SAFE-HAVEN.md")).toBe(true);
    expect((await findings()).filter((finding) => !isOpen(finding))).toEqual([]);
  });

  it("keeps its own test data and files", async () => {
    put({ "main.R": "1\n", "test-data/own.csv": "a\n", Dockerfile: "FROM mine\n" });
    const { files, present, notes } = await make({}, { existing: true });
    expect(files.has("test-data/people.csv")).toBe(false);
    expect([...present.keys()]).toEqual(["Dockerfile"]);
    expect(readFileSync(join(folder, "Dockerfile"), "utf8")).toBe("FROM mine\n");
    expect(notes).toEqual([]);
  });

  it("is told which code a Dockerfile cannot name", async () => {
    put({ "main.R": "1\n", "$(x)/a.R": "1\n" });
    const { files, notes } = await make({}, { existing: true });
    expect(notes.join()).toContain("cannot hold the name: $(x).");
    expect(files.get("Dockerfile")).not.toContain("$(x)");
  });

  it.each<[string, Record<string, string>, Given, string, RegExp]>([
    ["nothing that is known", { "a.txt": "" }, {}, "project.not-found", /no program/],
    [
      "a lock file that is missing",
      { "pyproject.toml": "[project]\n", "main.py": "" },
      {},
      "usage.bad-argument",
      /uv lock/,
    ],
    ["no Manifest.toml", { "Project.toml": "", "main.jl": "" }, {}, "usage.bad-argument", /Manifest/],
    ["two programs alike", { "one.py": "", "two.py": "" }, {}, "usage.bad-argument", /one\.py, two\.py/],
    [
      "no such program",
      { "one.py": "", "two.py": "" },
      { entry: "three.py" },
      "usage.bad-argument",
      /three\.py/,
    ],
    [
      "a name that breaks a line",
      { "a\nRUN x.py": "" },
      {},
      "usage.bad-argument",
      /cannot stand in a Dockerfile/,
    ],
    ["a task", { "main.py": "" }, { task: "table" }, "usage.bad-argument", /new project/],
    [
      "a notebook in another language",
      { "a.ipynb": NOTEBOOK.replace('"language":"python"', '"language":"R"') },
      {},
      "usage.bad-argument",
      /a notebook in r/,
    ],
  ])("with %s is refused in words", async (_, files, given, code, message) => {
    put(files);
    await expect(plan(given, { existing: true })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  it.each<[string, Record<string, string>, string]>([
    ["Pipfile.lock", { "Pipfile.lock": "{}", Pipfile: "", "main.py": "" }, "pipenv requirements"],
    ["Pipfile", { Pipfile: "", "main.py": "" }, "pipenv lock"],
    ["pdm.lock", { "pdm.lock": "", "pyproject.toml": "[project]\n", "main.py": "" }, "pdm export"],
    ["pixi.toml", { "pixi.toml": "", "pixi.lock": "", "main.py": "" }, "pixi workspace export"],
    ["setup.py", { "setup.py": "", "main.py": "" }, "pip freeze"],
    ["setup.cfg", { "setup.cfg": "", "main.py": "" }, "pip freeze"],
    ["packrat/packrat.lock", { "packrat/packrat.lock": "", "main.R": "" }, "renv::migrate()"],
    ["uv.lock", { "uv.lock": "", "pyproject.toml": "", "a.ipynb": NOTEBOOK }, "uv export"],
    ["environment.yaml", { "environment.yaml": "", "a.qmd": "```{python}\n1\n```\n" }, "pip freeze"],
  ])("whose packages are in %s is told how to list them", async (list, files, cure) => {
    put(files);
    await expect(plan({}, { existing: true })).rejects.toMatchObject({
      code: "usage.bad-argument",
      message: `The packages of this project are listed in ${list}, from which pratique init installs nothing.`,
      hint: expect.stringContaining(cure),
    });
  });

  it("that is no folder is refused in words", async () => {
    await expect(plan({}, { existing: true })).rejects.toMatchObject({ code: "project.not-found" });
  });
});

describe("the questions", () => {
  const asked = async (
    answers: Readonly<Record<string, string | boolean>>,
    more: Partial<InitOptions> = {},
  ) => {
    const questions: Question[] = [];
    const result = await plan(
      {},
      {
        ask: async (question) => {
          questions.push(question);
          return answers[question.key] ?? question.initial ?? "";
        },
        ...more,
      },
    );
    return { keys: questions.map(({ key }) => key), questions, result };
  };

  it("are asked in order, each only where it matters", async () => {
    const python = await asked({
      language: "python",
      task: "text",
      models: "google-bert/bert-base-uncased  lab/x",
    });
    expect(python.keys).toEqual(["language", "packager", "task", "gpu", "base", "models", "licence", "data"]);
    expect(python.result.answers.models).toEqual(["google-bert/bert-base-uncased", "lab/x"]);
    expect((await asked({ language: "octave" })).keys).toEqual([
      "language",
      "packager",
      "gpu",
      "licence",
      "data",
    ]);
  });

  it("do not ask what a folder shows", async () => {
    put({ "one.py": "", "two.py": "", "requirements.txt": "" });
    const { keys, questions, result } = await asked({ entry: "two.py" }, { existing: true });
    expect(keys).toEqual(["language", "entry", "gpu", "base", "models", "licence", "data"]);
    expect(questions[0]).toMatchObject({ initial: "python" });
    expect(result.answers).toMatchObject({ entry: "two.py", packager: "pip" });
  });

  it("ask for an image where no usual one has a GPU", async () => {
    const { questions, result } = await asked({ language: "r", gpu: true, base: "rocker/cuda:4.4.1" });
    const base = questions.find(({ key }) => key === "base");
    expect(base?.kind === "text" ? base.check("") : "").toMatch(/no name of an image/);
    expect(result.files.get("Dockerfile")).toContain(`FROM docker.io/rocker/cuda:4.4.1@${DIGEST}`);
  });

  it("check what is typed", async () => {
    const { questions } = await asked({ language: "python" });
    const check = (key: string, text: string): string | undefined => {
      const question = questions.find((one) => one.key === key);
      return question?.kind === "text" ? question.check(text) : "no such question";
    };
    expect(check("models", "")).toBeUndefined();
    expect(check("models", "a/b a;b")).toMatch(/a;b/);
    expect(check("licence", "")).toBeUndefined();
    expect(check("licence", "/etc/passwd")).toMatch(/no path inside/);
    expect(check("data", "test-data/")).toBeUndefined();
  });
});
