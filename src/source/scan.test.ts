import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { processorTime } from "../../test/processor-time.ts";
import { readContext } from "../context/walk.ts";
import { type CallLanguage, libraries } from "../knowledge/library.ts";
import { isSource, scanSource, scanText } from "./index.ts";

const found = (file: string, text: string): string[] =>
  scanText(file, text).uses.map(({ library, line }) => `${library}:${line}`);
const acts = (file: string, text: string): string[] =>
  scanText(file, text).acts.map(
    ({ kind, path, line }) => `${kind}:${line}${path === undefined ? "" : ` ${path}`}`,
  );

const notebook = (cells: readonly (readonly string[])[], metadata: object = {}): string =>
  JSON.stringify(
    {
      cells: cells.map((source) => ({
        cell_type: "code",
        outputs: [{ text: ["nltk.download('no')"] }],
        source,
      })),
      metadata,
    },
    null,
    1,
  );

describe("a use of a library", () => {
  it("is found with its place, its name and what it wants", () => {
    const text =
      'from transformers import AutoModel\n\nmodel = AutoModel.from_pretrained("bert-base-uncased")\n';
    expect(scanText("src/a.py", text).uses).toEqual([
      {
        library: "transformers",
        by: "call",
        name: "transformers.AutoModel.from_pretrained",
        wanted: "bert-base-uncased",
        file: "src/a.py",
        line: 3,
        startColumn: 9,
        endColumn: 55,
        excerpt: 'model = AutoModel.from_pretrained("bert-base-uncased")',
        importLine: 1,
      },
    ]);
  });

  it("is followed over several lines, and ends with its first", () => {
    const text =
      'import transformers\nm = transformers.AutoModel.from_pretrained(\n    "org/model",\n    revision="main",\n)\n';
    expect(scanText("a.py", text).uses[0]).toMatchObject({
      line: 2,
      startColumn: 5,
      endColumn: 44,
      wanted: "org/model",
    });
  });

  it.each([
    ["another name of the module", 'import nltk as n\nn.download("punkt")\n', ["nltk:2"]],
    ["another name of the function", 'from nltk import download as get\nget("punkt")\n', ["nltk:2"]],
    ["a name given by hand", 'import nltk\nfetch = nltk.download\nfetch("punkt")\n', ["nltk:2", "nltk:3"]],
    [
      "a class under another name",
      'from transformers import AutoModel as A\nA.from_pretrained("x/y")\n',
      ["transformers:2"],
    ],
    [
      "an import in brackets",
      'from transformers import (\n    AutoModel,  # x\n    AutoTokenizer as T,\n)\nT.from_pretrained("x/y")\n',
      ["transformers:5"],
    ],
    ["everything that a module has", 'from nltk import *\ndownload("punkt")\n', ["nltk:2"]],
    ["an import in a function", 'def f():\n    import nltk\n    nltk.download("punkt")\n', ["nltk:3"]],
    [
      "a variable for the name",
      'from transformers import AutoModel\nNAME = "bert"\nAutoModel.from_pretrained(NAME)\n',
      ["transformers:3"],
    ],
    [
      "a result that is called on",
      'import torch\nx = torch.hub.load("a/b", "c").eval().cuda()\n',
      ["omp-threads:1", "torch-hub:2"],
    ],
    ["a call in a formatted string", "import nltk\nx = f\"{nltk.download('punkt')}\"\n", ["nltk:2"]],
    ["two statements in a line", 'import nltk; nltk.download("x")\n', ["nltk:1"]],
    ["a block in a line", 'import nltk\nif True: nltk.download("x")\n', ["nltk:2"]],
    ["a decorator", "from numba import njit\n@njit(cache=True)\ndef f(): pass\n", ["numba:2"]],
    ["a command", 'import os\nos.system("python -m spacy download en_core_web_sm")\n', ["spacy:2"]],
    [
      "a command as a list",
      'import subprocess as s, sys\ns.run([sys.executable, "-m", "pip", "install", "x"], check=True)\n',
      ["pip-runtime:2"],
    ],
  ])("is seen through %s", (_what, text, expected) => {
    expect(found("a.py", text)).toEqual(expected);
  });

  it.each([
    ["a comment", 'import nltk\n# nltk.download("punkt")\nx = 1  # nltk.download("punkt")\n'],
    ["a docstring", 'import nltk\ndef f():\n    """Runs nltk.download("punkt") first."""\n'],
    ["a docstring over lines", '"""\nimport nltk\nnltk.download("punkt")\n"""\nimport nltk\n'],
    ["another string", 'import nltk\nprint("call nltk.download() first")\n'],
    ["a file that does not import it", 'class nltk:\n    pass\nnltk.download("x")\n'],
    [
      "a module of one's own",
      'from ours import nltk\nnltk.download("x")\nfrom .nltk import download\ndownload("x")\n',
    ],
    ["a function of one's own", 'from nltk import download\ndef download(x):\n    pass\ndownload("x")\n'],
    ["a definition", "import nltk\ndef download(x):\n    pass\nclass A:\n    def download(self): pass\n"],
    [
      "a local path",
      'from transformers import AutoModel as t\nt.from_pretrained("/opt/model")\nt.from_pretrained("./model")\n',
    ],
    [
      "a variable for a local path",
      'from pathlib import Path\nfrom transformers import AutoModel\nROOT = Path("/opt")\nAutoModel.from_pretrained(ROOT / "m")\nAutoModel.from_pretrained(f"{ROOT}/m")\n',
    ],
    [
      "a value that only the run knows",
      "from transformers import AutoModel\nAutoModel.from_pretrained(options.model)\n",
    ],
    ["a name that is like another", "from mylib import pipeline\npipeline('x')\n"],
  ])("is not %s", (_what, text) => {
    expect(found("a.py", text)).toEqual([]);
  });

  it("tells what keeps it from the network", () => {
    const text =
      'from transformers import AutoModel\nAutoModel.from_pretrained("x/y", local_files_only=True)\nAutoModel.from_pretrained("x/y", cache_dir="/safe_data/p")\nimport requests\nrequests.get("http://localhost:80")\nimport wandb\nwandb.init(mode="offline")\n';
    expect(scanText("a.py", text).uses.map(({ local, cache }) => local ?? cache)).toEqual([
      "local_files_only=True",
      "/safe_data/p",
      "http://localhost:80",
      "mode=offline",
    ]);
  });

  it("tells all that a list wants", () => {
    expect(scanText("a.py", 'import nltk\nnltk.download(["a", "b"])\n').uses[0]?.wanted).toBe("a b");
    expect(scanText("a.R", 'install.packages(c("a", "b"))\n').uses[0]?.wanted).toBe("a b");
  });

  it("belongs to the more exact of two libraries", () => {
    const text =
      "from diffusers import StableDiffusionPipeline\nimport transformers\np = StableDiffusionPipeline.from_pretrained('a/b')\n";
    expect(found("a.py", text)).toEqual(["diffusers:3"]);
  });

  it.each([
    ["a bracket that is never closed", 'x = (\nimport nltk\nnltk.download("x")\n', ["nltk:3"]],
    ["a quote that is never closed", 'import nltk\nx = "a\nnltk.download("x")\n', ["nltk:3"]],
    ["three quotes that are never closed", 'import nltk\nx = """a\nnltk.download("x")\n', ["nltk:3"]],
    ["other nonsense", 'import nltk\n)]} = = def : $ ?\nnltk.download("x")\n', ["nltk:3"]],
    ["Windows line ends", 'import nltk\r\nnltk.download("x")\r\n', ["nltk:2"]],
  ])("is found in spite of %s", (_what, text, expected) => {
    expect(found("a.py", text)).toEqual(expected);
  });

  it("is found in R by package", () => {
    expect(found("a.R", 'download.file("https://x.org/a.csv", "a.csv")\n# download.file("x")\n')).toEqual([
      "r-http:1",
    ]);
    expect(found("a.R", 'useEnsembl("genes")\nlibrary(AnnotationHub)\nah <- AnnotationHub()\n')).toEqual([
      "annotationhub:3",
    ]);
    expect(found("a.R", 'biomaRt::useEnsembl("genes")\nx <- "renv::restore()"\n')).toEqual(["biomart:1"]);
    expect(
      found("a.R", 'r"(download.file("x"))"\ninstall.packages <- function(x) x\ninstall.packages("a")\n'),
    ).toEqual([]);
    expect(found("a.R", 'system("curl https://x.org/y")\nx |> utils::install.packages()\n')).toEqual([
      "shell-fetch:1",
      "r-install-packages:2",
    ]);
  });

  it("is found in Julia by package", () => {
    expect(found("a.jl", '#= Pkg.add("X") =#\nPkg.add("Y")\nimport Pkg as P\nP.add("CSV")\n')).toEqual([
      "julia-precompile:3",
      "julia-pkg:4",
    ]);
    expect(found("a.jl", 'run(`wget https://x.org/a`)\nx = "Pkg.add"\nPkg = 1; x\'\n')).toEqual([
      "shell-fetch:1",
    ]);
  });

  it("is found in shell scripts by command", () => {
    const text =
      "# wget https://x.org\nwget https://x.org/a.bin\necho 'hf download x'\nif true; then sudo pip install x; fi\npython -c \"import nltk; nltk.download('a')\"\nexport LM_LICENSE_FILE=27000@lic\n";
    expect(found("a.sh", text)).toEqual(["shell-fetch:2", "pip-runtime:4", "nltk:5", "flexlm:6"]);
    expect(found("run", "#!/usr/bin/env bash\ngit clone https://x.org/y\n")).toEqual(["shell-fetch:2"]);
    expect(found("Makefile", "pip install: x\n\t@pip install x\n")).toEqual(["pip-runtime:2"]);
  });

  it("is found in the chunks of R Markdown and Quarto, each in its language", () => {
    const text =
      '---\ntitle: x\n---\ndownload.file("https://no")\n```{r}\ndownload.file("https://x.org/a", "a")\n```\n```{python}\nimport nltk\nnltk.download("punkt")\n```\n```{sql}\nnltk.download\n```\n';
    expect(found("a.qmd", text)).toEqual(["r-http:6", "nltk:10"]);
    expect(found("a.Rmd", "---\noutput: pdf_document\n---\n")).toEqual(["tinytex:2"]);
  });

  it("is found in the cells of a notebook, at its place in the file", () => {
    const text = notebook([["import nltk\n", 'x = "\\t"; nltk.download("punkt")']]);
    const [use, ...others] = scanText("a.ipynb", text).uses;
    expect(others).toEqual([]);
    const line = text.split("\n")[(use?.line ?? 0) - 1] ?? "";
    expect(line.slice((use?.startColumn ?? 0) - 1, (use?.endColumn ?? 0) - 1)).toBe(
      'nltk.download(\\"punkt\\")',
    );
    const compact = JSON.stringify(JSON.parse(text));
    const [same] = scanText("a.ipynb", compact).uses;
    expect(same).toMatchObject({ line: 1 });
    expect(compact.slice((same?.startColumn ?? 0) - 1)).toMatch(/^nltk\.download/);
    const joined = JSON.stringify({
      cells: [{ cell_type: "code", source: 'import nltk\nnltk.download("x")' }],
    });
    expect(found("b.ipynb", joined)).toEqual(["nltk:1"]);
    expect(found("c.ipynb", "{not json")).toEqual([]);
  });

  it("is found in magics and by the notebook's kernel", () => {
    expect(
      found(
        "a.ipynb",
        notebook([
          ["!pip install x\n", "%conda install y\n", "a = 1"],
          ["%%bash\n", "wget https://x.org/a"],
          ["%%html\n", "pip install"],
        ]),
      ).map((one) => one.split(":")[0]),
    ).toEqual(["pip-runtime", "conda", "shell-fetch"]);
    const R = { kernelspec: { language: "R" } };
    expect(
      found("a.ipynb", notebook([["install.packages('x')"]], R)).map((one) => one.split(":")[0]),
    ).toEqual(["r-install-packages"]);
    const julia = { language_info: { name: "julia" } };
    expect(
      found("a.ipynb", notebook([["using Pkg\n", 'Pkg.add("x")']], julia)).map((one) => one.split(":")[0]),
    ).toContain("julia-pkg");
  });
});

