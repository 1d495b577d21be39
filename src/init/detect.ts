import { isPython } from "./bases.ts";
import { LANGUAGES, type Language, type Packager, type Project } from "./project.ts";

/** The files of a project that exists. */
export interface Listing {
  /** Relative to the project, with forward slashes; hidden folders and other people's software are left out. */
  readonly paths: readonly string[];
  /** Texts of those that `isTelling`; a file that could not be read is missing. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Files that say how packages are installed; they lie in the top folder. */
const LISTS =
  /^(?:requirements\.txt|pyproject\.toml|environment\.ya?ml|DESCRIPTION|renv\.lock|Project\.toml|\.python-version|_quarto\.yml)$/;
/** Quarto renders R Markdown too. */
const DOCUMENT = /\.(?:qmd|rmd)$/i;

/** True for the files whose text `detect` wants. */
export const isTelling = (path: string): boolean =>
  LISTS.test(path) || DOCUMENT.test(path) || /\.ipynb$/i.test(path);

const ENDINGS: Readonly<Record<Language, RegExp>> = {
  python: /\.py$/,
  r: /\.r$/i,
  julia: /\.jl$/,
  octave: /\.m$/,
  notebook: /\.ipynb$/,
  quarto: DOCUMENT,
};

/** What lies beside programs of a language and is no data. */
const BESIDE = ["toml", "yaml", "yml", "cfg", "ini", "sql"];

export interface Detected {
  readonly language: Language;
  readonly packager: Packager;
  /** Programs that the job may start with, the likeliest first. */
  readonly entries: readonly string[];
  /** One of them stands out. */
  readonly certain: boolean;
  /** Its packages stand in a list that no template installs from. */
  readonly unknownList?: UnknownList;
}

export interface UnknownList {
  /** Relative to the project. */
  readonly path: string;
  /** How to make a list that a template installs from, for a sentence: `run “pdm export ...”`. */
  readonly cure: string;
}

/** What a project is written in, told from its files; undefined where there is nothing that we know. */
export function detect(listing: Listing, wanted?: Language): Detected | undefined {
  const has = (name: string): boolean => listing.paths.includes(name);
  const count = (language: Language): number =>
    listing.paths.filter((path) => ENDINGS[language].test(path) && !isTest(path)).length;
  const lists: Readonly<Record<Language, boolean>> = {
    quarto: has("_quarto.yml"),
    notebook: false,
    python:
      ["requirements.txt", "pyproject.toml", "uv.lock", "poetry.lock"].some(has) ||
      conda(listing) !== undefined,
    r: ["renv.lock", "DESCRIPTION"].some(has),
    julia: has("Project.toml"),
    octave: false,
  };
  const weight = (language: Language): number => {
    const files = count(language);
    if (files === 0) return 0;
    // A report or a notebook is what is run; scripts beside it serve it.
    if (language === "quarto") return 3000 + files;
    if (language === "notebook") return count("python") === 0 ? 2000 + files : 1;
    return (lists[language] ? 1000 : 0) + files;
  };
  const language =
    wanted ??
    LANGUAGES.map((one) => ({ one, weight: weight(one) }))
      .filter((candidate) => candidate.weight > 0)
      .sort((a, b) => b.weight - a.weight)[0]?.one;
  if (language === undefined) return undefined;
  const entries = entriesOf(listing, language);
  const packager = packagerOf(listing, language);
  const unknown = unknownListOf(listing, language, packager);
  return {
    language,
    packager,
    ...(unknown === undefined ? {} : { unknownList: unknown }),
    entries: entries.map(({ path }) => path),
    certain: entries.length === 1 || (entries[0]?.score ?? 0) > (entries[1]?.score ?? 0),
  };
}

const isTest = (path: string): boolean =>
  /(?:^|\/)(?:tests?|docs?|vignettes)\/|(?:^|\/)(?:(?:test_[^/]*|conftest|setup)\.py|readme\.rmd)$/i.test(
    path,
  );

const LIKELY: readonly RegExp[] = [
  /^(?:main|run|__main__)\./i,
  /^(?:index|analysis|analyse|analyze|report|train|fit|job|script)\./i,
];

function entriesOf({ paths }: Listing, language: Language): { path: string; score: number }[] {
  return paths
    .filter((path) => ENDINGS[language].test(path) && !isTest(path) && !path.endsWith("__init__.py"))
    .map((path) => {
      const name = path.split("/").at(-1) ?? "";
      const likely = LIKELY.findIndex((pattern) => pattern.test(name));
      const depth = path.split("/").length - (path.startsWith("src/") ? 1 : 0);
      return { path, score: (likely < 0 ? 0 : 20 - likely * 5) - depth };
    })
    .sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1));
}

