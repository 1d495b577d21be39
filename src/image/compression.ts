import zlib from "node:zlib";
import { PratiqueError } from "../errors.ts";

export type Compression = "none" | "gzip" | "zstd";

/** By the first four bytes, whatever a media type or a file's name says. */
export function compressionOf(start: Buffer): Compression {
  if (start[0] === 0x1f && start[1] === 0x8b) return "gzip";
  if (start.length >= 4) {
    const magic = start.readUInt32LE(0);
    // A frame, or one that is to be skipped: zstd:chunked layers may begin with such.
    if (magic === 0xfd2fb528 || (magic & 0xfffffff0) >>> 0 === 0x184d2a50) return "zstd";
  }
  return "none";
}

/** Takes compressed bytes and hands on what they hold. */
export interface Inflater {
  /** Bytes that it likes to get at once: each call costs two changes of thread. Undefined where it does not matter. */
  readonly appetite?: number;
  /** Resolves when the chunk was taken in and may be used again. */
  write(chunk: Buffer): Promise<void>;
  /** Resolves when everything was handed on; fails when the data stops too early. */
  end(): Promise<void>;
  destroy(): void;
}

/** Each call costs two changes of thread: zlib's own 16 KiB gave 164 MB/s where a megabyte gave 430 (measured). */
const CHUNK = 4 * 1024 * 1024;
const APPETITE = 1024 * 1024;
/** Chunks that wait to be looked at: enough to keep the inflating thread busy. */
const MAX_WAITING = 3;
/**
 * How much of a chunk is looked at before the thread's next call has its turn: a thread that waits for us does nothing, and
 * with several layers at once it is mostly the others that we keep waiting.
 */
const SLICE = 256 * 1024;
/** `zstd` itself takes no window above 2^27 bytes unless told; registries' layers have 2^23 at most. */
const ZSTD_WINDOW_LOG = 26;

const damaged = (what: string, cause?: unknown): PratiqueError =>
  new PratiqueError("image.invalid", `A layer is damaged: ${what}.`, {
    hint: "Save or pull the image anew.",
    cause,
  });

export async function inflater(kind: "gzip" | "zstd", onData: (chunk: Buffer) => void): Promise<Inflater> {
  if (kind === "gzip") return new StreamInflater(zlib.createGunzip({ chunkSize: CHUNK }), "gzip", onData);
  const native = nativeZstd();
  return native === undefined ? scriptedZstd(onData) : new StreamInflater(native, "zstd", onData);
}

interface ZstdModule {
  createZstdDecompress?(options: object): zlib.Gunzip;
  readonly constants: Readonly<Record<string, number | undefined>>;
}

/** Node has it from 22.15 on. */
function nativeZstd(): zlib.Gunzip | undefined {
  const { createZstdDecompress, constants } = zlib as unknown as ZstdModule;
  const parameter = constants.ZSTD_d_windowLogMax;
  return createZstdDecompress?.({
    chunkSize: CHUNK,
    ...(parameter === undefined ? {} : { params: { [parameter]: ZSTD_WINDOW_LOG } }),
  });
}

/** zlib works in a thread of its own: what it made waits here, so that it goes on while we look at what it made before. */
class StreamInflater implements Inflater {
  readonly appetite = APPETITE;
  readonly #stream: zlib.Gunzip;
  readonly #waiting: Buffer[] = [];
  readonly #onData: (chunk: Buffer) => void;
  /** How much of the first that waits was looked at. */
  #seen = 0;
  #scheduled = false;
  #failure: unknown;
  #ended = false;
  #settle: (() => void) | undefined;

  constructor(stream: zlib.Gunzip, kind: string, onData: (chunk: Buffer) => void) {
    this.#stream = stream;
    this.#onData = onData;
    stream.on("data", (chunk: Buffer) => {
      this.#waiting.push(chunk);
      if (this.#waiting.length >= MAX_WAITING) stream.pause();
      this.#schedule();
    });
    stream.on("end", () => {
      this.#ended = true;
      this.#check();
    });
    stream.on("error", (error) => this.#fail(damaged(`it is no whole ${kind} (${error.message})`, error)));
  }

  write(chunk: Buffer): Promise<void> {
    return this.#until((done) => this.#stream.write(chunk, () => done()));
  }

  end(): Promise<void> {
    return this.#until(() => {
      this.#stream.end();
      this.#check();
    });
  }

  destroy(): void {
    this.#waiting.length = 0;
    this.#stream.destroy();
  }

  /** Settles with the first failure, wherever it comes from. */
  #until(start: (done: () => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settle = () => {
        this.#settle = undefined;
        if (this.#failure === undefined) resolve();
        else reject(this.#failure);
      };
      if (this.#failure === undefined) start(() => this.#settle?.());
      else this.#settle();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      const [chunk] = this.#waiting;
      if (chunk === undefined || this.#failure !== undefined) return;
      try {
        this.#onData(chunk.subarray(this.#seen, this.#seen + SLICE));
      } catch (error) {
        this.#fail(error);
        return;
      }
      this.#seen += SLICE;
      if (this.#seen >= chunk.length) {
        this.#waiting.shift();
        this.#seen = 0;
      }
      if (this.#stream.isPaused() && this.#waiting.length < MAX_WAITING) this.#stream.resume();
      this.#schedule();
      this.#check();
    });
  }

  #check(): void {
    if (this.#ended && this.#waiting.length === 0) this.#settle?.();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.destroy();
    this.#settle?.();
  }
}

async function scriptedZstd(onData: (chunk: Buffer) => void): Promise<Inflater> {
  const { Decompress } = await import("fzstd");
  // What comes out of it throws through its `push`, as our own failures do: keep them apart.
  let ours: { readonly error: unknown } | undefined;
  const stream = new Decompress((chunk) => {
    if (ours !== undefined) return;
    try {
      onData(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    } catch (error) {
      ours = { error };
      throw error;
    }
  });
  const push = (chunk: Uint8Array, final: boolean): Promise<void> => {
    try {
      stream.push(chunk, final);
    } catch (error) {
      return Promise.reject(ours === undefined ? damaged("it is no whole zstd", error) : ours.error);
    }
    return Promise.resolve();
  };
  return {
    // It keeps references to what it was given, and the caller's buffer is used again.
    write: (chunk) => push(new Uint8Array(chunk), false),
    end: () => push(new Uint8Array(0), true),
    destroy: () => {},
  };
}
