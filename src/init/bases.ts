import { parseImageReference } from "../dockerfile/image-reference.ts";
import { type BaseImage, bases, knownBase } from "../knowledge/bases.ts";
import type { Images, Language, Packager, Project } from "./project.ts";
import type { Task } from "./starter.ts";

type Example = BaseImage & { readonly example: string };

/** The catalogue's entry, which has a reference to paste. */
function entry(name: string): Example {
  const found = bases.find((base): base is Example => base.name === name && base.example !== undefined);
  if (found === undefined) throw new Error(`the catalogue of bases has no example for ${name}`);
  return found;
}

const USUAL: Readonly<Record<Language, string>> = {
  python: "Python",
  notebook: "Python",
  r: "R (Rocker, versioned)",
  julia: "Julia",
  octave: "GNU Octave",
  quarto: "R (Rocker, versioned)",
};

/** What the catalogue calls the language of a project's programs. */
const SPOKEN: Readonly<Record<Language, string>> = {
  python: "Python",
  notebook: "Python",
  r: "R",
  julia: "Julia",
  octave: "Octave",
  quarto: "R",
};

/** Whether it is Python that computes. */
export const isPython = (language: Language, packager: Packager): boolean =>
  SPOKEN[language] === "Python" || (language === "quarto" && packager === "pip");

/** Bases to choose from for a language, the usual one first. */
export function basesFor(language: Language, packager: Packager, task: Task, gpu: boolean): Example[] {
  const python = isPython(language, packager);
  const usual = entry(
    packager === "conda"
      ? "micromamba"
      : python && packager === "pip" && (task === "training" || (gpu && language !== "quarto"))
        ? "PyTorch"
        : python
          ? "Python"
          : USUAL[language],
  );
  // Other bases bring no conda, and another Python than the one that uv and Poetry work with.
  if (packager === "conda") return [usual];
  const spoken = python ? "Python" : SPOKEN[language];
  const others = bases.filter(
    (base): base is Example =>
      base.kind === "application" &&
      base.example !== undefined &&
      base.languages.includes(spoken) &&
      base.packageManager !== "conda" &&
      base.packageManager !== "micromamba" &&
      base.name !== usual.name,
  );
  return [usual, ...others];
}

/** The reference that a user means: one in full, a short one as Docker takes it, or a name of the catalogue. */
export function baseNamed(text: string): string {
  const named = bases.find(({ name }) => name.toLowerCase() === text.toLowerCase())?.example;
  if (named !== undefined) return named;
  const { registry, repository } = parseImageReference(text);
  if (registry !== undefined) return text;
  return `docker.io/${repository.includes("/") ? "" : "library/"}${text}`;
}

/** The base with the version of the language that a project asks for, where its tags are known to name that. */
export function withVersion(base: Example, { language, packager, version }: Project): string {
  if (version === undefined) return base.example;
  if (base.name === "Python" && isPython(language, packager))
    return base.example.replace(/:3\.\d+/, `:${version}`);
  if (base.name === "R (Rocker, versioned)") return base.example.replace(/:.*$/, `:${version}`);
  return base.example;
}

/** The other images that a project's Dockerfile takes something from. */
export function otherImages(
  { language, packager }: Pick<Project, "language" | "packager">,
  models: readonly string[],
): Omit<Images, "base"> {
  return {
    ...(language === "quarto" ? { quarto: entry("Quarto").example } : {}),
    ...(models.length > 0 && (!isPython(language, packager) || packager === "conda")
      ? { python: entry("Python").example }
      : {}),
  };
}

/** What the catalogue knows of a base: its user, its own program to start with. */
export function factsOf(reference: string): BaseImage | undefined {
  const { registry, repository } = parseImageReference(reference);
  return knownBase(registry, repository);
}
