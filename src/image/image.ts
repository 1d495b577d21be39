import { availableParallelism } from "node:os";
import { setImmediate as breathe } from "node:timers/promises";
import type { ImageConfig } from "../engine/engine.ts";
import { interrupted } from "../system/process.ts";
import type { Bytes } from "./bytes.ts";
import type { Collector } from "./collector.ts";
import type { Compression } from "./compression.ts";
import { Digester } from "./digester.ts";
import { type LayerContent, LayerReader } from "./layer.ts";
import { LinkTexts } from "./layer-table.ts";
import {
  checkDigest,
  type HistoryEntry,
  invalidImage,
  type Platform,
  readConfiguration,
} from "./manifest.ts";
import { type LayerStatistics, type MergedTree, mergeLayers } from "./merged.ts";
import { PathTable } from "./paths.ts";

/** An image that was read: what it says of itself, its layers, and its files. Collectors have their own facts. */
export interface ImageRead {
  readonly config: ImageConfig;
  /** The configuration as it is written, for what is not taken out of it. */
  readonly configJson: unknown;
  readonly history: readonly HistoryEntry[];
  /** From the base up. */
  readonly layers: readonly ImageLayer[];
  readonly tree: MergedTree;
  readonly digests: DigestState;
  /** Platforms that are there beside the one that was read: `linux/arm64`. */
  readonly otherPlatforms: readonly string[];
}

/** Whether every blob was compared with its digest, and every layer with its diff id; else why not. */
export type DigestState = { readonly verified: true } | { readonly verified: false; readonly reason: string };

export interface ImageLayer {
  readonly index: number;
  /** The number by which collectors know its content; layers with the same content share it. */
  readonly content: number;
  readonly diffId: string;
  /** Of what is stored; undefined where the source keeps layers under no digest. */
  readonly digest: string | undefined;
  readonly compression: Compression;
  readonly storedSize: number;
  /** Bytes of the archive inside. */
  readonly size: number;
  /** The instruction that made it, where the history accounts for every layer. */
  readonly instruction: string | undefined;
  readonly statistics: LayerStatistics;
}

export interface ReadOptions {
  readonly collectors: readonly Collector[];
  /** Which of several platforms to read. */
  readonly platform: Platform;
  /** False reads no more than is wanted, and compares no digests. */
  readonly verify: boolean;
  /** A table that another image was read into: then a path has the same number in both, and they are soon compared. */
  readonly paths?: PathTable | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A place that holds an image. What it opens is closed again however the reading ends. */
export interface ImageSource {
  /** True for what is gone once it was read. */
  readonly once?: true;
  /** In words: “docker-archive heart.tar”. */
  readonly description: string;
  read(reading: ImageReading): Promise<FoundImage>;
}

/** What a source finds; the rest follows from it. */
export interface FoundImage {
  readonly config: Uint8Array;
  /** Of the configuration, where something names it. */
  readonly configDigest: string | undefined;
  readonly manifestDigest: string | undefined;
  readonly layers: readonly FoundLayer[];
  readonly otherPlatforms: readonly string[];
  /** Why digests could not be compared though that was wanted. */
  readonly unverified?: string;
}

export interface FoundLayer {
  readonly content: LayerContent;
  /** What the manifest says of the stored layer, where there is one. */
  readonly digest: string | undefined;
  readonly size: number | undefined;
}

/** Reads an image once, in memory that does not grow with its files' contents. Fails with `image.invalid` and its like. */
export async function readImage(source: ImageSource, options: ReadOptions): Promise<ImageRead> {
  const reading = new ImageReading(options);
  try {
    return assemble(await source.read(reading), reading, options.verify);
  } finally {
    reading.close();
  }
}

/** More paths than any image seen; they take some 60 bytes each. */
const MAX_PATHS = 2_500_000;

/** A table for the paths of an image, or of several that are to be compared. */
export const pathTable = (): PathTable => new PathTable(MAX_PATHS);

/** Milliseconds of work after which signals get their turn. */
const TURN = 50;

/** One reading of an image: makes the readers of its layers, and drives them. */
export class ImageReading {
  readonly platform: Platform;
  readonly verify: boolean;
  readonly signal: AbortSignal | undefined;
  readonly paths: PathTable;
  readonly #links = new LinkTexts(new PathTable(MAX_PATHS));
  readonly #collectors: readonly Collector[];
  readonly #open = new Set<LayerReader>();
  readonly #digester: Digester | undefined;
  #contents = 0;

