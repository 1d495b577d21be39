import type { Collector, LayerEntry, LayerVisitor } from "../collector.ts";
import type { ImageRead } from "../image.ts";
import { apk } from "./apk.ts";
import { conda } from "./conda.ts";
import { dpkg, osRelease } from "./dpkg.ts";
import type { Declared, Distribution, Ecosystem, FileFacts, PackageType } from "./ecosystem.ts";
import { java } from "./java.ts";
import { julia } from "./julia.ts";
import { type Licence, NO_LICENCE } from "./licence.ts";
import { npm } from "./npm.ts";
import { programs } from "./programs.ts";
import { purlIn } from "./purl.ts";
import { python } from "./python.ts";
import { r } from "./r.ts";
import { otherRpm, rpm } from "./rpm.ts";

/** A package of the image: in it, or only in a layer below the one that took it away. */
export interface InventoryPackage {
  readonly type: PackageType;
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly licence: Licence;
  /** The file that declares it, the first of them by name. */
  readonly path: string;
  /** How many files declare it. */
  readonly places: number;
  /** Index of the layer that brought it. */
  readonly layer: number;
  /** Index of the layer that removed or replaced it. */
  readonly removedIn: number | undefined;
  /** What it brings under another tool's name: a Python package within one of Debian. */
  readonly contains: readonly InventoryPackage[];
}

export interface Inventory {
  readonly distribution: Distribution | undefined;
  /** In the finished image. */
  readonly packages: readonly InventoryPackage[];
  /** In layers below only. */
  readonly removed: readonly InventoryPackage[];
  /** What may be there and could not be told, in words. Empty when everything was looked at. */
  readonly notAssessed: readonly string[];
}

export interface InventoryCollector extends Collector {
  inventory(image: Pick<ImageRead, "layers" | "tree">): Inventory;
}

const ECOSYSTEMS: readonly Ecosystem[] = [
  dpkg,
  osRelease,
  apk,
  rpm,
  otherRpm,
  conda,
  python,
  r,
  julia,
  npm,
  java,
  programs,
];

/** More than any image seen; some 500 bytes each. */
const MAX_PACKAGES = 100_000;
/** Paths and licences beside them. */
const MAX_FACTS = 500_000;

type Files = Map<string, FileFacts>;

/** Reads what declares packages as the layers pass, and keeps no more than the packages. */
export function collectInventory(): InventoryCollector {
  const layers = new Map<number, { readonly files: Files; readonly links: Map<string, string> }>();
  let room = MAX_PACKAGES;
  let facts = MAX_FACTS;
  let full = false;
  const keep = (files: Files, path: string, found: FileFacts): void => {
    room -= found.packages?.length ?? 0;
    facts -= 1 + (found.licences?.size ?? 0);
    for (const { paths } of found.owned ?? []) facts -= paths.length;
    if (room < 0 || facts < 0) full = true;
    else files.set(path, found);
  };
  return {
    layer(content): LayerVisitor {
      const files: Files = new Map();
      const links = new Map<string, string>();
      layers.set(content, { files, links });
      let reader: Ecosystem | undefined;
      return {
        entry(entry) {
          if (entry.kind === "hardlink") {
            if (wantedBy(entry) !== undefined) links.set(entry.path, entry.target);
            return undefined;
          }
          if (entry.kind !== "file") return undefined;
          const found = wantedBy(entry);
          if (found !== undefined) {
            // Of two entries of one name the last one counts.
            files.delete(entry.path);
            reader = found.ecosystem;
            return found.bytes;
          }
          const { path } = entry;
          return programs.watch?.(entry, (program) => keep(files, path, program));
        },
        content(entry, bytes) {
          if (reader === undefined) return;
          const cut = bytes.length < entry.size && reader.startSuffices !== true;
          const { path } = entry;
          keep(files, path, cut ? { problem: `${path}, which is too large` } : reader.read(bytes, path));
        },
      };
    },
    inventory({ layers: stack, tree }) {
      const history = new History(tree);
      for (const { index, content } of stack) {
        const layer = layers.get(content);
        if (layer === undefined) continue;
        for (const [path, found] of layer.files) history.add(index, content, path, path, found);
        for (const [path, source] of layer.links) {
          const found = layer.files.get(source);
          if (found !== undefined) history.add(index, content, path, source, found);
        }
      }
      return assemble(history, full);
    },
  };
}

function wantedBy(entry: LayerEntry): { readonly ecosystem: Ecosystem; readonly bytes: number } | undefined {
  for (const ecosystem of ECOSYSTEMS) {
    const bytes = ecosystem.wanted(entry);
    if (bytes !== undefined) return { ecosystem, bytes };
  }
  return undefined;
}

/** What a file said in one layer. */
interface Version {
  readonly layer: number;
  readonly facts: FileFacts;
  /** Where the layer has the bytes: another name for a hard link. */
  readonly source: string;
  /** Whether this is the file of the finished image. */
  readonly final: boolean;
}

/** A package in one file, from the layer that put it there to the one that took it away. */
interface Occurrence {
  readonly declared: Declared;
  readonly path: string;
  readonly layer: number;
  removedIn: number | undefined;
}

/** What each file said from layer to layer. */
class History {
  readonly #tree: ImageRead["tree"];
  readonly #files = new Map<string, Version[]>();

  constructor(tree: ImageRead["tree"]) {
    this.#tree = tree;
  }

  add(layer: number, content: number, path: string, source: string, facts: FileFacts): void {
    const entry = this.#tree.entry(path);
    const final = entry?.kind === "file" && entry.content === content && entry.source === source;
    const versions = this.#files.get(path);
    const version = { layer, facts, source, final };
    if (versions === undefined) this.#files.set(path, [version]);
    else if (versions.at(-1)?.layer === layer) versions[versions.length - 1] = version;
    else versions.push(version);
  }