function packagerOf(listing: Listing, language: Language): Packager {
  const has = (name: string): boolean => listing.paths.includes(name);
  const r: Packager = has("renv.lock") ? "renv" : has("DESCRIPTION") ? "description" : "none";
  switch (language) {
    case "python":
      if (has("uv.lock")) return "uv";
      if (has("poetry.lock")) return "poetry";
      if (has("requirements.txt")) return "pip";
      if (conda(listing) !== undefined) return "conda";
      return has("pyproject.toml") && /^\[tool\.poetry/m.test(listing.texts.get("pyproject.toml") ?? "")
        ? "poetry"
        : has("pyproject.toml")
          ? "uv"
          : "none";
    case "r":
      return r;
    case "julia":
      return has("Project.toml") ? "julia" : "none";
    case "octave":
      return "none";
    case "notebook":
      return "pip";
    case "quarto": {
      const documents = [...listing.texts].filter(([path]) => DOCUMENT.test(path)).map(([, text]) => text);
      const computes = (cell: string): boolean => documents.some((text) => text.includes(`\`\`\`{${cell}`));
      return !computes("r") && (computes("python") || has("requirements.txt")) ? "pip" : r;
    }
  }
}

/** Lists that other tools write, the one that says most first. */
const OTHER_LISTS: readonly (UnknownList & { readonly of: "python" | "r" })[] = [
  { of: "python", path: "pdm.lock", cure: "run “pdm export --without-hashes --output requirements.txt”" },
  { of: "python", path: "Pipfile.lock", cure: "run “pipenv requirements > requirements.txt”" },
  { of: "python", path: "Pipfile", cure: "run “pipenv lock”, then “pipenv requirements > requirements.txt”" },
  { of: "python", path: "pixi.toml", cure: "run “pixi workspace export conda-environment environment.yml”" },
  ...["setup.py", "setup.cfg"].map((path) => ({
    of: "python" as const,
    path,
    cure: "run “pip freeze --exclude-editable > requirements.txt” where the program works",
  })),
  { of: "r", path: "packrat/packrat.lock", cure: "run renv::migrate() in R, which writes renv.lock" },
];

/** Beside them, those that notebooks and reports are not installed from: for these pip alone is known. */
const OTHER_LISTS_OF_DOCUMENTS: typeof OTHER_LISTS = [
  { of: "python", path: "uv.lock", cure: "run “uv export --no-hashes --output-file requirements.txt”" },
  ...["poetry.lock", "environment.yml", "environment.yaml"].map((path) => ({
    of: "python" as const,
    path,
    cure: "run “pip freeze --exclude-editable > requirements.txt” where the program works",
  })),
  ...OTHER_LISTS,
];

function unknownListOf(listing: Listing, language: Language, packager: Packager): UnknownList | undefined {
  const has = (name: string): boolean => listing.paths.includes(name);
  // A lock file that a template takes says all that another one would.
  const isListed =
    (packager === "pip" && has("requirements.txt")) ||
    (packager === "uv" && has("uv.lock")) ||
    (packager === "poetry" && has("poetry.lock")) ||
    ["conda", "renv", "description", "julia"].includes(packager);
  if (isListed) return undefined;
  const computes = isPython(language, packager) ? "python" : SPOKEN_R.has(language) ? "r" : undefined;
  const lists = language === "python" || language === "r" ? OTHER_LISTS : OTHER_LISTS_OF_DOCUMENTS;
  const found = lists.find(({ of, path }) => of === computes && has(path));
  return found && { path: found.path, cure: found.cure };
}

const SPOKEN_R: ReadonlySet<Language> = new Set(["r", "quarto"]);

const conda = ({ paths }: Listing): string | undefined =>
  paths.find((path) => /^environment\.ya?ml$/.test(path));

/** Lists that `packagerOf` found, the one that is installed from first; and what is needed and not there. */
function listsOf(listing: Listing, packager: Packager): { files: string[]; lacks?: string } {
  const has = (name: string): boolean => listing.paths.includes(name);
  const present = (...names: string[]): string[] => names.filter(has);
  switch (packager) {
    case "pip":
      return { files: present("requirements.txt", "constraints.txt") };
    case "uv":
      return has("uv.lock")
        ? { files: present("pyproject.toml", "uv.lock") }
        : { files: [], lacks: "pyproject.toml has no lock file: run “uv lock” first." };
    case "poetry":
      return has("poetry.lock")
        ? { files: present("pyproject.toml", "poetry.lock") }
        : { files: [], lacks: "pyproject.toml has no lock file: run “poetry lock” first." };
    case "conda":
      return { files: [conda(listing) ?? "environment.yml"] };
    case "renv":
      return { files: ["renv.lock"] };
    case "description":
      return { files: present("DESCRIPTION") };
    case "julia":
      return has("Manifest.toml")
        ? { files: present("Project.toml", "Manifest.toml") }
        : { files: [], lacks: "Project.toml has no Manifest.toml: run Pkg.instantiate() first." };
    case "none":
      return { files: [] };
  }
}

/** Versions that are known to work together, for documents whose lists of packages do not say how they are run. */
const NOTEBOOK_TOOLS = ["papermill==2.7.0", "ipykernel==7.4.0"];
const QUARTO_TOOLS = ["nbclient==0.11.0", "ipykernel==7.4.0", "pyyaml==6.0.4"];

/**
 * What a project needs in its image. `leftOut`: names in its top folder that no Dockerfile can hold; `lacks`: why the rest
 * cannot be told.
 */
export function existingProject(
  listing: Listing,
  language: Language,
  packager: Packager,
  entry: string,
): { readonly project: Project; readonly leftOut: readonly string[]; readonly lacks?: string } {
  const { files, ...rest } = listsOf(listing, packager);
  const { leftOut, ...code } = sourcesOf(listing, language);
  return {
    project: {
      language,
      packager,
      packageFiles: files,
      ...code,
      entry,
      version: versionOf(listing, language, packager),
      missing: missingFrom(listing, language, packager),
    },
    leftOut,
    ...rest,
  };
}

/** Names that a Dockerfile and its ignore file take as they are. */
const PLAIN = /^[\w@+-][\w.@+ -]*$/;

/** Code in the top folder by its names, and the folders that hold code. */
function sourcesOf(
  { paths }: Listing,
  language: Language,
): Pick<Project, "sources" | "endings"> & { readonly leftOut: readonly string[] } {
  const also: readonly Language[] =
    language === "notebook" ? ["python"] : language === "quarto" ? ["python", "r"] : [];
  const patterns = [language, ...also].map((one) => ENDINGS[one]);
  const code = paths.filter((path) => patterns.some((pattern) => pattern.test(path)) && !isTest(path));
  const sources = new Set<string>();
  const endings = new Set<string>();
  const leftOut = new Set<string>();
  for (const path of [
    ...code,
    ...(language === "quarto" ? paths.filter((one) => /^_[\w-]+\.yml$/.test(one)) : []),
  ]) {
    const [top = "", ...below] = path.split("/");
    if (!PLAIN.test(top)) {
      leftOut.add(top);
      continue;
    }
    sources.add(below.length === 0 ? top : `${top}/`);
    if (below.length > 0) endings.add(path.slice(path.lastIndexOf(".") + 1));
  }
  return {
    sources: [...sources].sort(),
    endings: [...endings].sort().concat(BESIDE),
    leftOut: [...leftOut].sort(),
  };
}

function versionOf({ texts }: Listing, language: Language, packager: Packager): string | undefined {
  if (packager === "renv") {
    try {
      const lock: unknown = JSON.parse(texts.get("renv.lock") ?? "");
      const version = (lock as { R?: { Version?: unknown } } | null)?.R?.Version;
      return typeof version === "string" && /^\d+\.\d+\.\d+$/.test(version) ? version : undefined;
    } catch {
      return undefined;
    }
  }
  if (language !== "python" && language !== "notebook") return undefined;
  return /^\s*(3\.\d+)(?:\.\d+)?\s*$/.exec(texts.get(".python-version") ?? "")?.[1];
}

/** Comes with R. */
const BASE_R = new Set(
  "R base compiler datasets graphics grDevices grid methods parallel splines stats stats4 tcltk tools utils".split(
    " ",
  ),
);
const KNITR = ["knitr", "rmarkdown"];

function missingFrom(listing: Listing, language: Language, packager: Packager): string[] {
  const requirements = (listing.texts.get("requirements.txt") ?? "").toLowerCase();
  const asks = (name: string): boolean => new RegExp(`^${name}(?![\\w.-])`, "m").test(requirements);
  if (language === "notebook") return NOTEBOOK_TOOLS.filter((tool) => !asks(tool.replace(/=.*/, "")));
  if (language === "quarto" && packager === "pip")
    return QUARTO_TOOLS.filter((tool) => !asks(tool.replace(/=.*/, "")));
  const described = packager === "description" ? imports(listing.texts.get("DESCRIPTION") ?? "") : [];
  // renv's lock file is to name them itself.
  const knitr = language === "quarto" && packager !== "renv" ? KNITR : [];
  return [...new Set([...described, ...knitr])];
}

/** Packages in Depends, Imports and LinkingTo of a DESCRIPTION, without R and what comes with it. */
function imports(text: string): string[] {
  const names: string[] = [];
  for (const match of text
    .slice(0, 200_000)
    .matchAll(/^(?:Depends|Imports|LinkingTo):((?:.*)(?:\n[ \t]+.*)*)/gm)) {
    for (const part of (match[1] ?? "").split(",")) {
      const name = /^\s*([A-Za-z][A-Za-z0-9.]*)/.exec(part)?.[1];
      if (name !== undefined && !BASE_R.has(name)) names.push(name);
    }
  }
  return names;
}

/** The language of a notebook's kernel; undefined where it does not say. */
export function kernelOf(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const metadata = (parsed as { metadata?: { kernelspec?: { language?: unknown } } } | null)?.metadata;
    const language = metadata?.kernelspec?.language;
    return typeof language === "string" ? language.toLowerCase() : undefined;
  } catch {
    return undefined;
  }
}
