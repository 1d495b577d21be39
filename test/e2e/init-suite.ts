import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { EngineName } from "../../src/engine/engine.ts";
import { LANGUAGES, PACKAGERS_OF } from "../../src/init/project.ts";
import { serveModel, TINY_MODEL } from "./model-hub.ts";
import { base, pratique, project, root } from "./support.ts";

interface Case {
  readonly name: string;
  readonly base: Parameters<typeof base>[0];
  readonly options: readonly string[];
  /** A project that exists; else one is started. */
  readonly files?: Readonly<Record<string, string>>;
  readonly outputs: readonly string[];
  /** What its user does before the check: adds a package. */
  readonly afterwards?: (folder: string) => void;
  /** What the build asks in place of a server that cannot be had here. */
  readonly server?: typeof serveModel;
}

/** Puts a line before the program, and writes lists of packages. */
const uses =
  (program: string, line: string, lists: Readonly<Record<string, string>>) =>
  (folder: string): void => {
    const file = join(folder, program);
    writeFileSync(file, `${line}\n${readFileSync(file, "utf8")}`);
    for (const [path, text] of Object.entries(lists)) writeFileSync(join(folder, path), text);
  };

/** As renv writes it for one package; the repository lies in the base image. */
const RENV_LOCK = `{
  "R": {
    "Version": "4.5.0",
    "Repositories": [{ "Name": "CRAN", "URL": "file:///opt/cran" }]
  },
  "Packages": {
    "tally": {
      "Package": "tally",
      "Version": "1.0",
      "Source": "Repository",
      "Repository": "CRAN"
    }
  }
}
`;

/** As Julia 1.5 writes it for one package; the repository that it is cloned from lies in the base image. */
const JULIA_MANIFEST = `[[Tally]]
git-tree-sha1 = "4bcdb76518d38a610002505ced000773ff59839f"
repo-rev = "master"
repo-url = "/opt/Tally.git"
uuid = "5c1f2a34-7f0a-4b53-9c57-0d1a3be0f3a1"
version = "1.0.0"
`;

const READ_AND_WRITE = [
  "import csv, pathlib",
  "from tabulate import tabulate",
  'rows = list(csv.reader(open("/safe_data/waits.csv")))',
  'pathlib.Path("/safe_outputs/waits.md").write_text(tabulate(rows, headers="firstrow"))',
  "",
].join("\n");
const WAITS = { "test-data/waits.csv": "clinic,days\nA,12\nB,30\n", "src/main.py": READ_AND_WRITE };

/** As uv writes it for one package. */
const UV_LOCK = `version = 1
revision = 5
requires-python = ">=3.10"

[[package]]
name = "tabulate"
version = "0.9.0"
source = { registry = "https://pypi.org/simple" }
wheels = [
    { url = "https://files.pythonhosted.org/packages/40/44/4a5f08c96eb108af5cb50b41f76142f0afa346dfa99d5296fe7202a11854/tabulate-0.9.0-py3-none-any.whl", hash = "sha256:024ca478df22e9340661486f85298cff5f6dcdba14f3813e8830015b9ed1948f", size = 35252, upload-time = "2022-10-06T17:21:44.262Z" },
]

[[package]]
name = "waiting-times"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "tabulate" },
]

[package.metadata]
requires-dist = [{ name = "tabulate", specifier = "==0.9.0" }]
`;

/**
 * Every template whose programs can be had without Docker Hub. Not here, since micromamba and Quarto come from servers that
 * tests may not reach: conda and Quarto. They are linted, as all are.
 */
