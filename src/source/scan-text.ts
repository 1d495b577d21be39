import { type Library, libraries, libraryById } from "../knowledge/library.ts";
import type { LibraryUse, SourceFacts } from "./facts.ts";
import { type Language, maskText } from "./mask.ts";

/** Finds uses of known libraries in one file. Pure: the same text always gives the same uses, in order. */
export function scanText(file: string, text: string): LibraryUse[] {
  const uses: LibraryUse[] = [];
  for (const part of partsOf(file, text)) uses.push(...scanPart(file, part));
  const seen = new Set<string>();
  return uses
    .sort((a, b) => a.line - b.line || a.startColumn - b.startColumn)
    .filter(({ line, library }) => {
      const key = `${line} ${library}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
}

/** A stretch of one language with the way back to the file. */
interface Part {
  readonly language: Language;
  readonly text: string;
  /** Line of the file and the columns that stand before the code, for each line of `text`. */
  readonly place: (line: number) => { readonly line: number; readonly shift: number };
  /** The file's own lines. */
  readonly lines: readonly string[];
}

const samePlace = (line: number): { line: number; shift: number } => ({ line, shift: 0 });

function partsOf(file: string, text: string): Part[] {
  const lines = text.split("\n");
  const whole = (language: Language): Part => ({ language, text, place: samePlace, lines });
  if (/\.ipynb$/i.test(file)) return notebookParts(text, lines);
  if (/\.(?:rmd|qmd|rnw)$/i.test(file)) return chunkParts(lines);
  if (/\.(?:py|pyw|smk)$|(?:^|\/)Snakefile$/i.test(file)) return [whole("python")];
  if (/\.r$/i.test(file)) return [whole("R")];
  if (/\.jl$/i.test(file)) return [whole("julia")];
  if (/\.(?:sh|bash)$|(?:^|\/)Makefile$/i.test(file)) return [whole("shell")];
  return [];
}

/** Code chunks of R Markdown and Quarto: everything else becomes empty lines, so that line numbers stay. */
function chunkParts(lines: readonly string[]): Part[] {
  const kept = new Map<Language, string[]>();
  let language: Language | undefined;
  let fence = "";
  lines.forEach((line, index) => {
    const head = line.slice(0, 300);
    if (language === undefined) {
      const open = /^\s*(`{3,}|~{3,})\s*\{\s*(r|python|julia|bash|sh)\b/i.exec(head);
      const sweave = /^<<.*>>=\s*$/.test(head);
      if (open !== null) {
        const name = (open[2] ?? "").toLowerCase();
        language =
          name === "r"
            ? "R"
            : name === "bash" || name === "sh"
              ? "shell"
              : name === "julia"
                ? "julia"
                : "python";
        fence = open[1] ?? "```";
      } else if (sweave) {
        language = "R";
        fence = "@";
      }
    } else if (head.trim().startsWith(fence)) {
      language = undefined;
    } else {
      const list = kept.get(language) ?? lines.map(() => "");
      list[index] = line;
      kept.set(language, list);
    }
  });
  return [...kept].map(([name, list]) => ({
    language: name,
    text: list.join("\n"),
    place: samePlace,
    lines,
  }));
}

/** Code cells of a notebook. Jupyter writes one source line per line of the file, so places can be given. */
function notebookParts(text: string, lines: readonly string[]): Part[] {
  const language: Language = /"language"\s*:\s*"R"|"name"\s*:\s*"R"/.test(text)
    ? "R"
    : /"language"\s*:\s*"julia"/.test(text)
      ? "julia"
      : "python";
  const code: string[] = [];
  const places: { line: number; shift: number }[] = [];
  let cell = "";
  let inSource = false;
  lines.forEach((line, index) => {
    const type = /^\s*"cell_type"\s*:\s*"(\w+)"/.exec(line.slice(0, 200))?.[1];
    if (type !== undefined) cell = type;
    if (/^\s*"source"\s*:\s*\[\s*$/.test(line.slice(0, 200))) {
      inSource = true;
    } else if (inSource && /^\s*\]/.test(line.slice(0, 200))) {
      inSource = false;
      code.push("");
      places.push({ line: index + 1, shift: 0 });
    } else if (inSource && cell === "code" && line.length < 20_000) {
      const start = line.indexOf('"');
      const literal = /^"(?:[^"\\]|\\.)*"/.exec(line.slice(Math.max(start, 0)))?.[0];
      const source = literal === undefined ? undefined : parseString(literal);
      if (source !== undefined) {
        code.push(source.replace(/\r?\n$/, "").replaceAll("\n", " "));
        places.push({ line: index + 1, shift: start + 1 });
      }
    }
  });
  if (code.length === 0) return minifiedNotebook(text, language, lines);
  return [
    { language, text: code.join("\n"), place: (line) => places[line - 1] ?? { line: 1, shift: 0 }, lines },
  ];
}

