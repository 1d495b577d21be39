/**
 * What `pratique init` knows of a project when it writes its files: either made up for an empty folder, or found in one
 * that exists already. Paths are relative to the project, with forward slashes.
 */

export const LANGUAGES = ["python", "r", "julia", "octave", "notebook", "quarto"] as const;
export type Language = (typeof LANGUAGES)[number];

/**
 * What installs the packages. `none`: nothing has to be installed. For `quarto` it also says who computes: Jupyter with
 * `pip`, else knitr.
 */
export const PACKAGERS = ["pip", "uv", "poetry", "conda", "renv", "description", "julia", "none"] as const;
export type Packager = (typeof PACKAGERS)[number];

/** Those that go with a language, the usual one first. */
export const PACKAGERS_OF: Readonly<Record<Language, readonly Packager[]>> = {
  python: ["pip", "uv", "poetry", "conda", "none"],
  r: ["none", "renv", "description"],
  julia: ["none", "julia"],
  octave: ["none"],
  notebook: ["pip"],
  quarto: ["pip", "renv", "description", "none"],
};

export interface Project {
  readonly language: Language;
  readonly packager: Packager;
  /** Lists of packages and lock files, in the project's top folder. */
  readonly packageFiles: readonly string[];
  /** What is copied into the image: files of the top folder, and its folders, which end in a slash. */
  readonly sources: readonly string[];
  /** Endings of the files that are let into the build from those folders: `py`. */
  readonly endings: readonly string[];
  /** What the job starts with. */
  readonly entry: string;
  /** Version of the language that the project asks for: `3.11` for Python, `4.4.1` for R. */
  readonly version?: string | undefined;
  /** Packages that its list lacks, and without which its documents cannot be run. */
  readonly missing?: readonly string[] | undefined;
}

/** What the program of a new project writes, as `pratique.yaml` expects it. */
export interface ExpectedTable {
  readonly path: string;
  readonly rows?: number | undefined;
}

/** Everything that the files are made from. */
export interface Plan {
  /** Small letters, digits and hyphens: it names a folder in the image, a job and an image. */
  readonly name: string;
  readonly project: Project;
  readonly images: Images;
  readonly gpu: boolean;
  /** Models of Hugging Face, `owner/model` or `owner/model@revision`. */
  readonly models: readonly string[];
  /** Licence file that the software needs at run time. */
  readonly licence: string | undefined;
  /** Folder with the data of the test. */
  readonly data: string;
  /** Undefined where nobody here knows what the program writes. */
  readonly outputs: readonly ExpectedTable[] | undefined;
  /** Where the words for the README go. */
  readonly readme: string;
  /** Version of pratique that the workflow asks for. */
  readonly version: string;
}

/** References of images, with their digests where the registry told them. */
export interface Images {
  readonly base: string;
  /** Quarto's own, which it is copied from. */
  readonly quarto?: string | undefined;
  /** One with Python, that fetches models where the base has none. */
  readonly python?: string | undefined;
}

/** By path. */
export type Files = ReadonlyMap<string, string>;

/** `owner/model@revision` in its two parts. */
export function splitModel(model: string): [name: string, revision: string | undefined] {
  const [name = "", revision] = model.split("@");
  return [name, revision];
}
