import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseAllDocuments,
} from "yaml";
import type { Position, Range } from "../dockerfile/model.ts";
import type { JobFacts, ManifestDocument, ManifestProblem, Path } from "./facts.ts";

/** The API server takes no object of more than 1.5 MiB, and nobody writes a third of that by hand. */
const MAX_LENGTH = 512 * 1024;
const MAX_DEPTH = 64;
/** Brackets that may be open at once: a parser must not be led into its own depths. */
const MAX_BRACKETS = 256;
/** Entries that `<<` may copy in one file. */
const MAX_MERGED = 10_000;
const MAX_PROBLEMS = 20;
/** An alias makes a document of two characters: a list of them must not become endless work. */
const MAX_DOCUMENTS = 1000;

/** Cheap: says whether a text could be a Kubernetes manifest, without parsing it. */
export const looksLikeManifest = (text: string): boolean => {
  const start = text.slice(0, MAX_LENGTH);
  return /^\s*["']?apiVersion["']?[ \t]*:/m.test(start) && /^\s*["']?kind["']?[ \t]*:/m.test(start);
};

/** Reads a manifest: text in, objects with places out. It never throws. */
export function readManifest(text: string, file: string): JobFacts {
  const lines = text.slice(0, MAX_LENGTH).split(/\r\n|[\n\r]/);
  const start = { line: 1, column: 1 };
  const top: Range = { start, end: { line: 1, column: Math.max(2, (lines[0] ?? "").length + 1) } };
  const unread = (message: string): JobFacts => ({
    file,
    lines,
    documents: [],
    problems: [{ message, range: top }],
  });
  if (text.length > MAX_LENGTH) return unread("the file is larger than 512 KiB, which no job is");
  if (text.includes("\0")) return unread("the file is not text");
  if (lines.filter((line) => /^---(?:\s|$)/.test(line)).length > MAX_DOCUMENTS)
    return unread(`the file has more than ${MAX_DOCUMENTS} parts, which no list of jobs has`);
  if (bracketDepth(text) > MAX_BRACKETS || indentation(lines) > MAX_BRACKETS)
    return unread("the file is nested too deeply to be a job");
  try {
    return new Reader(text.replace(/^\uFEFF/, " "), file, lines).read();
  } catch {
    // A defect of the parser is no reason to stop: the file is said to be unread.
    return unread("the file could not be read as YAML");
  }
}

/** Most brackets open at once, strings and comments included: only an upper bound is needed. */
function bracketDepth(text: string): number {
  let depth = 0;
  let most = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 91 || code === 123) most = Math.max(most, ++depth);
    else if ((code === 93 || code === 125) && depth > 0) depth--;
  }
  return most;
}

/** How deep indentation can go: each level begins at a column of its own, by blanks or by `- `, `? ` and `: `. */
function indentation(lines: readonly string[]): number {
  const columns = new Set<number>();
  let most = 0;
  for (const line of lines) {
    let column = 0;
    let marks = 0;
    for (; column < line.length; column++) {
      const code = line.charCodeAt(column);
      const isMark = (code === 45 || code === 58 || code === 63) && line.charCodeAt(column + 1) === 32;
      if (isMark) {
        columns.add(column);
        marks++;
      } else if (code !== 32) break;
    }
    columns.add(column);
    for (; column < line.length && marks <= MAX_BRACKETS; column++) {
      const code = line.charCodeAt(column);
      if ((code === 45 || code === 63) && line.charCodeAt(column + 1) === 32) marks++;
    }
    most = Math.max(most, marks);
    if (columns.size > MAX_BRACKETS) break;
  }
  return Math.max(most, columns.size);
}

interface Places {
  readonly key: number;
  readonly value: number;
  readonly end: number;
  /** True when the value is text or a number, so that it is what a finding points at. */
  readonly scalar: boolean;
}
type PlainMap = Record<string, unknown>;

class Reader {
  readonly #text: string;
  readonly #file: string;
  readonly #lines: readonly string[];
  readonly #counter = new LineCounter();
  /** Where the entries of each map and list stand. */
  readonly #places = new WeakMap<object, Map<string | number, Places>>();
  readonly #problems: ManifestProblem[] = [];
  #merged = 0;

