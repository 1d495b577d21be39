import {
  familiarRepository,
  type ImageReference,
  parseImageReference,
} from "../dockerfile/image-reference.ts";
import { type Dockerfile, oncePerDockerfile, type Position, type Range } from "../dockerfile/model.ts";
import { type Finding, isFileLocation, type TextEdit } from "../findings/finding.ts";

/** An image named in full in the file, without a digest, and where its name ends. */
export interface Pinnable {
  readonly reference: ImageReference;
  readonly end: Position;
}

/** The image that a finding of `unpinned-base` is about; undefined where it is put together from variables. */
export function pinnable(dockerfile: Dockerfile, { location }: Finding): Pinnable | undefined {
  if (!isFileLocation(location) || location.file !== dockerfile.file) return undefined;
  const { startLine, startColumn } = location;
  for (const { place, range, written } of imagesIn(dockerfile)) {
    if (place.line !== startLine || place.column !== startColumn) continue;
    const whole = range !== undefined && !written.includes("$");
    const reference = parseImageReference(written);
    return whole && reference.digest === undefined ? { reference, end: range.end } : undefined;
  }
  return undefined;
}

/** A name of an image in a Dockerfile. */
export interface NamedImage {
  /** As it is written, variables and all. */
  readonly written: string;
  /** Where its word or flag begins. */
  readonly place: Position;
  /** The name itself; undefined where it does not stand there in one piece, as it is meant. */
  readonly range: Range | undefined;
}

/** Images that a Dockerfile names: in FROM, `COPY --from=` and `RUN --mount=from=`. Names of its own stages are left out. */
export const imagesIn = oncePerDockerfile(findImages);

function findImages(dockerfile: Dockerfile): readonly NamedImage[] {
  const own = new Set(dockerfile.stages.flatMap(({ name }) => name ?? []));
  const earlier = new Set<string>();
  const found: NamedImage[] = [];
  for (const { from, name, instructions } of dockerfile.stages) {
    const word = from.words[0];
    const image = word?.value.toLowerCase() ?? "";
    if (word !== undefined && image !== "" && image !== "scratch" && !earlier.has(image))
      found.push({
        written: word.value,
        place: word.range.start,
        range: inOnePiece(dockerfile, word.value, word.range, ""),
      });
    if (name !== undefined) earlier.add(name);
    for (const { keyword, flags } of instructions)
      for (const { name, value = "", range } of flags) {
        const before = keyword === "RUN" ? /^(?:.*,)?from=/.exec(value)?.[0] : "";
        if (before === undefined || name !== (keyword === "RUN" ? "mount" : "from")) continue;
        const written = value.slice(before.length).split(",")[0] ?? "";
        // A bare word may be another build's, given on the command line.
        if (!/[/:]/.test(written) || own.has(written.toLowerCase())) continue;
        found.push({
          written,
          place: range.start,
          range: inOnePiece(dockerfile, written, range, `--${name}=${before}`),
        });
      }
  }
  return found;
}

/**
 * The image that a FROM takes from one variable alone (`FROM ${BASE}`): the default of the ARG that stands above the first
 * FROM. Undefined for anything else that is put together from variables.
 */
export function defaultBehind(dockerfile: Dockerfile, { written }: NamedImage): NamedImage | undefined {
  const variable = /^\$(?:\{(\w+)\}|(\w+))$/.exec(written);
  const start = `${variable?.[1] ?? variable?.[2] ?? ""}=`;
  const words = dockerfile.globalArgs.flatMap((instruction) => instruction.words);
  // Of several the last one counts.
  const word = words.findLast(({ value }) => value.startsWith(start) || value === start.slice(0, -1));
  if (variable === null || word === undefined || !word.value.startsWith(start)) return undefined;
  const image = word.value.slice(start.length);
  const name = image.toLowerCase();
  if (name === "" || name === "scratch" || name.includes("$")) return undefined;
  // A variable may choose among the file's own stages.
  if (dockerfile.stages.some((stage) => stage.name === name)) return undefined;
  return { written: image, place: word.range.start, range: inOnePiece(dockerfile, image, word.range, start) };
}

/** Where a name is that stands in one piece on its line, behind what comes before it in its word. */
function inOnePiece(dockerfile: Dockerfile, name: string, range: Range, before: string): Range | undefined {
  const line = dockerfile.lines[range.start.line - 1] ?? "";
  const start = range.start.column + before.length;
  const end = start + name.length;
  const there = range.start.line === range.end.line && line.slice(range.start.column - 1, end - 1);
  if (there !== before + name || end > range.end.column) return undefined;
  return { start: { line: range.start.line, column: start }, end: { line: range.start.line, column: end } };
}

/**
 * The tag that an image follows: its own, or failing that, where it has a digest alone, the one that a comment right above
 * names in full (`# python:3.12-slim`). Undefined where nothing says; an image with neither tag nor digest follows `latest`.
 */
export function followedTag(dockerfile: Dockerfile, { written, place }: NamedImage): string | undefined {
  const reference = parseImageReference(written);
  if (reference.tag !== undefined || reference.digest === undefined) return reference.tag ?? "latest";
  const comments = new Map(dockerfile.comments.map(({ line, text }) => [line, text]));
  for (let line = place.line - 1; comments.has(line); line--)
    for (const word of comments.get(line)?.split(/[\s,;()"'`]+/) ?? []) {
      const named = parseImageReference(word);
      if (named.tag !== undefined && familiarRepository(named) === familiarRepository(reference))
        return named.tag;
    }
  return undefined;
}

/** The name without a digest, and with the tag that it follows. */
export function taggedName(written: string, tag: string): string {
  const name = written.replace(/@.*$/s, "");
  return parseImageReference(name).tag === undefined ? `${name}:${tag}` : name;
}

/** Adds the digest behind the name; the tag stays, for those who read the file and for tools that follow it. */
export function pinEdit(dockerfile: Dockerfile, { end }: Pinnable, digest: string): TextEdit {
  return {
    file: dockerfile.file,
    startLine: end.line,
    startColumn: end.column,
    endLine: end.line,
    endColumn: end.column,
    text: `@${digest}`,
  };
}