describe("the knowledge", () => {
  const FILES = { python: "a.py", R: "a.R", julia: "a.jl", shell: "a.sh", notebook: "a.ipynb" };
  const cases = libraries.flatMap(({ id, examples }) => examples.map((example) => [id, example] as const));
  const textOf = (language: string, code: string): string =>
    language === "notebook" ? notebook([[code]]) : code;

  it("has an example for every entry", () => {
    expect(libraries).toHaveLength(156);
    expect(libraries.filter(({ examples }) => examples.length === 0)).toEqual([]);
  });

  it.each(cases)("%s: finds its example %#", (id, { language, code }) => {
    expect(scanText(FILES[language], textOf(language, code)).uses.map(({ library }) => library)).toContain(
      id,
    );
  });

  it.each(cases)("%s: does not find its example in a comment %#", (_id, { language, code }) => {
    const comment = code
      .split("\n")
      .map((line) => `# ${line}`)
      .join("\n");
    expect(found(FILES[language], textOf(language, comment))).toEqual([]);
  });

  it.each(cases)("%s: does not find its example in a string %#", (_id, { language, code }) => {
    const inside =
      language === "shell"
        ? `echo '${code.replaceAll("'", "")}'\n`
        : `x = "${code.replace(/[\n"`]/g, " ")}"\n`;
    expect(found(FILES[language], textOf(language, inside))).toEqual([]);
  });

  it.each(
    cases.filter(
      ([id, { language }]) =>
        libraries.find((one) => one.id === id)?.imports?.[language as CallLanguage] !== undefined,
    ),
  )("%s: does not find its example without the import %#", (id, { language, code }) => {
    const without = code
      .split(/\n|; /)
      .filter((line) => !/^\s*(?:import|from|using|library\()/.test(line))
      .join("\n");
    expect(scanText(FILES[language], without).uses.map(({ library }) => library)).not.toContain(
      /::/.test(without) ? "" : id,
    );
  });

  it("gives expressions that compile", () => {
    for (const { commands = [], calls = {} } of libraries) {
      for (const source of commands) expect(() => new RegExp(source)).not.toThrow();
      for (const { name } of Object.values(calls).flat())
        expect(name).toMatch(/^(?:\?|\*{1,2}|@?[\w.!*[\]-]+)(?:(?:\.|::)[\w.!*@[\]-]+)*$/);
    }
  });
});