/** A notebook on one line: uses are found, but all of them are in line 1. */
function minifiedNotebook(text: string, language: Language, lines: readonly string[]): Part[] {
  try {
    const notebook: unknown = JSON.parse(text);
    const cells = property(notebook, "cells");
    if (!Array.isArray(cells)) return [];
    const code = cells
      .filter((cell) => property(cell, "cell_type") === "code")
      .map((cell) => property(cell, "source"))
      .map((source) => (Array.isArray(source) ? source.join("") : typeof source === "string" ? source : ""))
      .join("\n");
    return code === ""
      ? []
      : [
          {
            language,
            text: code,
            place: () => ({ line: 1, shift: 0 }),
            lines: [(lines[0] ?? "").slice(0, 300)],
          },
        ];
  } catch {
    // Not a notebook: there is no code to find.
    return [];
  }
}

const property = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && name in value ? Reflect.get(value, name) : undefined;

function parseString(literal: string): string | undefined {
  try {
    const value: unknown = JSON.parse(literal);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

interface Pattern {
  readonly library: Library;
  /** Something that every match contains; looked for first because it is cheap. */
  readonly literal: string;
  readonly source: string;
  regex: RegExp | undefined;
}

const patternsFor = new Map<Language, readonly Pattern[]>();

function patterns(language: Language): readonly Pattern[] {
  const known = patternsFor.get(language);
  if (known !== undefined) return known;
  const made = libraries
    .filter((library) => speaks(library, language))
    .flatMap((library) =>
      library.call_patterns
        .filter((source) => !/^\^?(?:\(\?:)?(?:FROM|ENTRYPOINT|\\bENV)/.test(source))
        .filter((source) => language !== "shell" || isCommandPattern(source, library))
        .map((source) => ({ library, source, literal: literalOf(source), regex: undefined })),
    );
  patternsFor.set(language, made);
  return made;
}

const GENERAL = new Set(["any", "workflow", "bioinformatics", "node", "java", "dotnet", "go/rust"]);

function speaks({ ecosystem }: Library, language: Language): boolean {
  const parts = ecosystem.split("/");
  if (language === "shell") return true;
  return (
    parts.includes(language) || ecosystem === "any" || (language === "python" && ecosystem === "workflow")
  );
}

/** Patterns that mean a command line: the ones that make sense in a shell script. */
const isCommandPattern = (source: string, { ecosystem }: Library): boolean =>
  GENERAL.has(ecosystem) ||
  /^\(\?:\^\|\\s(?:\||\))|^\\b[\w|()?:-]+(?:\[.*?\])?\\s[+*]/.test(source) ||
  source.startsWith("^\\s*[!%]pip");

/** The longest run of plain characters outside groups and classes; empty when the pattern has alternatives at the top. */
export function literalOf(source: string): string {
  let best = "";
  let run = "";
  let depth = 0;
  const end = (): void => {
    if (run.length > best.length) best = run;
    run = "";
  };
  for (let at = 0; at < source.length; at++) {
    const char = source[at] ?? "";
    if (char === "[") {
      end();
      const close = source.indexOf("]", at + 2);
      at = close < 0 ? source.length : close;
    } else if (char === "(") {
      end();
      depth++;
    } else if (char === ")") {
      depth--;
      run = "";
    } else if (char === "|" && depth === 0) {
      return "";
    } else if (depth > 0) {
      if (char === "\\") at++;
    } else if (char === "\\") {
      const next = source[++at] ?? "";
      if (/[\w]/.test(next)) end();
      else run += next;
    } else if (char === "?" || char === "*" || char === "{") {
      run = run.slice(0, -1);
      end();
      if (char === "{") at = Math.max(at, source.indexOf("}", at));
    } else if (/[.^$+]/.test(char)) {
      end();
    } else {
      run += char;
    }
  }
  end();
  return best;
}

/** For names that several libraries share: the file has to import one of these. */
const NEEDS_IMPORT: Readonly<Record<string, readonly string[]>> = {
  transformers: [
    "transformers",
    "optimum",
    "peft",
    "trl",
    "adapters",
    "setfit",
    "tokenizers",
    "huggingface_hub",
    "simpletransformers",
  ],
  "hf-datasets": ["datasets"],
  "hf-evaluate": ["evaluate"],
  "hf-hub": ["huggingface_hub", "transformers", "modelscope"],
  "sentence-transformers": ["sentence_transformers"],
  diffusers: ["diffusers"],
  timm: ["timm"],
  "open-clip": ["open_clip"],
  "torch-hub": ["torch", "torchvision"],
  "torchvision-weights": ["torchvision"],
  "torch-datasets-download": [
    "torchvision",
    "torchaudio",
    "torchtext",
    "torch_geometric",
    "ogb",
    "medmnist",
    "torch",
  ],
  "torchaudio-pipelines": ["torchaudio"],
  "torch-inductor": ["torch"],
  "lpips-fid": ["lpips", "torchmetrics", "pytorch_fid", "torch_fidelity"],
  keras: ["keras", "tensorflow"],
  "tensorflow-hub": ["tensorflow_hub"],
  "tensorflow-datasets": ["tensorflow_datasets"],
  nltk: ["nltk"],
  spacy: ["spacy"],
  scispacy: ["scispacy", "spacy"],
  presidio: ["presidio_analyzer"],
  stanza: ["stanza"],
  flair: ["flair"],
  gensim: ["gensim"],
  fasttext: ["fasttext"],
  tiktoken: ["tiktoken"],
  "bert-score": ["bert_score"],
  easyocr: ["easyocr"],
  paddleocr: ["paddleocr", "paddlex"],
  doctr: ["doctr"],
  whisper: ["whisper"],
  "faster-whisper": ["faster_whisper"],
  pyannote: ["pyannote"],
  speechbrain: ["speechbrain"],
  ultralytics: ["ultralytics"],
  detectron2: ["detectron2"],
  mmengine: ["mmdet", "mmengine", "mmcv", "mmpretrain", "mmseg"],
  insightface: ["insightface"],
  deepface: ["deepface"],
  monai: ["monai"],
  nilearn: ["nilearn"],
  "scipy-datasets": ["scipy"],
  "skimage-data": ["skimage"],
  "sklearn-fetch": ["sklearn"],
  seaborn: ["seaborn"],
  statsmodels: ["statsmodels"],
  cartopy: ["cartopy"],
  astropy: ["astropy"],
  "bio-online": ["Bio", "mygene", "gget", "bioservices", "omnipath", "gseapy"],
  pyensembl: ["pyensembl"],
  scanpy: ["scanpy", "cellxgene_census", "celltypist"],
  "graph-datasets": ["torch_geometric", "dgl", "ogb"],
  deepchem: ["deepchem"],
  mlflow: ["mlflow"],
  clearml: ["clearml"],
  gradio: ["gradio"],
  chromadb: ["chromadb"],
  kaleido: ["plotly", "kaleido", "altair"],
  "llama-cpp": ["llama_cpp"],
  "joblib-shm": ["joblib", "sklearn"],
  "dataloader-shm": ["torch"],
};

/** What is written inside a string and meant all the same. */
const MEANT_IN_STRINGS = new Set(["scispacy", "pyspark", "detectron2", "mmengine", "duckdb", "renv"]);
/** A string on such a line is a command. */
const RUNS_COMMANDS =
  /\bsubprocess\b|\bos\.(?:system|popen|exec)|\bsystem2?\s*\(|\bshell\s*\(|^\s*[!%]|\brun\s*\(|`/;
/** Libraries whose calls look like those of `transformers`, which then is not meant. */
const MORE_EXACT = new Set(["diffusers", "pyannote", "llama-cpp"]);

function scanPart(file: string, part: Part): LibraryUse[] {
  const { code, inString } = maskText(part.text, part.language);
  const active = patterns(part.language).filter(({ literal }) => literal === "" || code.includes(literal));
  if (active.length === 0) return [];
  const imports = part.language === "python" ? importedModules(code) : undefined;
  const usable = active.filter(({ library }) => imports === undefined || mayUse(library, imports));
  const uses: LibraryUse[] = [];
  const lines = code.split("\n");
  let offset = 0;
  lines.forEach((line, index) => {
    const from = offset;
    offset += line.length + 1;
    if (line.trim() === "") return;
    const window = windowAt(lines, index);
    const found: LibraryUse[] = [];
    for (const pattern of usable) {
      if (!window.includes(pattern.literal)) continue;
      pattern.regex ??= new RegExp(pattern.source);
      const match = pattern.regex.exec(window);
      if (match === null) continue;
      const start = match.index + (/^\s*/.exec(match[0])?.[0].length ?? 0);
      if (start >= line.length) continue;
      const quoted = inString[from + start] === 1;
      if (
        quoted &&
        part.language !== "shell" &&
        !MEANT_IN_STRINGS.has(pattern.library.id) &&
        !RUNS_COMMANDS.test(line.slice(0, 2000))
      )
        continue;
      if (found.some(({ library }) => library === pattern.library.id)) continue;
      const end = Math.min(line.trimEnd().length, Math.max(start + 1, match.index + match[0].length));
      found.push(useAt(file, part, pattern.library.id, index + 1, start, end));
    }
    const exact = found.some(({ library }) => MORE_EXACT.has(library));
    uses.push(...(exact ? found.filter(({ library }) => library !== "transformers") : found));
  });
  return uses;
}

function useAt(
  file: string,
  part: Part,
  library: string,
  line: number,
  start: number,
  end: number,
): LibraryUse {
  const place = part.place(line);
  return {
    library,
    file,
    line: place.line,
    startColumn: start + place.shift + 1,
    endColumn: end + place.shift + 1,
    excerpt: (part.lines[place.line - 1] ?? "").replace(/\r$/, "").slice(0, 300),
  };
}

/** The line, and the next few where a call goes on: `from_pretrained(` with its argument below. */
function windowAt(lines: readonly string[], index: number): string {
  const line = (lines[index] ?? "").slice(0, 2000);
  if (!/[(,[]\s*$/.test(line)) return line;
  const more = lines.slice(index + 1, index + 4).map((next) => next.trim().slice(0, 300));
  return `${line.trimEnd()}${more.join(" ")}`;
}

function importedModules(code: string): ReadonlySet<string> {
  const modules = new Set<string>();
  for (const match of code.matchAll(
    /^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([^\n;]{1,500}))/gm,
  )) {
    for (const name of (match[1] ?? match[2] ?? "").split(",")) {
      const top = /^\s*(\w+)/.exec(name)?.[1];
      if (top !== undefined) modules.add(top);
    }
  }
  return modules;
}

function mayUse({ id, ecosystem }: Library, imports: ReadonlySet<string>): boolean {
  const wanted = NEEDS_IMPORT[id];
  return !ecosystem.includes("python") || wanted === undefined || wanted.some((name) => imports.has(name));
}

/** A Quarto document or project that makes PDF, and what it says about installing LaTeX. */
interface QuartoDocument {
  readonly file: string;
  readonly makesPdf: boolean;
  /** Undefined when nothing is said. */
  readonly latexAutoInstall: boolean | undefined;
  readonly line: number;
}

export function quartoDocument(file: string, text: string): QuartoDocument | undefined {
  const isProject = /(?:^|\/)_quarto\.ya?ml$/i.test(file);
  if (!isProject && !/\.qmd$/i.test(file)) return undefined;
  const lines = text.split(/\r?\n/);
  let end = lines.length;
  if (!isProject) {
    if (lines[0]?.trim() !== "---") return { file, makesPdf: false, latexAutoInstall: undefined, line: 1 };
    const close = lines.findIndex((line, index) => index > 0 && /^(?:---|\.\.\.)\s*$/.test(line));
    end = close < 0 ? Math.min(lines.length, 200) : close;
  }
  let line = 0;
  let latexAutoInstall: boolean | undefined;
  for (let index = 0; index < end; index++) {
    const content = (lines[index] ?? "").replace(/(?:^|\s)#.*$/, "").slice(0, 500);
    const setting = /^\s*latex-auto-install\s*:\s*["']?(true|false|yes|no)\b/i.exec(content)?.[1];
    if (setting !== undefined) latexAutoInstall = /^(?:true|yes)$/i.test(setting);
    const pdf =
      /^\s*(?:format\s*:.*\b(?:pdf|beamer)\b|(?:pdf|beamer|titlepage-pdf)\s*:|-\s*(?:pdf|beamer)\s*$|[\w-]+-pdf\s*:)/.test(
        content,
      );
    if (pdf && line === 0) line = index + 1;
  }
  return { file, makesPdf: line > 0, latexAutoInstall, line: line === 0 ? 1 : line };
}

/** A project's `_quarto.yml` speaks for the documents beside and below it that say nothing themselves. */
export function settleQuarto(documents: readonly QuartoDocument[]): SourceFacts["quarto"] {
  const projects = documents.filter(({ file }) => /(?:^|\/)_quarto\.ya?ml$/i.test(file));
  const folderOf = (file: string): string => file.slice(0, file.lastIndexOf("/") + 1);
  return documents
    .filter(({ makesPdf }) => makesPdf)
    .map(({ file, latexAutoInstall, line }) => {
      const project = projects.find(
        (one) => file.startsWith(folderOf(one.file)) && one.latexAutoInstall !== undefined,
      );
      return { file, line, installsLatex: latexAutoInstall ?? project?.latexAutoInstall ?? true };
    });
}

/** What the knowledge says about the libraries that are used. */
export function librariesOf(uses: readonly LibraryUse[]): ReadonlyMap<string, Library> {
  const ids = new Set(uses.map((use) => use.library));
  return new Map(
    [...ids].flatMap((id) => {
      const library = libraryById(id);
      return library === undefined ? [] : [[id, library] as const];
    }),
  );
}
