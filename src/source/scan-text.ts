import { type Library, libraryById } from "../knowledge/library.ts";
import type { LibraryUse, Place, SourceFacts, TextFacts } from "./facts.ts";
import { type Finds, findInCode, type UseParts } from "./match.ts";
import { type Part, partsOf } from "./parts.ts";
import { quartoDocument, settleQuarto } from "./quarto.ts";
import { findInShell } from "./shell.ts";

/** More finds than this in one file tell nothing new. */
const MOST_PER_FILE = 2000;
/** Libraries whose calls look like those of `transformers`, which then is not meant. */
const MORE_EXACT = new Set(["diffusers", "pyannote", "llama-cpp", "speechbrain", "timm"]);

/** Reads one file of code. Pure: the same text always gives the same facts, in order. */
export function scanText(file: string, text: string): TextFacts {
  const places = new Places(file, text);
  const uses: LibraryUse[] = [];
  const facts = {
    acts: [] as TextFacts["acts"][number][],
    settings: [] as TextFacts["settings"][number][],
    scripts: [] as TextFacts["scripts"][number][],
  };
  for (const part of partsOf(file, text)) {
    const finds = findIn(part);
    for (const { from, to, what } of finds.uses.slice(0, MOST_PER_FILE)) {
      const { importOffset, ...rest } = what;
      const importLine = importOffset === undefined ? undefined : places.lineAt(part.offset(importOffset));
      uses.push({
        ...places.range(part, from, to),
        ...rest,
        ...(importLine === undefined ? {} : { importLine }),
      });
    }
    for (const { from, to, what } of finds.acts.slice(0, MOST_PER_FILE))
      facts.acts.push({ ...places.range(part, from, to), ...what });
    for (const { from, what } of finds.settings.slice(0, MOST_PER_FILE))
      facts.settings.push({ file, line: places.lineAt(part.offset(from)), ...what });
    for (const runs of finds.scripts) facts.scripts.push({ file, runs });
  }
  uses.push(...headerUses(file, text, places));
  return { uses: oneEach(uses), acts: inOrder(facts.acts), settings: facts.settings, scripts: facts.scripts };
}

const findIn = ({ language, text }: Part): Finds =>
  language === "shell" ? findInShell(text) : findInCode(text, language);

const inOrder = <T extends Place>(list: readonly T[]): T[] =>
  [...list].sort((a, b) => a.line - b.line || a.startColumn - b.startColumn);

/** One use of a library in a line; the more exact of two libraries. */
function oneEach(uses: readonly LibraryUse[]): LibraryUse[] {
  const seen = new Set<string>();
  const exact = new Set(uses.filter(({ library }) => MORE_EXACT.has(library)).map(({ line }) => line));
  return inOrder(uses).filter(({ line, library }) => {
    const key = `${line} ${library}`;
    if (seen.has(key) || (library === "transformers" && exact.has(line))) return false;
    seen.add(key);
    return true;
  });
}

/** `output: pdf_document` in the header of R Markdown wants LaTeX when it is rendered. */
function headerUses(file: string, text: string, places: Places): LibraryUse[] {
  if (!/\.rmd$/i.test(file) || !text.startsWith("---")) return [];
  const close = text.indexOf("\n---", 3);
  const header = text.slice(0, Math.min(close < 0 ? 5000 : close, 5000));
  const match = /^[ \t]*(?:output[ \t]*:[ \t]*)?(?:\w+::)?pdf_document2?\b/m.exec(header);
  if (match === null) return [];
  const what: UseParts = { library: "tinytex", by: "variable", name: "output: pdf_document" };
  const part = { offset: (at: number): number => at };
  return [{ ...places.range(part, match.index, match.index + match[0].length), ...what }];
}

/** Turns offsets of a file into lines and columns. */
class Places {
  private readonly file: string;
  private readonly text: string;
  private starts: number[] | undefined;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  private get lineStarts(): readonly number[] {
    if (this.starts !== undefined) return this.starts;
    const starts = [0];
    for (let at = this.text.indexOf("\n"); at >= 0; at = this.text.indexOf("\n", at + 1)) starts.push(at + 1);
    this.starts = starts;
    return starts;
  }

  lineAt(offset: number): number {
    const starts = this.lineStarts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  }

  /** The place of a stretch of a part; one that goes on below ends with its first line. */
  range(part: Pick<Part, "offset">, from: number, to: number): Place {
    const start = part.offset(from);
    const line = this.lineAt(start);
    const lineStart = this.lineStarts[line - 1] ?? 0;
    const next = this.lineStarts[line] ?? this.text.length + 1;
    const lineEnd = this.text[next - 2] === "\r" ? next - 2 : next - 1;
    const end = Math.min(part.offset(Math.max(from, to - 1)) + 1, lineEnd);
    return {
      file: this.file,
      line,
      startColumn: start - lineStart + 1,
      endColumn: Math.max(end, start + 1) - lineStart + 1,
      excerpt: this.text.slice(lineStart, Math.min(lineEnd, lineStart + 300)),
    };
  }
}

/** What one file says, kept until all were read. */
export interface Scanned {
  readonly bytes: number;
  readonly facts: TextFacts;
  readonly quarto: ReturnType<typeof quartoDocument>;
}

export const scanFile = (file: string, text: string, bytes: number): Scanned => ({
  bytes,
  facts: scanText(file, text),
  quarto: quartoDocument(file, text),
});

/** What all files of a project say together. */
export function joinFacts(all: readonly Scanned[], skipped: SourceFacts["skipped"] = []): SourceFacts {
  const uses = all.flatMap(({ facts }) => facts.uses);
  return {
    files: all.length,
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    uses,
    acts: all.flatMap(({ facts }) => facts.acts),
    settings: all.flatMap(({ facts }) => facts.settings),
    scripts: all.flatMap(({ facts }) => facts.scripts),
    libraries: librariesOf(uses),
    skipped,
    quarto: settleQuarto(all.flatMap(({ quarto }) => quarto ?? [])),
  };
}

/** What the knowledge says about the libraries that are used. */
function librariesOf(uses: readonly LibraryUse[]): ReadonlyMap<string, Library> {
  const ids = new Set(uses.map((use) => use.library));
  return new Map(
    [...ids].flatMap((id) => {
      const library = libraryById(id);
      return library === undefined ? [] : [[id, library] as const];
    }),
  );
}