describe("what code does", () => {
  it("asks", () => {
    expect(
      acts(
        "a.py",
        'import click, getpass as g\ninput("a")\ng.getpass()\nclick.prompt("x")\nself.input()\nclass A:\n    def input(self): pass\n# input()\n"input()"\n',
      ),
    ).toEqual(["prompt:2", "prompt:3", "prompt:4"]);
    expect(acts("a.R", 'readline("x")\nreadLines("stdin")\nreadLines("a.txt")\nmenu(c("a"))\n')).toEqual([
      "prompt:1",
      "prompt:2",
      "prompt:4",
    ]);
    expect(acts("a.jl", "readline()\nreadline(io)\nreadline(stdin)\n")).toEqual(["prompt:1", "prompt:3"]);
    expect(
      acts("a.sh", "read x\nwhile read y; do :; done < f\ncat f | while read z; do :; done\nread -r a < f\n"),
    ).toEqual(["prompt:1"]);
  });

  it("shows", () => {
    expect(
      acts(
        "a.py",
        "from flask import Flask\napp = Flask(__name__)\napp.run()\nimport webbrowser\nwebbrowser.open('x')\nfrom matplotlib import pyplot as plt\nplt.show()\n",
      ),
    ).toEqual(["interface:3", "interface:5", "window:7"]);
    expect(acts("a.R", "library(shiny)\nrunApp()\n")).toEqual(["interface:2"]);
  });

  it("writes", () => {
    expect(
      acts(
        "a.py",
        'from pathlib import Path\nimport os\nOUT = Path("/data")\nB = "/home/me"\ndf.to_csv(OUT / "a.csv")\ndf.to_csv(f"{B}/a.csv")\ndf.to_csv(os.path.join(B, "x", y))\nopen("/data/o", mode="wb")\nopen("/data/i", options.mode)\n(OUT / "b").write_text("x")\nopen(os.path.expanduser("~/x"), "a")\nPath.home().joinpath("z").mkdir()\ndf.to_csv(options.out)\n',
      ),
    ).toEqual([
      "write:5 /data/a.csv",
      "write:6 /home/me/a.csv",
      "write:7 /home/me/x/",
      "write:8 /data/o",
      "write:10 /data/b",
      "home-write:11 ~/x",
      "home-write:12 ~/z",
    ]);
    expect(
      acts("a.R", 'out <- "/data"\nsaveRDS(m, paste0(out, "/m.rds"))\ndf |> write.csv("~/y.csv")\n'),
    ).toEqual(["write:2 /data/m.rds", "home-write:3 ~/y.csv"]);
    expect(acts("a.sh", "python a.py > /data/log\nmkdir -p ~/x $Y/z\n")).toEqual([
      "write:1 /data/log",
      "home-write:2 ~/x",
    ]);
  });

  it("sets variables for itself", () => {
    const settings = (file: string, text: string): unknown =>
      scanText(file, text).settings.map(({ name, value, line }) => [name, value, line]);
    expect(
      settings(
        "a.py",
        'import os\nos.environ["A"] = "1"\nos.environ.setdefault("B", "2")\nos.environ.update({"C": "3"}, D="4")\nprint(os.environ["E"])\nos.environ["F"] = x\n',
      ),
    ).toEqual([
      ["A", "1", 2],
      ["B", "2", 3],
      ["D", "4", 4],
      ["C", "3", 4],
      ["F", undefined, 6],
    ]);
    expect(settings("a.R", 'Sys.setenv(A = "1")\n')).toEqual([["A", "1", 1]]);
    expect(settings("a.jl", 'ENV["A"] = "1"\n')).toEqual([["A", "1", 1]]);
    expect(settings("a.sh", 'export A=1 B="x y"\nC=3\nD=4 python x\n')).toEqual([
      ["A", "1", 1],
      ["B", "x y", 1],
      ["D", "4", 3],
    ]);
  });
});