  /** Files as they are in the finished image. */
  *finals(): Generator<{ readonly path: string; readonly facts: FileFacts }> {
    for (const [path, versions] of this.#files) {
      const last = versions.at(-1);
      if (last?.final === true) yield { path, facts: last.facts };
    }
  }

  occurrences(distribution: Distribution | undefined): Map<string, Occurrence[]> {
    const ends = this.#ends();
    const found = new Map<string, Occurrence[]>();
    for (const [path, versions] of this.#files) {
      let open = new Map<string, Occurrence>();
      for (const [index, { layer, facts, source, final }] of versions.entries()) {
        const now = new Map<string, Occurrence>();
        for (const declared of facts.packages ?? []) {
          const purl = purlIn(declared, distribution);
          if (now.has(purl)) continue;
          const before = open.get(purl);
          const occurrence = before ?? { declared, path, layer, removedIn: undefined };
          if (before === undefined) push(found, purl, occurrence);
          now.set(purl, occurrence);
        }
        for (const [purl, occurrence] of open) if (!now.has(purl)) occurrence.removedIn = layer;
        open = now;
        if (final) continue;
        const next = versions[index + 1]?.layer;
        const gone = ends.get(layer)?.get(source) ?? this.#tree.entry(path)?.layer ?? layer;
        // Written again in place of what was there: what that says counts.
        if (next !== undefined && gone >= next) continue;
        for (const occurrence of open.values()) occurrence.removedIn = gone;
        open = new Map();
      }
    }
    return found;
  }

  #ends(): Map<number, ReadonlyMap<string, number>> {
    const asked = new Map<number, Set<string>>();
    for (const versions of this.#files.values())
      for (const { layer, source, final } of versions)
        if (!final) asked.set(layer, (asked.get(layer) ?? new Set()).add(source));
    return new Map([...asked].map(([layer, paths]) => [layer, this.#tree.ends(layer, paths)]));
  }
}

function push<K, V>(into: Map<K, V[]>, key: K, value: V): void {
  const list = into.get(key);
  if (list === undefined) into.set(key, [value]);
  else list.push(value);
}

function assemble(history: History, full: boolean): Inventory {
  const problems = new Set<string>();
  const owners = new Map<string, string>();
  const licences = new Map<string, Licence>();
  let distribution: Distribution | undefined;
  for (const { path, facts } of history.finals()) {
    if (facts.problem !== undefined) problems.add(facts.problem);
    for (const [name, licence] of facts.licences ?? []) licences.set(name, licence);
    for (const { type, name, paths } of facts.owned ?? [])
      for (const owned of paths) owners.set(owned, `${type} ${name}`);
    if (facts.distribution !== undefined && (distribution === undefined || path === "/etc/os-release"))
      distribution = facts.distribution;
  }
  if (full) problems.add(`packages beyond the first ${MAX_PACKAGES}`);
  const present: InventoryPackage[] = [];
  const removed: InventoryPackage[] = [];
  const ownerOf = new Map<InventoryPackage, string>();
  for (const [purl, occurrences] of history.occurrences(distribution)) {
    const there = occurrences.filter(({ removedIn }) => removedIn === undefined);
    const all = (there.length > 0 ? there : occurrences).toSorted((a, b) => compare(a.path, b.path));
    const [first] = all;
    if (first === undefined) continue;
    const { declared, path } = first;
    const { type, name, version } = declared;
    const own = type === "deb" ? licences.get(name) : undefined;
    const made: InventoryPackage = {
      type,
      name,
      version,
      purl,
      licence:
        own ??
        all.find(({ declared: { licence } }) => licence !== NO_LICENCE)?.declared.licence ??
        NO_LICENCE,
      path,
      places: all.length,
      layer: Math.min(...all.map(({ layer }) => layer)),
      removedIn: there.length > 0 ? undefined : Math.max(...all.map(({ removedIn }) => removedIn ?? 0)),
      contains: [],
    };
    if (there.length === 0) removed.push(made);
    else present.push(made);
    const owned = new Set(all.map((one) => owners.get(one.path)));
    const [owner] = owned;
    if (owned.size === 1 && owner !== undefined && !isSystem(type)) ownerOf.set(made, owner);
  }
  return {
    distribution,
    packages: join(present, ownerOf).toSorted(inOrder),
    removed: removed.toSorted(inOrder),
    notAssessed: [...problems].toSorted(compare),
  };
}

const isSystem = (type: PackageType): boolean =>
  type === "deb" || type === "apk" || type === "rpm" || type === "conda";

/** What one tool installed under another's name is that one's, and counts once. */
function join(
  present: readonly InventoryPackage[],
  ownerOf: ReadonlyMap<InventoryPackage, string>,
): InventoryPackage[] {
  const within = new Map<string, InventoryPackage[]>();
  for (const [one, owner] of ownerOf) push(within, owner, one);
  const joined = new Set<InventoryPackage>();
  const owners: InventoryPackage[] = [];
  for (const one of present) {
    const key = `${one.type} ${one.name}`;
    const contains = isSystem(one.type) ? within.get(key) : undefined;
    // Of several architectures the first one has it.
    if (contains === undefined) continue;
    within.delete(key);
    for (const inner of contains) joined.add(inner);
    joined.add(one);
    owners.push({ ...one, contains: contains.toSorted(inOrder) });
  }
  return [...present.filter((one) => !joined.has(one)), ...owners];
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const inOrder = (a: InventoryPackage, b: InventoryPackage): number =>
  compare(a.type, b.type) || compare(a.name.toLowerCase(), b.name.toLowerCase()) || compare(a.purl, b.purl);