const CASES: readonly Case[] = [
  {
    name: "python-pip",
    base: "PYTHON_BASE",
    options: ["--language", "python"],
    outputs: ["summary.csv"],
  },
  {
    name: "python-uv",
    base: "PYTHON_BASE",
    options: ["--language", "python", "--packages", "uv"],
    outputs: ["summary.csv"],
  },
  {
    name: "python-poetry",
    base: "PYTHON_BASE",
    options: ["--language", "python", "--packages", "poetry"],
    outputs: ["summary.csv"],
  },
  {
    name: "notebook",
    base: "PYTHON_BASE",
    options: ["--language", "notebook"],
    outputs: ["analysis.ipynb", "summary.csv"],
  },
  { name: "r", base: "R_BASE", options: ["--language", "r"], outputs: ["summary.csv"] },
  {
    name: "r-description",
    base: "R_BASE",
    options: ["--language", "r", "--packages", "description"],
    outputs: ["summary.csv"],
  },
  { name: "octave", base: "OCTAVE_BASE", options: ["--language", "octave"], outputs: ["summary.csv"] },
  {
    name: "existing-pip",
    base: "PYTHON_BASE",
    options: [],
    files: { ...WAITS, "requirements.txt": "tabulate==0.9.0\n" },
    outputs: ["waits.md"],
  },
  {
    name: "existing-uv",
    base: "PYTHON_BASE",
    options: [],
    files: {
      ...WAITS,
      "pyproject.toml":
        '[project]\nname = "waiting-times"\nversion = "0.1.0"\nrequires-python = ">=3.10"\ndependencies = ["tabulate==0.9.0"]\n',
      "uv.lock": UV_LOCK,
    },
    outputs: ["waits.md"],
  },
  {
    name: "text",
    base: "MODELS_BASE",
    options: ["--language", "python", "--task", "text", "--model", TINY_MODEL],
    // Where the base image asks for models is this machine, for which the build needs its network.
    afterwards: (folder) => appendFileSync(join(folder, "pratique.yaml"), "\nbuild:\n  network: host\n"),
    server: serveModel,
    outputs: ["token-counts.csv"],
  },
  {
    name: "training",
    base: "PYTORCH_BASE",
    options: ["--language", "python", "--task", "training"],
    outputs: ["losses.csv"],
  },
  {
    name: "renv",
    base: "RENV_BASE",
    options: ["--language", "r", "--packages", "renv"],
    afterwards: uses("src/main.R", "library(tally)", { "renv.lock": RENV_LOCK }),
    outputs: ["summary.csv"],
  },
  {
    name: "julia",
    base: "JULIA_BASE",
    options: ["--language", "julia", "--packages", "julia"],
    afterwards: uses("src/main.jl", "using Tally", {
      "Project.toml": '[deps]\nTally = "5c1f2a34-7f0a-4b53-9c57-0d1a3be0f3a1"\n',
      "Manifest.toml": JULIA_MANIFEST,
    }),
    outputs: ["summary.csv"],
  },
  {
    name: "python-alone",
    base: "PYTHON_BASE",
    options: ["--language", "python", "--packages", "none"],
    outputs: ["summary.csv"],
  },
  {
    name: "julia-alone",
    base: "JULIA_BASE",
    options: ["--language", "julia", "--packages", "none"],
    outputs: ["summary.csv"],
  },
];

/** Templates do not depend on the engine, which the examples try on both: each is built on one, in turn. */
const casesOf = (engine: EngineName): readonly Case[] =>
  CASES.filter((_, index) => (index % 2 === 0) === (engine === "podman"));

/** What `pratique init` writes is built and passes a check as it is. */
export function defineInitSuite(engine: EngineName): void {
  describe("a project from init", () => {
    let dispose = (): void => {};
    let hub: Awaited<ReturnType<typeof serveModel>> | undefined;
    afterEach(async () => {
      dispose();
      await hub?.stop();
      hub = undefined;
    });

    it("tries every template but those that the documentation calls linted only", () => {
      const optionOf = (options: readonly string[], name: string): string | undefined =>
        options.includes(name) ? options[options.indexOf(name) + 1] : undefined;
      const built = new Set(
        CASES.flatMap(({ options }) => {
          const language = LANGUAGES.find((one) => one === optionOf(options, "--language"));
          return language === undefined
            ? []
            : [`${language} ${optionOf(options, "--packages") ?? PACKAGERS_OF[language][0]}`];
        }),
      );
      const all = LANGUAGES.flatMap((language) =>
        PACKAGERS_OF[language].map((packager) => `${language} ${packager}`),
      );
      const linted = all.filter((one) => !built.has(one) && !one.startsWith("quarto "));
      expect(linted).toEqual(["python conda"]);
      expect(readFileSync(join(root, "docs/init.md"), "utf8")).toMatch(
        /Linted only[^.]*:\s+conda \(micromamba\) and Quarto\./,
      );
    });

    it.each(casesOf(engine))(
      "$name is clear",
      async ({ name, base: wanted, options, files = {}, outputs, afterwards, server }) => {
        const made = project(files);
        dispose = made.dispose;
        const isNew = Object.keys(files).length === 0;
        const folder = isNew ? join(made.folder, name) : made.folder;
        const target = isNew ? [folder] : ["--from", folder];
        const written = await pratique(["init", ...target, ...options, "--base", base(wanted)]);
        expect(written).toMatchObject({ code: 0, stderr: "" });
        afterwards?.(folder);
        hub = await server?.();
        const { code, report } = await pratique([
          "check",
          folder,
          "--engine",
          engine,
          "--output",
          made.output,
          "--format",
          "json",
        ]);
        const found = report.findings.map(({ rule, message }) => `${rule}: ${message}`);
        // What only its user knows, and a folder that is in no repository.
        expect(found.filter((one) => !/^(?:job-placeholder|not-version-controlled):/.test(one))).toEqual([]);
        expect({ code, verdict: report.verdict }).toEqual({ code: 0, verdict: "clear" });
        const expectations = report.expectations.flatMap((run) => run.expectations);
        expect(expectations.length).toBeGreaterThan(0);
        expect(expectations.filter(({ status }) => status !== "met")).toEqual([]);
        expect(report.recording?.outputs.list.map(({ path }) => path).sort()).toEqual(outputs);
        expect(report.image?.user).toBe("nonroot");
        for (const [path, text] of Object.entries(files))
          expect(readFileSync(join(folder, path), "utf8")).toBe(text);
      },
    );
  });
}