describe("any text", () => {
  const piece = fc.constantFrom(
    ...'import nltk\n|models.x(|datasets.|"""|\'|"|#|\n|\\|pretrained=|from_pretrained(|${|```{r}\n|{|(|[|)|]|}|a|.|=|f"{| |```\n|$(|`|def |class |using |library(|#=|=#|%in%|<-|::|read |<<EOF\n|lambda: |\u2028|😀'.split(
      "|",
    ),
  );
  const FILES = ["a.py", "a.R", "a.jl", "a.sh", "a.qmd", "a.ipynb", "Makefile"];

  it("is read calmly", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(piece, fc.string({ maxLength: 6 })), { maxLength: 60 }),
        fc.constantFrom(...FILES),
        (parts, file) => {
          const text = parts.join("");
          const lines = text.split("\n").length;
          const { uses, acts: done } = scanText(file, text);
          for (const { line, startColumn, endColumn } of [...uses, ...done]) {
            expect(line).toBeGreaterThanOrEqual(1);
            expect(line).toBeLessThanOrEqual(lines);
            expect(startColumn).toBeGreaterThanOrEqual(1);
            expect(endColumn).toBeGreaterThan(startColumn);
          }
        },
      ),
      { numRuns: 1500, seed: 4 },
    );
  });

  it.each([
    "models.x(",
    "import torchvision\nmodels.x(\n",
    "'",
    '"""\n',
    '\\"""\n',
    "(",
    "[",
    "a.",
    "a = a + a\n",
    "x = f(x)\n",
    "f'{",
    "a(b)(",
    "a.b().",
    "import a\n",
    "from a import (b,\n",
    "{",
    "#=",
    '"$(',
    "os.environ['A']='b'\n",
    "open('/x', 'w')\n",
    "a: b = c\n",
    "a <- b |> c(\n",
    'r"(',
    "read x\n",
    "$(",
    "if x; then\n",
  ])(
    "takes time in proportion to its length: %j",
    (unit) => {
      for (const file of FILES) {
        const time = (length: number): number => {
          const text = unit.repeat(Math.ceil(length / unit.length));
          return processorTime(() => scanText(file, text));
        };
        const small = time(8_000);
        const large = time(80_000);
        expect(large, file).toBeLessThan(Math.max(1500, small * 60));
      }
    },
    60_000,
  );
});

