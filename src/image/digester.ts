import { createHash, type Hash } from "node:crypto";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { PratiqueError } from "../errors.ts";

/** Makes one SHA-256 digest. */
export interface Digest {
  /** Takes the next bytes, which may change afterwards. */
  update(chunk: Uint8Array): void;
  /** Lowercase hexadecimal. */
  hex(): string;
}

/** What is hashed sooner than a thread starts, and the most that is kept until it is known whether one is worth it. */
const SMALL = 4 * 1024 * 1024;

/** Makes the digests of one reading, in this thread or in one beside it. */
export class Digester {
  #thread: DigestThread | undefined;
  #tried = false;

  here(): Digest {
    const hash = createHash("sha256");
    return { update: (chunk) => void hash.update(chunk), hex: () => hash.digest("hex") };
  }

  /** For what needs no other work of this size: where there is a processor for it and enough to hash, another thread does it. */
  beside(): Digest {
    if (this.#thread !== undefined) return this.#thread.start();
    if (availableParallelism() < 2) return this.here();
    return new Deferred(
      () => this.#startThread()?.start() ?? this.here(),
      () => this.here(),
    );
  }

  #startThread(): DigestThread | undefined {
    if (!this.#tried) {
      this.#tried = true;
      try {
        this.#thread = new DigestThread();
      } catch {
        // A machine that gives no more threads can hash all the same.
      }
    }
    return this.#thread;
  }

  close(): void {
    this.#thread?.close();
  }
}

/** Keeps the first bytes until they are worth a thread. */
class Deferred implements Digest {
  readonly #beside: () => Digest;
  readonly #here: () => Digest;
  #kept: Uint8Array[] = [];
  #length = 0;
  #digest: Digest | undefined;

  constructor(beside: () => Digest, here: () => Digest) {
    this.#beside = beside;
    this.#here = here;
  }