  constructor({ collectors, paths, platform, verify, signal }: ReadOptions) {
    this.paths = paths ?? pathTable();
    this.#collectors = collectors;
    this.platform = platform;
    this.verify = verify;
    this.#digester = verify ? new Digester() : undefined;
    this.signal = signal;
  }

  /** A reader for the next layer's content. */
  layer(): LayerReader {
    const content = this.#contents++;
    const reader = new LayerReader({
      content,
      paths: this.paths,
      links: this.#links,
      visitors: this.#collectors.map((collector) => collector.layer(content)),
      digester: this.#digester,
    });
    this.#open.add(reader);
    return reader;
  }

  /** Reads a layer from start to end. */
  async readLayer(bytes: Bytes, reader = this.layer()): Promise<LayerContent> {
    let since = performance.now();
    try {
      for (;;) {
        this.throwIfStopped();
        if (bytes.skip !== undefined) {
          const { idle } = reader;
          if (idle > 0) reader.pass(bytes.skip(idle));
        }
        const next = bytes.next(reader.appetite);
        const chunk = next instanceof Promise ? await next : next;
        if (chunk === undefined) return await reader.end();
        const written = reader.write(chunk);
        if (written !== undefined) await written;
        if (performance.now() - since > TURN) {
          await breathe();
          since = performance.now();
        }
      }
    } finally {
      await bytes.close?.();
    }
  }

  /** Reads several layers, as many at once as there are processors; each key once. Gives the contents by key. */
  async readLayers(
    keys: readonly string[],
    open: (key: string) => Bytes | Promise<Bytes>,
  ): Promise<ReadonlyMap<string, LayerContent>> {
    const contents = new Map<string, LayerContent>();
    const waiting = [...new Set(keys)];
    let failed = false;
    const work = async (): Promise<void> => {
      for (let key = waiting.shift(); key !== undefined && !failed; key = waiting.shift()) {
        try {
          contents.set(key, await this.readLayer(await open(key)));
        } catch (error) {
          failed = true;
          throw error;
        }
      }
    };
    const workers = Array.from({ length: Math.min(4, availableParallelism()) }, work);
    // All have to be done before the files they read are closed; the first failure is the one to tell.
    const outcomes = await Promise.allSettled(workers);
    const failure = outcomes.find((outcome) => outcome.status === "rejected");
    if (failure !== undefined) throw failure.reason;
    return contents;
  }

  throwIfStopped(): void {
    if (this.signal?.aborted) throw interrupted(this.signal);
  }

  close(): void {
    for (const reader of this.#open) reader.destroy();
    this.#digester?.close();
  }
}

function assemble(found: FoundImage, reading: ImageReading, verify: boolean): ImageRead {
  const size = found.layers.reduce((sum, { content }) => sum + content.size, 0);
  const { config, history, diffIds, json } = readConfiguration(found.config, found.manifestDigest, size);
  if (found.configDigest !== undefined)
    checkDigest("The image's configuration", found.configDigest, config.id);
  if (diffIds.length !== found.layers.length)
    throw invalidImage(
      `The image's manifest names ${found.layers.length} layers, but its configuration ${diffIds.length}.`,
    );
  for (const [index, { content, digest, size: told }] of found.layers.entries()) {
    const what = `Layer ${index + 1}`;
    if (told !== undefined && told !== content.storedSize)
      throw invalidImage(`${what} has ${content.storedSize} bytes, but the manifest says ${told}.`);
    if (content.digest !== undefined && digest !== undefined) checkDigest(what, digest, content.digest);
    if (content.diffId !== undefined) checkDigest(what, diffIds[index] ?? "", content.diffId);
  }
  const { tree, statistics } = mergeLayers(
    reading.paths,
    found.layers.map(({ content }) => content),
  );
  const instructions = history.filter(({ empty }) => !empty).map(({ instruction }) => instruction);
  const accounted = instructions.length === found.layers.length;
  return {
    config,
    configJson: json,
    history,
    layers: found.layers.map(({ content, digest }, index) => ({
      index,
      content: content.content,
      diffId: diffIds[index] ?? "",
      digest: digest ?? content.digest,
      compression: content.compression,
      storedSize: content.storedSize,
      size: content.size,
      instruction: accounted ? instructions[index] : undefined,
      statistics: statistics[index] as LayerStatistics,
    })),
    tree,
    digests:
      found.unverified !== undefined
        ? { verified: false, reason: found.unverified }
        : verify
          ? { verified: true }
          : { verified: false, reason: "it was asked not to (--no-verify)" },
    otherPlatforms: found.otherPlatforms,
  };
}
