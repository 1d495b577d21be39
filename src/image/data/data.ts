import type { Collector, LayerVisitor } from "../collector.ts";
import type { ImageRead } from "../image.ts";
import { DATA_FORMATS, DATA_HEAD, LARGE, LARGE_MAYBE, MANY_PICTURES, PICTURE } from "./formats.ts";
import { LONGEST_PATH, softwareFolders, TOO_LONG } from "./software.ts";

/** A file that looks like data, or a folder with many pictures. */
export interface DataFile {
  readonly path: string;
  /** In words: “Parquet”, “120 pictures”. */
  readonly format: string;
  readonly bytes: number;
  /** False for what is something else as often. */
  readonly certain: boolean;
  /** Index of the layer that brought it, and of the one that took it away. */
  readonly layer: number;
  readonly removedIn: number | undefined;
}

export interface DataInImage {
  readonly files: readonly DataFile[];
  readonly notAssessed: readonly string[];
}

interface DataCollector extends Collector {
  data(image: Pick<ImageRead, "layers" | "tree">): DataInImage;
}

const MAX_FILES = 10_000;
const MAX_FOLDERS = 10_000;
/** Small tables below these belong to the software beside them. */
const OF_SOFTWARE =
  /\/(?:tests?|fixtures?|testdata|test-data|examples?|inst|templates?|schemas?|docs?|locales?|i18n|static|assets)\//i;
const SMALL = 100_000;
/** Weights, vocabularies and scalers are software more often than data. */
const OF_MODEL =
  /(?:model|weight|checkpoint|ckpt|vocab|tokeni[sz]er|encoder|decoder|scaler|embedding|index)[^/]*$|\/(?:models?|weights|checkpoints?)\//i;
/** Where libraries keep what they fetched: models and word lists, which are named as such. */
const CACHES =
  /\/(?:\.cache|\.keras|\.EasyOCR|nltk_data|huggingface|hub|models--[^/]+|datasets--[^/]+|gensim-data|stanza_resources|scikit_learn_data|torch|ms-playwright)\//;
/** A table of less is a setting or a list of names as often. */
const FEW_BYTES = 1000;

type Found = Pick<DataFile, "format" | "bytes" | "certain">;

/** Looks at the names and the first bytes of files that are no software's own. */
export function collectData(): DataCollector {
  const layers = new Map<
    number,
    { readonly files: Map<string, Found>; readonly pictures: Map<string, Pictures> }
  >();
  let room = MAX_FILES;
  let folders = MAX_FOLDERS;
  let full = false;
  let long = false;
  return {
    layer(content): LayerVisitor {
      const files = new Map<string, Found>();
      const pictures = new Map<string, Pictures>();
      layers.set(content, { files, pictures });
      const isSoftware = softwareFolders();
      const count = (path: string, name: string, bytes: number): void => {
        const folder = path.slice(0, path.length - name.length - 1);
        const before = pictures.get(folder);
        if (before !== undefined) {
          before.count++;
          before.bytes += bytes;
        } else if (folders-- > 0) pictures.set(folder, { count: 1, bytes, first: path });
        else full = true;
      };
      return {
        entry(entry) {
          if (entry.kind !== "file") return undefined;
          const { name, path, size } = entry;
          if (files.size > 0) files.delete(path);
          if (size === 0 || isSoftware(path, name) || CACHES.test(path)) return undefined;
          if (path.length > LONGEST_PATH) {
            long = true;
            return undefined;
          }
          if (!PICTURE.test(name)) return DATA_HEAD;
          count(path, name, size);
          return undefined;
        },
        content({ path, name, size }, head) {
          const found = dataIn(path, name, size, head);
          if (found === undefined) return;
          if (room-- > 0) files.set(path, found);
          else full = true;
        },
      };
    },
    data({ layers: stack, tree }) {
      const found: DataFile[] = [];
      for (const { index, content } of stack) {
        const layer = layers.get(content);
        if (layer === undefined) continue;
        const ends = tree.ends(index, new Set(layer.files.keys()));
        for (const [path, file] of layer.files)
          found.push({ path, ...file, layer: index, removedIn: ends.get(path) });
        for (const [path, { count, bytes, first }] of layer.pictures) {
          if (count < MANY_PICTURES) continue;
          const removedIn = tree.goneIn(index, first);
          found.push({
            path,
            format: `${count} pictures or recordings`,
            bytes,
            certain: false,
            layer: index,
            removedIn,
          });
        }
      }
      const notAssessed = full ? [`data files beyond the first ${MAX_FILES}`] : [];
      return { files: found, notAssessed: long ? [...notAssessed, TOO_LONG] : notAssessed };
    },
  };
}

interface Pictures {
  count: number;
  bytes: number;
  /** One of them, which stands for all when it is asked whether they are still there. */
  readonly first: string;
}

/** What a file is, if it looks like data. */
export function dataIn(path: string, name: string, bytes: number, head: Buffer): Found | undefined {
  const software = OF_SOFTWARE.test(path);
  for (const { name: format, ending, begins, telling, maybe } of DATA_FORMATS) {
    const named = ending.test(name);
    if (!named && telling !== true) continue;
    if (begins?.(head) === false) continue;
    if (software && bytes <= SMALL) return undefined;
    if (maybe === true && (OF_MODEL.test(path) || bytes < SMALL)) return undefined;
    return { format, bytes, certain: maybe !== true && (format !== "CSV" || bytes >= FEW_BYTES) };
  }
  if (bytes >= LARGE && LARGE_MAYBE.test(name) && !OF_MODEL.test(path))
    return {
      format: `large ${/\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? ""} file`,
      bytes,
      certain: false,
    };
  return undefined;
}
