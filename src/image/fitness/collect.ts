import type { Collector, LayerEntry } from "../collector.ts";
import type { ImageRead } from "../image.ts";
import { type ElfFacts, readElf } from "./elf.ts";
import { RangeSink } from "./ranges.ts";

/** What has to be looked at while the layers pass; the rest is asked of the finished image's tree. */
export interface FitnessCollector extends Collector {
  /** What the program or library at this very path of the finished image says; undefined where it is none. */
  elf(image: Pick<ImageRead, "tree">, path: string): ElfFacts | undefined;
  /** All programs and libraries of the finished image, by every name. */
  elfs(image: Pick<ImageRead, "tree" | "layers">): Iterable<readonly [path: string, facts: ElfFacts]>;
  /** A small text of the finished image that says where libraries are. */
  text(image: Pick<ImageRead, "tree">, path: string): string | undefined;
  /** Accounts whose password is empty. */
  openAccounts(image: Pick<ImageRead, "tree">): readonly string[];
  /** Paths in any layer whose owner's or group's number is above what a rootless engine has room for. */
  largeIds(image: Pick<ImageRead, "layers">): Found;
  /** Whether any layer has a library of this file name. */
  hasLibrary(name: string): boolean;
  /** Files that editors and builds leave behind, in the finished image. */
  leftOvers(image: Pick<ImageRead, "tree" | "layers">): Found;
  /** Why not all programs were looked at; undefined where they were. */
  readonly problem: string | undefined;
}

/** How many there are, and the first few. */
export interface Found {
  readonly count: number;
  readonly paths: readonly string[];
}

export const MAX_SAMPLE = 20;
/** More than any image seen; some 500 bytes each. */
const MAX_ELFS = 50_000;
const MAX_LIBRARIES = 200_000;
const MAX_LEFT_OVERS = 10_000;
const MAX_TEXT = 512 * 1024;
const MAX_TEXTS = 8 * 1024 * 1024;
/** The first number for which a rootless engine has no room: it has 65,536 of them. */
const FIRST_TOO_LARGE = 65_536;

const LIBRARY = /\.so(?:\.[\w.-]+)?$/;
const LOADER_TEXT = /^\/etc\/(?:ld\.so\.conf(?:\.d\/[^/]+\.conf)?|ld\.so\.cache|ld-musl-\w+\.path)$/;
/** What an editor, a desktop or a build left; folders are counted once. */
const LEFT_OVERS: ReadonlySet<string> = new Set([
  "Dockerfile",
  "Containerfile",
  "docker-compose.yml",
  "docker-compose.yaml",
  "compose.yaml",
  ".DS_Store",
  "Thumbs.db",
  ".vscode",
  ".idea",
  ".vimrc",
  ".Rproj.user",
  ".ipynb_checkpoints",
  "__MACOSX",
  ".viminfo",
  ".Rhistory",
  ".bash_history",
  ".python_history",
]);
/** Packages carry such files of their own, which nobody left there. */
const PACKAGED =
  /\/(?:site-packages|dist-packages|node_modules|site-library|pkgs|gems|share)\/|^\/usr\/(?:lib|src)\//;

interface Layer {
  readonly elfs: Map<string, ElfFacts>;
  /** Small texts, and for `/etc/shadow` the accounts without a password, one a line. */
  readonly texts: Map<string, string>;
  readonly leftOvers: string[];
  large: number;
  readonly largePaths: string[];
}