  update(chunk: Uint8Array): void {
    this.#length += chunk.length;
    if (this.#digest === undefined && this.#length <= SMALL) this.#kept.push(new Uint8Array(chunk));
    else (this.#digest ?? this.#begin(this.#beside())).update(chunk);
  }

  hex(): string {
    return (this.#digest ?? this.#begin(this.#here())).hex();
  }

  #begin(digest: Digest): Digest {
    this.#digest = digest;
    for (const part of this.#kept) digest.update(part);
    this.#kept = [];
    return digest;
  }
}

/**
 * Together 16 MB, so that the hashing of large files goes on while small ones are looked at, and each large enough that waking
 * one another takes little of the time.
 */
const SLOTS = 64;
const SLOT_BYTES = 256 * 1024;
/** After so many filled slots the thread is woken: for each one it took as long as the copying (measured). */
const WAKE = 8;
/** In place of a number of bytes: the digest is wanted, and is put into the slot. */
const WANTED = -1;
/** Hashing a slot takes a millisecond: who is not done in this time has died. */
const PATIENCE = 60_000;

interface Ring {
  readonly bytes: SharedArrayBuffer;
  readonly slots: number;
  readonly slotBytes: number;
  /** How many slots were filled so far, and how many were worked off. */
  readonly filled: Int32Array;
  readonly done: Int32Array;
  /** How many have to be worked off before the reader is to be woken. */
  readonly awaited: Int32Array;
  /** For each slot, which digest it belongs to, and how many bytes it holds or `WANTED`. */
  readonly ids: Int32Array;
  readonly lengths: Int32Array;
}

const numbers = (count: number): Int32Array => new Int32Array(new SharedArrayBuffer(4 * count));

/** Hashes in a thread, which takes bytes from a ring of shared memory. Copying them there takes a tenth of hashing them. */
class DigestThread {
  readonly #ring: Ring = {
    bytes: new SharedArrayBuffer(SLOTS * SLOT_BYTES),
    slots: SLOTS,
    slotBytes: SLOT_BYTES,
    filled: numbers(1),
    done: numbers(1),
    awaited: numbers(1),
    ids: numbers(SLOTS),
    lengths: numbers(SLOTS),
  };
  readonly #bytes = new Uint8Array(this.#ring.bytes);
  readonly #worker: Worker;
  #filled = 0;
  #digests = 0;
  /** The slot that is being filled: how much is in it, and whose it is. */
  #length = 0;
  #owner = 0;

  constructor() {
    const code = `(${hashSlots.toString()})(require("node:worker_threads").workerData, require("node:crypto").createHash)`;
    this.#worker = new Worker(code, { eval: true, workerData: this.#ring });
    // It shows when nothing more is worked off.
    this.#worker.on("error", () => {});
    this.#worker.unref();
  }

  start(): Digest {
    const id = this.#digests++;
    return {
      update: (chunk) => {
        if (this.#owner !== id) this.#pass();
        this.#owner = id;
        for (let at = 0; at < chunk.length; ) {
          const part = chunk.subarray(at, at + SLOT_BYTES - this.#length);
          this.#bytes.set(part, this.#slot() * SLOT_BYTES + this.#length);
          this.#length += part.length;
          at += part.length;
          if (this.#length === SLOT_BYTES) this.#pass();
        }
      },
      hex: () => {
        this.#pass();
        const slot = this.#slot();
        this.#owner = id;
        this.#length = WANTED;
        this.#pass();
        this.#awaitDone(this.#filled);
        return Buffer.from(this.#ring.bytes, slot * SLOT_BYTES, 32).toString("hex");
      },
    };
  }

  /** The slot to be filled. Once all are full, a good part of them has to be worked off: else one would wake the other for each. */
  #slot(): number {
    if (this.#filled - Atomics.load(this.#ring.done, 0) === SLOTS) this.#awaitDone(this.#filled - SLOTS / 2);
    return this.#filled % SLOTS;
  }

  /** Hands the slot over, if there is anything in it. */
  #pass(): void {
    if (this.#length === 0) return;
    const { filled, ids, lengths } = this.#ring;
    const slot = this.#filled % SLOTS;
    ids[slot] = this.#owner;
    lengths[slot] = this.#length;
    this.#length = 0;
    Atomics.store(filled, 0, ++this.#filled);
    if (this.#filled % WAKE === 0) Atomics.notify(filled, 0);
  }

  #awaitDone(count: number): void {
    Atomics.notify(this.#ring.filled, 0);
    Atomics.store(this.#ring.awaited, 0, count);
    for (;;) {
      const done = Atomics.load(this.#ring.done, 0);
      if (done >= count) return;
      if (Atomics.wait(this.#ring.done, 0, done, PATIENCE) === "timed-out")
        throw new PratiqueError("image.unreadable", "The thread that makes digests does not answer.", {
          hint: "Try again; free memory if the machine is short of it.",
        });
    }
  }

  close(): void {
    void this.#worker.terminate();
  }
}

/** Runs in the thread, by its text: it knows nothing but what it is given. */
function hashSlots(ring: Ring, makeHash: typeof createHash): void {
  const hashes = new Map<number, Hash>();
  for (let done = 0; ; ) {
    Atomics.wait(ring.filled, 0, done);
    for (const filled = Atomics.load(ring.filled, 0); done < filled; done++) {
      const slot = done % ring.slots;
      const id = ring.ids[slot] as number;
      const length = ring.lengths[slot] as number;
      const hash = hashes.get(id) ?? makeHash("sha256");
      if (length < 0) {
        new Uint8Array(ring.bytes, slot * ring.slotBytes, 32).set(hash.digest());
        hashes.delete(id);
      } else {
        hash.update(new Uint8Array(ring.bytes, slot * ring.slotBytes, length));
        hashes.set(id, hash);
      }
      Atomics.store(ring.done, 0, done + 1);
      if (done + 1 === Atomics.load(ring.awaited, 0)) Atomics.notify(ring.done, 0);
    }
  }
}
