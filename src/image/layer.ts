import { PratiqueError } from "../errors.ts";
import type { ContentSink, EntryKind, LayerEntry, LayerVisitor } from "./collector.ts";
import { type Compression, compressionOf, type Inflater, inflater } from "./compression.ts";
import type { Digest, Digester } from "./digester.ts";
import { LayerTable, type LinkTexts } from "./layer-table.ts";
import { NO_PATH, type PathTable } from "./paths.ts";
import { nameOf, type TarHandler, type TarHeader, TarWalker } from "./tar.ts";

/** What one layer's archive held, whichever places it has in the image. */
export interface LayerContent {
  /** The number by which collectors know it. */
  readonly content: number;
  readonly table: LayerTable;
  readonly compression: Compression;
  /** Bytes as stored, and of the archive inside. */
  readonly storedSize: number;
  readonly size: number;
  /** `sha256:…` of what is stored and of the archive inside; undefined when digests are not made. */
  readonly digest: string | undefined;
  readonly diffId: string | undefined;
  /** Names that lead out of the image (`../`): how many, and the first few. */
  readonly climbing: { readonly count: number; readonly sample: readonly string[] };
}

export interface LayerOptions {
  readonly content: number;
  readonly paths: PathTable;
  readonly links: LinkTexts;
  readonly visitors: readonly LayerVisitor[];
  /** Undefined where no digests are to be made. */
  readonly digester: Digester | undefined;
}

/** Most bytes that a visitor may ask for by number. */
const MAX_ASKED = 64 * 1024 * 1024;
/** Deflate cannot do better than 1:1032; what comes near and goes on is made to fill a disk. */
const MAX_RATIO = 250;
const SUSPICIOUS_SIZE = 1024 ** 3;
const MAX_SAMPLE = 5;

/** Reads one layer as its bytes come: takes the compression off, makes digests, and shows the entries to the visitors. */
export class LayerReader {
  readonly #options: LayerOptions;
  readonly #entries: LayerEntries;
  readonly #walker: TarWalker;
  #stored: Digest | undefined;
  #inside: Digest | undefined;
  #start: Buffer = Buffer.alloc(0);
  #compression: Compression | undefined;
  #inflater: Inflater | undefined;
  #storedSize = 0;
  #size = 0;

  constructor(options: LayerOptions) {
    this.#options = options;
    this.#entries = new LayerEntries(options);
    this.#walker = new TarWalker(this.#entries);
  }

  /** How many of the next bytes need not be read: none where digests are made. */
  get idle(): number {
    return this.#compression === "none" && this.#options.digester === undefined ? this.#walker.idle : 0;
  }

  /** Bytes that it likes to get at once; undefined where that does not matter. */
  get appetite(): number | undefined {
    return this.#inflater?.appetite;
  }

  /** Takes note that bytes were passed over, at most `idle`. */
  pass(count: number): void {
    this.#storedSize += count;
    this.#size += count;
    this.#walker.pass(count);
  }

  /** The chunk may be used again when this settles; nothing to wait for where it gives undefined. */
  write(chunk: Buffer): Promise<void> | undefined {
    this.#storedSize += chunk.length;
    if (this.#compression === "none") {
      this.#inside?.update(chunk);
      this.#size += chunk.length;
      this.#walker.write(chunk);
      return undefined;
    }
    if (this.#inflater === undefined) return this.#begin(chunk);
    // Unpacking goes on beside the digest of what is unpacked.
    const written = this.#inflater.write(chunk);
    this.#stored?.update(chunk);
    return written;
  }

  async #begin(chunk: Buffer, final = false): Promise<void> {
    const start = this.#start.length === 0 ? chunk : Buffer.concat([this.#start, chunk]);
    if (start.length < 4 && !final) {
      this.#start = Buffer.from(start);
      return;
    }
    this.#compression = compressionOf(start);
    const { digester } = this.#options;
    if (this.#compression === "none") {
      this.#inside = digester?.beside();
      this.#inside?.update(start);
      this.#size += start.length;
      this.#walker.write(start);
      return;
    }
    // Unpacking has a thread of its own, and takes longer than all the rest.
    this.#stored = digester?.here();
    this.#inside = digester?.here();
    this.#stored?.update(start);
    this.#inflater = await inflater(this.#compression, (part) => {
      this.#size += part.length;
      if (this.#size > SUSPICIOUS_SIZE && this.#size > this.#storedSize * MAX_RATIO) throw bomb();
      this.#inside?.update(part);
      this.#walker.write(part);
    });
    await this.#inflater.write(start);
  }

  async end(): Promise<LayerContent> {
    if (this.#compression === undefined) await this.#begin(Buffer.alloc(0), true);
    await this.#inflater?.end();
    this.#walker.end();
    const inside = this.#inside?.hex();
    const stored = this.#compression === "none" ? inside : this.#stored?.hex();
    return {
      content: this.#options.content,
      table: this.#entries.table,
      compression: this.#compression ?? "none",
      storedSize: this.#storedSize,
      size: this.#size,
      digest: stored === undefined ? undefined : `sha256:${stored}`,
      diffId: inside === undefined ? undefined : `sha256:${inside}`,
      climbing: this.#entries.climbing,
    };
  }

  /** Lets go of what works beside us; for a reading that failed. */
  destroy(): void {
    this.#inflater?.destroy();
  }
}