  constructor(text: string, file: string, lines: readonly string[]) {
    this.#text = text;
    this.#file = file;
    this.#lines = lines;
  }

  read(): JobFacts {
    const documents: ManifestDocument[] = [];
    // The parser's own check for doubled keys compares each with each.
    const parsed = parseAllDocuments(this.#text, {
      lineCounter: this.#counter,
      uniqueKeys: false,
      logLevel: "silent",
      prettyErrors: false,
    });
    for (const document of Array.isArray(parsed) ? parsed : []) {
      const [error] = document.errors;
      if (error !== undefined) {
        this.#problem(plainMessage(error.message, this.#text), error.pos[0], error.pos[1]);
        continue;
      }
      this.#addDocument(document, documents);
    }
    return { file: this.#file, lines: this.#lines, documents, problems: this.#problems };
  }

  #addDocument(document: Document.Parsed, documents: ManifestDocument[]): void {
    const contents = document.contents as ParsedNode | null;
    if (contents === null || (isScalar(contents) && contents.value === null)) return;
    const anchors = new Map<string, unknown>();
    const value = this.#plain(contents, anchors, 0);
    const at = contents.range[0];
    if (!isPlainMap(value)) {
      this.#problem("this is no Kubernetes object: “apiVersion” and “kind” are missing", at, at + 1);
      return;
    }
    // Only a well-formed List is taken apart; its items never hold lists of their own.
    const items = value.kind === "List" && Array.isArray(value.items) ? (value.items as unknown[]) : [value];
    for (const item of items) {
      if (!isPlainMap(item)) continue;
      if (documents.length >= MAX_DOCUMENTS) {
        this.#problem(
          `there are more than ${MAX_DOCUMENTS} objects, and the rest was not looked at`,
          at,
          at + 1,
        );
        return;
      }
      documents.push(this.#document(item, at));
    }
  }

  #document(value: PlainMap, offset: number): ManifestDocument {
    return {
      kind: typeof value.kind === "string" ? value.kind : "",
      apiVersion: typeof value.apiVersion === "string" ? value.apiVersion : "",
      value,
      rangeOf: (path) => this.#rangeOf(value, path, offset, false),
      keyOf: (path) => this.#rangeOf(value, path, offset, true),
    };
  }

  #rangeOf(value: unknown, path: Path, offset: number, wantKey: boolean): Range {
    let node = value;
    let known: Places | undefined;
    let whole = path.length > 0;
    for (const step of path) {
      const next = isContainer(node) ? this.#places.get(node)?.get(step) : undefined;
      if (next === undefined) {
        whole = false;
        break;
      }
      known = next;
      node = (node as PlainMap)[step as string];
    }
    if (known === undefined) {
      const first = isContainer(value) ? this.#places.get(value)?.values().next().value : undefined;
      return this.#range(first?.key ?? offset, first?.end ?? offset + 1);
    }
    return whole && !wantKey && known.scalar
      ? this.#range(known.value, known.end)
      : this.#range(known.key, known.scalar ? known.value : known.end);
  }

  /** On one line: a part of many lines is shown by its first. */
  #range(from: number, to: number): Range {
    const position = (offset: number): Position => {
      const { line, col } = this.#counter.linePos(offset);
      return { line: Math.max(1, line), column: Math.max(1, col) };
    };
    const start = position(from);
    const end = position(to);
    const line = this.#lines[start.line - 1] ?? "";
    const last = end.line === start.line ? end.column : line.trimEnd().length + 1;
    const written = line.slice(start.column - 1, last - 1).replace(/[\s:]+$/, "").length;
    return { start, end: { line: start.line, column: start.column + Math.max(1, written) } };
  }

  #plain(node: unknown, anchors: Map<string, unknown>, depth: number): unknown {
    if (isAlias(node)) return anchors.get(node.source);
    if (isScalar(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node.value);
      return node.value;
    }
    if (!isMap(node) && !isSeq(node)) return undefined;
    if (depth >= MAX_DEPTH) {
      const [from = 0] = node.range ?? [];
      this.#problem("the file is nested too deeply to be a job", from, from + 1);
      return undefined;
    }
    const places = new Map<string | number, Places>();
    const value: unknown[] | PlainMap = isSeq(node) ? [] : (Object.create(null) as PlainMap);
    this.#places.set(value, places);
    if (isSeq(node) && Array.isArray(value)) {
      node.items.forEach((item, index) => {
        value.push(this.#plain(item, anchors, depth + 1));
        const [from, to] = rangeOf(item) ?? [0, 0];
        places.set(index, { key: from, value: from, end: to, scalar: isScalar(item) });
      });
    } else if (isMap(node) && !Array.isArray(value)) {
      for (const pair of node.items) if (isPair(pair)) this.#entry(pair, value, places, anchors, depth);
    }
    if (node.anchor !== undefined) anchors.set(node.anchor, value);
    return value;
  }

  #entry(
    pair: { readonly key: unknown; readonly value: unknown },
    map: PlainMap,
    places: Map<string | number, Places>,
    anchors: Map<string, unknown>,
    depth: number,
  ): void {
    if (!isScalar(pair.key)) {
      // `{{ .Values.image }}` without quotes is a map in a map to YAML.
      const [at = 0] = rangeOf(pair.key) ?? [];
      this.#problem(plainMessage("a key is no text", this.#text), at, at + 1);
      return;
    }
    const key = String(pair.key.value);
    const [from, keyEnd] = rangeOf(pair.key) ?? [0, 0];
    const value = this.#plain(pair.value, anchors, depth + 1);
    if (key === "<<") {
      for (const source of Array.isArray(value) ? value : [value]) this.#merge(source, map, places);
      return;
    }
    const before = places.get(key);
    // A merged entry stands elsewhere and gives way without a word.
    if (
      before !== undefined &&
      before.key >= 0 &&
      before.key < from &&
      key in map &&
      !this.#inherited.has(before)
    )
      this.#problem(`“${key.slice(0, 80)}” is given twice`, from, keyEnd);
    map[key] = value;
    const [valueFrom, valueTo] = rangeOf(pair.value) ?? [keyEnd, keyEnd];
    places.set(key, {
      key: from,
      value: valueFrom,
      end: valueTo,
      scalar: isScalar(pair.value) && valueTo > valueFrom,
    });
  }

  readonly #inherited = new WeakSet<Places>();

  #merge(source: unknown, map: PlainMap, places: Map<string | number, Places>): void {
    if (!isPlainMap(source)) return;
    for (const [key, value] of this.#merged < MAX_MERGED ? Object.entries(source) : []) {
      this.#merged++;
      if (key in map) continue;
      map[key] = value;
      const place = this.#places.get(source)?.get(key);
      if (place === undefined) continue;
      const copy = { ...place };
      this.#inherited.add(copy);
      places.set(key, copy);
    }
  }

  #problem(message: string, from: number, to: number): void {
    if (this.#problems.length < MAX_PROBLEMS)
      this.#problems.push({ message, range: this.#range(from, Math.max(to, from + 1)) });
  }
}

const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null;

const isPlainMap = (value: unknown): value is PlainMap => isContainer(value) && !Array.isArray(value);

function rangeOf(node: unknown): readonly [number, number] | undefined {
  if (!isContainer(node) || !("range" in node) || !Array.isArray(node.range)) return undefined;
  const [from, to] = node.range as number[];
  return from === undefined || to === undefined ? undefined : [from, to];
}

/** The parser's words are for programmers. */
function plainMessage(message: string, text: string): string {
  if (text.includes("{{"))
    return "this is a template (“{{ }}”), and only the filled-in manifest can be checked";
  const first = message.split("\n", 1)[0] ?? "";
  if (/tab/i.test(first)) return "a line is indented with a tab, and YAML takes spaces only";
  return `it is not valid YAML (${first.replace(/[.\s]+$/, "").slice(0, 150)})`;
}