export function collectFitness(): FitnessCollector {
  const layers = new Map<number, Layer>();
  const libraries = new Set<string>();
  const names = new Map<string, string>();
  let elfs = 0;
  let textRoom = MAX_TEXTS;
  let full = false;
  /** Most programs ask for the same few libraries. */
  const shared = (name: string): string => {
    const known = names.get(name);
    if (known === undefined) names.set(name, name);
    return known ?? name;
  };
  const keep = (layer: Layer, path: string, facts: ElfFacts | undefined): void => {
    if (facts === undefined) return;
    if (++elfs > MAX_ELFS) full = true;
    else
      layer.elfs.set(path, {
        ...facts,
        needed: facts.needed.map(shared),
        rpath: facts.rpath.map(shared),
        runpath: facts.runpath.map(shared),
      });
  };
  const at = (
    { tree }: Pick<ImageRead, "tree">,
    path: string,
  ): { layer: Layer; source: string } | undefined => {
    const entry = tree.entry(path);
    const layer = entry?.kind === "file" ? layers.get(entry.content) : undefined;
    return entry === undefined || layer === undefined ? undefined : { layer, source: entry.source };
  };
  return {
    layer(content) {
      const layer: Layer = { elfs: new Map(), texts: new Map(), leftOvers: [], large: 0, largePaths: [] };
      layers.set(content, layer);
      return {
        entry(entry) {
          const { kind, uid, gid } = entry;
          if (kind === "removal" || kind === "opaque") return undefined;
          if (uid >= FIRST_TOO_LARGE || gid >= FIRST_TOO_LARGE) {
            layer.large++;
            if (layer.largePaths.length < MAX_SAMPLE) layer.largePaths.push(entry.path);
          }
          const { name } = entry;
          if (LEFT_OVERS.has(name) && layer.leftOvers.length < MAX_LEFT_OVERS && !PACKAGED.test(entry.path))
            layer.leftOvers.push(entry.path);
          const library = kind !== "folder" && name.includes(".so") && LIBRARY.test(name);
          if (library && libraries.size < MAX_LIBRARIES) libraries.add(name);
          if (kind !== "file") return undefined;
          if (isText(entry)) return entry.size <= MAX_TEXT ? MAX_TEXT : undefined;
          if (!library && (entry.mode & 0o111) === 0) return undefined;
          const { path, readable } = entry;
          // Of two entries of one name the last one counts.
          layer.elfs.delete(path);
          return new RangeSink(readElf(readable), (facts) => keep(layer, path, facts));
        },
        content({ path }, bytes) {
          const text = bytes.toString(path.endsWith(".cache") ? "latin1" : "utf8");
          const kept = path === SHADOW ? withoutPassword(text) : text;
          textRoom -= kept.length;
          if (textRoom >= 0) layer.texts.set(path, kept);
        },
      };
    },
    get problem() {
      return full ? `programs and libraries beyond the first ${MAX_ELFS.toLocaleString("en-GB")}` : undefined;
    },
    elf(image, path) {
      const place = at(image, path);
      return place?.layer.elfs.get(place.source);
    },
    *elfs(image) {
      for (const content of new Set(image.layers.map((layer) => layer.content))) {
        for (const [path, facts] of layers.get(content)?.elfs ?? []) {
          const entry = image.tree.entry(path);
          if (entry?.content === content && entry.source === path) yield [path, facts];
        }
      }
    },
    text(image, path) {
      const place = at(image, path);
      return place === undefined || path === SHADOW ? undefined : place.layer.texts.get(place.source);
    },
    openAccounts(image) {
      const place = at(image, SHADOW);
      return (place?.layer.texts.get(place.source) ?? "").split("\n").filter(Boolean);
    },
    largeIds(image) {
      const used = [...new Set(image.layers.map(({ content }) => content))].flatMap(
        (content) => layers.get(content) ?? [],
      );
      return {
        count: used.reduce((sum, { large }) => sum + large, 0),
        paths: used.flatMap(({ largePaths }) => largePaths).slice(0, MAX_SAMPLE),
      };
    },
    hasLibrary: (name) => libraries.has(name),
    leftOvers(image) {
      const found = new Set<string>();
      for (const { content } of image.layers)
        for (const path of layers.get(content)?.leftOvers ?? [])
          if (image.tree.entry(path) !== undefined) found.add(path);
      return { count: found.size, paths: [...found].sort().slice(0, MAX_SAMPLE) };
    },
  };
}

const SHADOW = "/etc/shadow";

/** Most files are told by their name alone, whose path need not be put together. */
function isText(entry: LayerEntry): boolean {
  const { name } = entry;
  if (name === "shadow") return entry.path === SHADOW;
  return (name.startsWith("ld") || name.endsWith(".conf")) && LOADER_TEXT.test(entry.path);
}

/** Nothing of the passwords themselves is kept. */
function withoutPassword(shadow: string): string {
  return shadow
    .split("\n")
    .flatMap((line) => {
      const [name = "", password] = line.split(":");
      return password === "" && name !== "" ? [name.slice(0, 64)] : [];
    })
    .join("\n");
}