const bomb = (): PratiqueError =>
  new PratiqueError("image.too-large", `A layer unpacks to more than ${MAX_RATIO} times its size.`, {
    hint: "It is mostly zeros. If “useradd” with a large user id made it (a huge /var/log/lastlog), give it --no-log-init.",
  });

const WHITEOUT = Buffer.from(".wh.");
const OPAQUE = Buffer.from(".wh..wh..opq");
/** What AUFS kept for itself, which is no file of the image. */
const AUFS = Buffer.from(".wh..wh.");
const SLASH = 0x2f;

/** Turns an archive's members into rows of the table and calls to the visitors. */
class LayerEntries implements TarHandler {
  readonly table: LayerTable;
  readonly climbing = { count: 0, sample: [] as string[] };
  readonly #paths: PathTable;
  readonly #visitors: readonly LayerVisitor[];
  /** Those that want bytes of the present entry. */
  #sinks: Wanting[] = [];

  constructor({ links, paths, visitors }: LayerOptions) {
    this.table = new LayerTable(links);
    this.#paths = paths;
    this.#visitors = visitors;
  }

  entry(header: TarHeader): boolean {
    const { bytes, nameStart, nameEnd } = header;
    // git writes its commit's id as a member of this kind, and volume labels are no files either.
    if (nameStart === nameEnd) return false;
    let path: number;
    let kind: EntryKind = header.kind;
    const last = lastPart(bytes, nameStart, nameEnd);
    if (bytes[last] === 0x2e && startsWith(bytes, last, WHITEOUT)) {
      const removed = whiteout(bytes.subarray(nameStart, nameEnd), last - nameStart);
      if (removed === undefined) return false;
      kind = removed.kind;
      path = this.#paths.intern(removed.path);
    } else path = this.#paths.intern(bytes, nameStart, nameEnd);
    if (this.#paths.climbed) {
      this.climbing.count++;
      if (this.climbing.sample.length < MAX_SAMPLE) this.climbing.sample.push(nameOf(header).slice(0, 300));
    }
    const target = kind === "hardlink" ? this.#paths.intern(header.link) : NO_PATH;
    this.table.add({
      path,
      kind,
      mode: header.mode,
      uid: header.uid,
      gid: header.gid,
      size: header.size,
      target,
      link: header.link,
    });
    if (this.#visitors.length === 0) return false;
    const entry = new Entry(this.#paths, path, kind, header, target);
    for (const visitor of this.#visitors) {
      const wanted = visitor.entry(entry);
      if (wanted === undefined || wanted === 0 || kind !== "file") continue;
      this.#sinks.push(typeof wanted === "number" ? new Head(visitor, entry, wanted) : new Sink(wanted));
    }
    return this.#sinks.length > 0;
  }

  data(chunk: Buffer, at: number): boolean | number {
    let from = NO_MORE;
    for (const sink of this.#sinks) from = Math.min(from, sink.write(chunk, at));
    return from === NO_MORE ? false : from;
  }

  done(): void {
    if (this.#sinks.length === 0) return;
    const sinks = this.#sinks;
    this.#sinks = [];
    for (const sink of sinks) sink.end();
  }
}

/** Where the last part of a name starts; slashes at the end do not count. */
function lastPart(name: Buffer, start: number, end: number): number {
  let at = end;
  while (at > start && name[at - 1] === SLASH) at--;
  while (at > start && name[at - 1] !== SLASH) at--;
  return at;
}

/** What a name beginning with `.wh.` takes away; undefined for what is no file of the image at all. */
function whiteout(name: Buffer, last: number): { kind: "removal" | "opaque"; path: Buffer } | undefined {
  let end = name.length;
  while (end > 0 && name[end - 1] === SLASH) end--;
  const marker = name.subarray(last, end);
  const folder = name.subarray(0, last);
  if (marker.equals(OPAQUE)) return { kind: "opaque", path: folder };
  const hidden = marker.subarray(WHITEOUT.length);
  // `.wh..` and `.wh...` would take the folder itself, or the one above it.
  const nothing = hidden.length === 0 || hidden.equals(DOT) || hidden.equals(DOTS);
  if (nothing || startsWith(marker, 0, AUFS)) return undefined;
  return { kind: "removal", path: Buffer.concat([folder, hidden]) };
}

const DOT = Buffer.from(".");
const DOTS = Buffer.from("..");

function startsWith(bytes: Buffer, at: number, prefix: Buffer): boolean {
  for (let index = 0; index < prefix.length; index++) if (bytes[at + index] !== prefix[index]) return false;
  return true;
}

class Entry implements LayerEntry {
  readonly kind: EntryKind;
  readonly size: number;
  readonly readable: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly target: string;
  readonly attributes: readonly string[];
  readonly #paths: PathTable;
  readonly #path: number;
  #text: string | undefined;
  #name: string | undefined;

  constructor(paths: PathTable, path: number, kind: EntryKind, header: TarHeader, target: number) {
    this.#paths = paths;
    this.#path = path;
    this.kind = kind;
    this.size = header.size;
    this.readable = header.readable;
    this.mode = header.mode;
    this.uid = header.uid;
    this.gid = header.gid;
    this.mtime = header.mtime;
    this.target =
      kind === "symlink" ? header.link.toString("utf8") : kind === "hardlink" ? paths.text(target) : "";
    this.attributes = header.attributes === undefined ? NONE : [...header.attributes.keys()];
  }

  get path(): string {
    this.#text ??= this.#paths.text(this.#path);
    return this.#text;
  }

  get name(): string {
    this.#name ??= this.#paths.nameText(this.#path);
    return this.#name;
  }
}

const NONE: readonly string[] = [];

const NO_MORE = Number.MAX_SAFE_INTEGER;

/** Takes content that begins at `at`, and says from where on it wants more. */
interface Wanting {
  write(chunk: Buffer, at: number): number;
  end(): void;
}

/** Gathers the first bytes of a file, without a copy where they come in one piece. */
class Head implements Wanting {
  readonly #visitor: LayerVisitor;
  readonly #entry: LayerEntry;
  readonly #wanted: number;
  readonly #parts: Buffer[] = [];
  #length = 0;
  #delivered = false;

  constructor(visitor: LayerVisitor, entry: LayerEntry, wanted: number) {
    this.#visitor = visitor;
    this.#entry = entry;
    this.#wanted = Math.min(wanted, entry.readable, MAX_ASKED);
  }

  write(chunk: Buffer): number {
    if (this.#delivered) return NO_MORE;
    const part = chunk.subarray(0, this.#wanted - this.#length);
    this.#length += part.length;
    if (this.#length < this.#wanted) {
      this.#parts.push(Buffer.from(part));
      return 0;
    }
    this.#delivered = true;
    this.#visitor.content?.(
      this.#entry,
      this.#parts.length === 0 ? part : Buffer.concat([...this.#parts, part]),
    );
    return NO_MORE;
  }

  end(): void {
    if (!this.#delivered) this.#visitor.content?.(this.#entry, Buffer.concat(this.#parts));
  }
}

/** Shows a sink what it wants, and nothing between. */
class Sink implements Wanting {
  readonly #sink: ContentSink;
  #from = 0;

  constructor(sink: ContentSink) {
    this.#sink = sink;
  }

  write(chunk: Buffer, at: number): number {
    const end = at + chunk.length;
    if (this.#from >= end) return this.#from;
    const wanted = this.#sink.write(this.#from > at ? chunk.subarray(this.#from - at) : chunk);
    this.#from = wanted === false ? NO_MORE : end + (typeof wanted === "number" ? wanted : 0);
    return this.#from;
  }

  end(): void {
    this.#sink.end?.();
  }
}