describe("scanSource", () => {
  let root = "";
  afterEach(async () => {
    if (root !== "") await rm(root, { recursive: true, force: true });
  });

  it("reads what is code, and says what it did not read", async () => {
    root = await mkdtemp(join(tmpdir(), "pratique-scan-"));
    await mkdir(join(root, "src"));
    await writeFile(join(root, "src/a.py"), 'import nltk\nnltk.download("x")\n');
    await writeFile(join(root, "src/data.csv"), "nltk.download(\n");
    await writeFile(join(root, "src/binary.py"), Buffer.from([120, 0, 1]));
    await writeFile(join(root, "src/large.R"), "x".repeat(2 * 1024 * 1024 + 1));
    const facts = await scanSource(await readContext(root));
    expect(facts.files).toBe(1);
    expect(facts.uses.map(({ library }) => library)).toEqual(["nltk"]);
    expect(facts.libraries.get("nltk")?.downloads_from).toContain("raw.githubusercontent.com");
    expect(facts.skipped).toEqual([
      { file: "src/large.R", reason: "it is larger than 2 MiB" },
      { file: "src/binary.py", reason: "it is not text" },
    ]);
  });

  it("says which languages it does not understand, each once", async () => {
    root = await mkdtemp(join(tmpdir(), "pratique-scan-"));
    for (const name of ["fit.m", "load.m", "clean.do", "a.py"]) await writeFile(join(root, name), "x = 1\n");
    expect((await scanSource(await readContext(root))).foreign).toEqual([
      {
        file: "fit.m",
        reason:
          "code in Octave or MATLAB is not understood (2 files), and only a test run shows what it does",
      },
      {
        file: "clean.do",
        reason: "code in Stata is not understood, and only a test run shows what it does",
      },
    ]);
  });

  it("does nothing without code", async () => {
    root = await mkdtemp(join(tmpdir(), "pratique-scan-"));
    await writeFile(join(root, "Dockerfile"), "FROM scratch\n");
    expect(await scanSource(await readContext(root))).toMatchObject({
      files: 0,
      bytes: 0,
      uses: [],
      acts: [],
      settings: [],
      libraries: new Map(),
      skipped: [],
      quarto: [],
    });
  });

  it("leaves installed software alone", () => {
    expect(isSource("src/a.py")).toBe(true);
    expect(isSource("Snakefile")).toBe(true);
    expect(isSource("docker/entrypoint")).toBe(true);
    expect(isSource("a/node_modules/b.py")).toBe(false);
    expect(isSource("data.csv")).toBe(false);
  });
});
