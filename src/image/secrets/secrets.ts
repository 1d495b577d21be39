import { createHmac, randomBytes } from "node:crypto";
import { tokensIn } from "../../knowledge/tokens.ts";
import type { Collector, LayerVisitor } from "../collector.ts";
import { LONGEST_PATH, softwareFolders, TOO_LONG } from "../data/software.ts";
import type { ImageRead } from "../image.ts";
import { KEY_STORE, writtenIn } from "./files.ts";

/** A secret in a file of some layer. What it says is never kept: only what it is, where, and whether it is the same. */
export interface FileSecret {
  /** In words, with no article: “private key”. */
  readonly kind: string;
  /** False for what may be an example, or a key that is made anew for each machine. */
  readonly certain: boolean;
  readonly path: string;
  /** Counted from 1; 0 where the file is no text. */
  readonly line: number;
  /** Equal for equal secrets of one run, and for nothing else: made with a key that is thrown away. */
  readonly fingerprint: string;
  /** Index of the layer that brought it, and of the one that took the file away or put another in its place. */
  readonly layer: number;
  readonly removedIn: number | undefined;
}

export interface FileSecrets {
  readonly found: readonly FileSecret[];
  /** Folders with a repository's whole history, `.git`, in the finished image. */
  readonly repositories: readonly string[];
  /** What was not looked at, in words; empty when nothing was left out. */
  readonly notAssessed: readonly string[];
}

interface SecretsCollector extends Collector {
  secrets(image: Pick<ImageRead, "layers" | "tree">): FileSecrets;
}

/** Of each file no more than its start is searched. */
const SEARCHED = 1024 * 1024;
const MAX_PER_FILE = 20;
const MAX_FOUND = 5000;
const MAX_REPOSITORIES = 1000;
/** What is compressed or compiled cannot be searched. */
const NO_TEXT =
  /\.(?:7z|avi|bin|bmp|bz2|ckpt|dcm|gif|gz|h5|hdf5|jar|jpe?g|mp[34]|npy|npz|onnx|parquet|pdf|png|pth?|pyc|rds|rdata|safetensors|so(?:\.[\d.]+)?|tgz|tiff?|ttf|wav|webp|whl|woff2?|xz|zip|zst)$/i;
/** Made when a package is installed, for nobody in particular. */
const MACHINE_KEY = /^\/etc\/ssh\/ssh_host_\w+_key$/;

type Found = Omit<FileSecret, "path" | "layer" | "removedIn">;

/** Searches the files that are no software's own as the layers pass. */
export function collectSecrets(): SecretsCollector {
  const key = randomBytes(32);
  const fingerprintOf = (value: string | Buffer): string =>
    createHmac("sha256", key).update(value).digest("hex").slice(0, 12);
  const layers = new Map<number, Map<string, readonly Found[]>>();
  const repositories = new Set<string>();
  let room = MAX_FOUND;
  let full = false;
  let long = false;
  const keep = (files: Map<string, readonly Found[]>, path: string, found: readonly Found[]): void => {
    if (found.length === 0) return;
    if (found.length > room) full = true;
    else {
      room -= found.length;
      files.set(path, found);
    }
  };
  return {
    layer(content): LayerVisitor {
      const files = new Map<string, readonly Found[]>();
      layers.set(content, files);
      const isSoftware = softwareFolders();
      return {
        entry(entry) {
          if (entry.kind !== "file") return undefined;
          const { name, path } = entry;
          // Of two entries of one name the last one counts.
          if (files.size > 0) files.delete(path);
          if (isSoftware(path, name)) return undefined;
          if (path.length > LONGEST_PATH) {
            long = true;
            return undefined;
          }
          if (name === "HEAD" && path.endsWith("/.git/HEAD") && repositories.size < MAX_REPOSITORIES)
            repositories.add(path);
          if (KEY_STORE.test(name)) return entry.size === 0 ? undefined : SEARCHED;
          return entry.size === 0 || NO_TEXT.test(name) ? undefined : SEARCHED;
        },
        content({ name, path }, bytes) {
          if (KEY_STORE.test(name))
            keep(files, path, [
              { kind: "store of keys", certain: false, line: 0, fingerprint: fingerprintOf(bytes) },
            ]);
          else if (isText(bytes)) keep(files, path, search(path, bytes.toString("latin1"), fingerprintOf));
        },
      };
    },
    secrets({ layers: stack, tree }) {
      const found = new Map<string, FileSecret>();
      for (const { index, content } of stack) {
        const files = layers.get(content);
        if (files === undefined || files.size === 0) continue;
        const ends = tree.ends(index, new Set(files.keys()));
        for (const [path, secrets] of files)
          for (const secret of secrets) {
            const id = `${secret.fingerprint} ${secret.kind} ${path}`;
            const before = found.get(id);
            // A later layer that writes the file again still has it: then it is there for longer, and no new one.
            found.set(id, { ...secret, path, layer: before?.layer ?? index, removedIn: ends.get(path) });
          }
      }
      return {
        found: [...found.values()],
        repositories: [...repositories]
          .filter((path) => tree.entry(path) !== undefined)
          .map((path) => path.slice(0, -"/HEAD".length)),
        notAssessed: [
          ...(full ? [`secrets beyond the first ${MAX_FOUND}`] : []),
          ...(long ? [TOO_LONG] : []),
        ],
      };
    },
  };
}

/** Text has no zero bytes. */
const isText = (bytes: Buffer): boolean => bytes.subarray(0, 4096).indexOf(0) < 0;

/** The secrets in a file, each place once. */
function search(path: string, text: string, fingerprintOf: (value: string) => string): Found[] {
  const found = new Map<string, Found>();
  const add = (kind: string, certain: boolean, value: string, index: number): void => {
    const fingerprint = fingerprintOf(value);
    if (!found.has(fingerprint))
      found.set(fingerprint, { kind, certain, line: lineAt(text, index), fingerprint });
  };
  for (const { kind, value, index } of writtenIn(path, text, MAX_PER_FILE)) add(kind, true, value, index);
  for (const { kind, value, index, certain } of tokensIn(text, MAX_PER_FILE)) {
    const known = [...found.values()].some((one) => one.line === lineAt(text, index));
    if (!known) add(kind, certain && !MACHINE_KEY.test(path), value, index);
  }
  return [...found.values()];
}

function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf("\n"); at >= 0 && at < index; at = text.indexOf("\n", at + 1)) line++;
  return line;
}
