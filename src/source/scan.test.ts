import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { readContext } from "../context/walk.ts";
import { libraries } from "../knowledge/library.ts";
import { maskText } from "./mask.ts";
import { isSource, scanSource } from "./scan.ts";
import { literalOf, quartoDocument, scanText, settleQuarto } from "./scan-text.ts";

const found = (file: string, text: string): string[] =>
  scanText(file, text).map(({ library, line }) => `${library}:${line}`);

describe("scanText", () => {
  it("finds a call and says where", () => {
    const text =
      'from transformers import AutoModel\n\nmodel = AutoModel.from_pretrained("bert-base-uncased")\n';
    expect(scanText("src/a.py", text)).toEqual([
      {
        library: "transformers",
        file: "src/a.py",
        line: 3,
        startColumn: 18,
        endColumn: 54,
        excerpt: 'model = AutoModel.from_pretrained("bert-base-uncased")',
      },
    ]);
  });

  it("follows a call over several lines", () => {
    const text =
      'import transformers\nm = transformers.AutoModel.from_pretrained(\n    "org/model",\n    revision="main",\n)\n';
    expect(found("a.py", text)).toEqual(["transformers:2"]);
  });

  it.each([
    ["a comment", 'import nltk\n# nltk.download("punkt")\nx = 1  # nltk.download("punkt")\n'],
    ["a docstring", 'import nltk\ndef f():\n    """Runs nltk.download("punkt") first."""\n'],
    ["a docstring over lines", '"""\nimport nltk\nnltk.download("punkt")\n"""\nimport nltk\n'],
    ["another string", 'import nltk\nprint("call nltk.download() first")\n'],
    ["a file that does not import it", 'class nltk:\n    pass\nnltk.download("x")\n'],
    ["a local path", 'import transformers\nt.from_pretrained("/opt/model")\nt.from_pretrained("./model")\n'],
    ["a name that is like another", "from mylib import pipeline\npipeline('x')\n"],
  ])("does not take %s for a use", (_what, text) => {
    expect(found("a.py", text)).toEqual([]);
  });

  it("sees a command that is run from a string", () => {
    expect(
      found("a.py", 'import os\nos.system("python -m spacy download en_core_web_sm")\nimport spacy\n'),
    ).toEqual(["spacy:2"]);
  });

  it("keeps the more exact of two libraries", () => {
    const text =
      "from diffusers import StableDiffusionPipeline\nimport transformers\np = StableDiffusionPipeline.from_pretrained('a/b')\n";
    expect(found("a.py", text)).toEqual(["diffusers:3"]);
  });

  it("reads R, Julia and shell by their own rules", () => {
    expect(
      found("a.R", '# download.file("https://x")\ndownload.file("https://x.org/a.csv", "a.csv")\n'),
    ).toEqual(["r-http:2"]);
    expect(found("a.jl", '#= Pkg.add("X") =#\nusing Pkg\nPkg.add("CSV")\n')).toContain("julia-pkg:3");
    expect(found("a.sh", "# wget https://x.org\nwget https://x.org/a.bin\necho 'hf download x'\n")).toContain(
      "shell-fetch:2",
    );
  });

  it("reads the chunks of R Markdown and Quarto, each in its language", () => {
    const text =
      '---\ntitle: x\n---\ndownload.file("https://no")\n```{r}\ndownload.file("https://x.org/a", "a")\n```\n```{python}\nimport nltk\nnltk.download("punkt")\n```\n';
    expect(found("a.qmd", text)).toEqual(["r-http:6", "nltk:10"]);
  });

  it("reads the code cells of a notebook and points into the file", () => {
    const cell = (type: string, source: string[]) => ({
      cell_type: type,
      metadata: {},
      source,
      ...(type === "code" ? { outputs: [{ text: ["nltk.download('no')\n"] }] } : {}),
    });
    const notebook = {
      cells: [
        cell("markdown", ["nltk.download('no')"]),
        cell("code", ["import nltk\n", 'nltk.download("punkt")']),
      ],
      metadata: { language_info: { name: "python" } },
    };
    const text = JSON.stringify(notebook, null, 1);
    const [use, ...others] = scanText("a.ipynb", text);
    expect(others).toEqual([]);
    const line = text.split("\n")[(use?.line ?? 0) - 1] ?? "";
    expect(line).toContain("punkt");
    expect(line.slice((use?.startColumn ?? 0) - 1)).toMatch(/^nltk\.download/);
    expect(found("b.ipynb", JSON.stringify(notebook))).toEqual(["nltk:1"]);
    expect(found("c.ipynb", "{not json")).toEqual([]);
  });

  it("finds what the knowledge gives as examples", () => {
    const missed: string[] = [];
    let tried = 0;
    for (const { id, ecosystem, examples, call_patterns: patterns } of libraries) {
      if (!/^(?:python|R|julia)$/.test(ecosystem)) continue;
      for (const example of examples) {
        // Some examples show a Dockerfile or a configuration file; those are not source code.
        if (
          /^(?:RUN|CMD|ENV|FROM|ENTRYPOINT)\b/.test(example) ||
          !patterns.some((pattern) => new RegExp(pattern).test(example))
        )
          continue;
        tried++;
        const names = ecosystem === "python" ? `${ALL_IMPORTS}\n` : "";
        const file = ecosystem === "python" ? "a.py" : ecosystem === "R" ? "a.R" : "a.jl";
        const uses = scanText(file, `${names}${example}\n`).concat(scanText("a.sh", `${example}\n`));
        if (!uses.some((use) => use.library === id)) missed.push(`${id}: ${example}`);
      }
    }
    expect(tried).toBeGreaterThan(80);
    expect(missed).toEqual([]);
  });

  it("stays fast and calm on any text", () => {
    const piece = fc.constantFrom(
      "import nltk\n",
      "models.x(",
      "datasets.",
      '"""',
      "'",
      '"',
      "#",
      "\n",
      "\\",
      "pretrained=",
      "from_pretrained(",
      "${",
      "```{r}\n",
      "{",
      "(",
      "a",
      " ",
      "```\n",
    );
    const files = ["a.py", "a.R", "a.jl", "a.sh", "a.qmd", "a.ipynb"];
    fc.assert(
      fc.property(
        fc.array(fc.oneof(piece, fc.string({ maxLength: 6 })), { maxLength: 60 }),
        fc.constantFrom(...files),
        (parts, file) => {
          const text = parts.join("");
          for (const use of scanText(file, text)) {
            expect(use.line).toBeGreaterThanOrEqual(1);
            expect(use.endColumn).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 300, seed: 4 },
    );
    for (const text of [
      "models.x(".repeat(100_000),
      `import torchvision\n${"models.x(\n".repeat(50_000)}`,
      "'".repeat(300_000),
      '"""\n'.repeat(60_000),
      "(".repeat(500_000),
    ]) {
      const start = performance.now();
      scanText("a.py", text);
      expect(performance.now() - start).toBeLessThan(5000);
    }
  });
});

const ALL_IMPORTS = [
  "transformers datasets evaluate huggingface_hub sentence_transformers diffusers timm open_clip torch torchvision torchaudio lpips keras",
  "tensorflow_hub tensorflow_datasets nltk spacy scispacy presidio_analyzer stanza flair gensim fasttext tiktoken bert_score easyocr paddleocr",
  "doctr whisper faster_whisper pyannote speechbrain ultralytics detectron2 mmdet insightface deepface monai nilearn scipy skimage sklearn",
  "seaborn statsmodels cartopy astropy Bio pyensembl scanpy torch_geometric deepchem mlflow clearml gradio chromadb plotly llama_cpp joblib",
]
  .join(" ")
  .split(" ")
  .map((name) => `import ${name} as _${name}`)
  .join("\n");

describe("maskText", () => {
  it("keeps every offset", () => {
    fc.assert(
      fc.property(
        fc.string({ maxLength: 200 }),
        fc.constantFrom("python" as const, "R" as const, "julia" as const, "shell" as const),
        (text, language) => {
          const { code, inString } = maskText(text, language);
          expect(code.length).toBe(text.length);
          expect(code.split("\n").length).toBe(text.split("\n").length);
          expect(inString.length).toBe(text.length);
        },
      ),
      { numRuns: 300, seed: 7 },
    );
  });

  it("knows that a hash in a string is no comment", () => {
    expect(maskText('x = "a # b"  # c', "python").code).toBe('x = "a # b"     ');
    expect(maskText("echo a# $# # c", "shell").code.trimEnd()).toBe("echo a# $#");
  });
});

describe("literalOf", () => {
  it.each([
    ["\\bnltk\\.download\\s*\\(", "nltk.download"],
    ["\\b(?:a|b)\\.load\\s*\\(", ".load"],
    ["x|y", ""],
    ["[\"']~/", "~/"],
    ["abc?d", "ab"],
  ])("%s always contains %s", (source, literal) => {
    expect(literalOf(source)).toBe(literal);
  });

  it("never promises what a match need not contain", () => {
    for (const { call_patterns: patterns, examples } of libraries) {
      for (const pattern of patterns) {
        const literal = literalOf(pattern);
        for (const example of examples) {
          const match = new RegExp(pattern).exec(example);
          if (match !== null) expect(match[0], pattern).toContain(literal);
        }
      }
    }
  });
});

describe("quarto", () => {
  it("asks only documents that make PDF", () => {
    expect(quartoDocument("a.py", "x")).toBeUndefined();
    expect(quartoDocument("a.qmd", "no header")?.makesPdf).toBe(false);
    expect(quartoDocument("a.qmd", "---\nformat: html\n---\npdf: true\n")?.makesPdf).toBe(false);
    expect(quartoDocument("a.qmd", "---\ntitle: x\nformat: pdf # here\n---\n")).toEqual({
      file: "a.qmd",
      makesPdf: true,
      latexAutoInstall: undefined,
      line: 3,
    });
  });

  it("lets a project speak for its documents", () => {
    const project = quartoDocument("docs/_quarto.yml", "latex-auto-install: false\n");
    const inside = quartoDocument("docs/a.qmd", "---\nformat: pdf\n---\n");
    const outside = quartoDocument("b.qmd", "---\nformat: pdf\n---\n");
    const all = [project, inside, outside].filter((one) => one !== undefined);
    expect(settleQuarto(all).map(({ file, installsLatex }) => [file, installsLatex])).toEqual([
      ["docs/a.qmd", false],
      ["b.qmd", true],
    ]);
  });
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
    expect(facts.skipped).toEqual([
      { file: "src/large.R", reason: "it is larger than 2 MiB" },
      { file: "src/binary.py", reason: "it is not text" },
    ]);
  });

  it("does nothing without code", async () => {
    root = await mkdtemp(join(tmpdir(), "pratique-scan-"));
    await writeFile(join(root, "Dockerfile"), "FROM scratch\n");
    expect(await scanSource(await readContext(root))).toEqual({
      files: 0,
      bytes: 0,
      uses: [],
      libraries: new Map(),
      skipped: [],
      quarto: [],
    });
  });

  it("leaves installed software alone", () => {
    expect(isSource("src/a.py")).toBe(true);
    expect(isSource("Snakefile")).toBe(true);
    expect(isSource("a/node_modules/b.py")).toBe(false);
    expect(isSource("data.csv")).toBe(false);
  });
});
