import { posix } from "node:path";
import { type ImageTree, resolvePath } from "../tree.ts";
import type { ElfFacts } from "./elf.ts";

/** What the search for libraries asks of an image. */
export interface LoaderImage {
  readonly tree: ImageTree;
  readonly environment: ReadonlyMap<string, string>;
  elf(path: string): ElfFacts | undefined;
  /** A small text of /etc that says where libraries are. */
  text(path: string): string | undefined;
  /** Names of the files of a folder. */
  list(folder: string): readonly string[];
}

/** A library that a program needs and that the system's loader would not find. */
export interface MissingLibrary {
  readonly name: string;
  readonly neededBy: string;
}

export interface Loaded {
  /** Files that the loader opens, after links, the loader itself among them. */
  readonly files: readonly string[];
  readonly missing: readonly MissingLibrary[];
  /** A loader that is not there: the kernel then says that the program itself is missing. */
  readonly missingLoader: string | undefined;
  /** Files whose names of libraries could not be read. */
  readonly unread: readonly string[];
}

/** More than any program that was seen needs by far. */
const MAX_LOADED = 1000;
const MAX_FOLDERS = 200;
const MAX_LOOKUPS = 200_000;

/** Finds all libraries that a program starts with, by the rules of its own loader, glibc's or musl's. */
export function loadProgram(image: LoaderImage, path: string, elf: ElfFacts): Loaded {
  const files: string[] = [];
  const missing: MissingLibrary[] = [];
  const unread: string[] = elf.complete ? [] : [path];
  if (elf.interpreter === undefined) return { files, missing, missingLoader: undefined, unread };
  const loader = resolvePath(image.tree, elf.interpreter);
  if (loader?.entry.type !== "file")
    return { files, missing, missingLoader: elf.interpreter.slice(0, 200), unread };
  files.push(loader.path);
  const search = new Search(image, elf);
  const seen = new Set([nameOf(elf.interpreter), nameOf(loader.path)]);
  const waiting: Opened[] = [{ path, real: path, elf, by: undefined }];
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    for (const name of next.elf.needed) {
      // A library that is there already serves all that ask for its name.
      if (seen.has(name) || search.isLoader(name)) continue;
      seen.add(name);
      if (files.length + missing.length >= MAX_LOADED)
        return { files, missing, missingLoader: undefined, unread: [...unread, path] };
      const found = search.find(name, next);
      if (search.exhausted)
        return { files, missing: [], missingLoader: undefined, unread: [...unread, path] };
      if (found === undefined) {
        missing.push({ name: name.slice(0, 200), neededBy: next.path });
        continue;
      }
      files.push(found.real);
      if (!found.elf.complete) unread.push(found.real);
      waiting.push({ ...found, by: next });
    }
  }
  return { files, missing, missingLoader: undefined, unread };
}

interface Opened {
  /** As it was found, and after links. */
  readonly path: string;
  readonly real: string;
  readonly elf: ElfFacts;
  /** What asked for it. */
  readonly by: Opened | undefined;
}

class Search {
  readonly #image: LoaderImage;
  readonly #architecture: string;
  readonly #musl: boolean;
  readonly #environment: readonly string[];
  readonly #system: readonly string[];
  /** Full paths by name, as ldconfig wrote them down. */
  readonly #cache: ReadonlyMap<string, string>;
  #left = MAX_LOOKUPS;

  constructor(image: LoaderImage, elf: ElfFacts) {
    this.#image = image;
    this.#architecture = elf.architecture;
    const loader = elf.interpreter ?? "";
    this.#musl = /\/ld-musl-/.test(loader);
    this.#environment = foldersIn(image.environment.get("LD_LIBRARY_PATH"));
    this.#system = this.#musl ? muslFolders(image, loader) : glibcFolders(image, elf.architecture);
    this.#cache = this.#musl ? new Map() : cachedPaths(image.text("/etc/ld.so.cache"));
  }

  /** musl is its own libc, under several names. */
  isLoader(name: string): boolean {
    return this.#musl && /^lib(?:c|pthread|rt|m|dl|util|xnet)\.so$/.test(name);
  }

  /** Whether more was looked for than any real program asks for; what is not found then is not missing. */
  get exhausted(): boolean {
    return this.#left <= 0;
  }

  find(name: string, by: Opened): Opened | undefined {
    for (const path of name.includes("/") ? [name] : this.#places(name, by)) {
      if (--this.#left <= 0) return undefined;
      const found = this.#open(path, by);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  *#places(name: string, by: Opened): Generator<string> {
    // The new kind of path switches the old one off, in glibc; musl has one kind, and all of it is inherited.
    if (this.#musl || by.elf.runpath.length === 0) {
      for (let at: Opened | undefined = by; at !== undefined; at = at.by) {
        const own: readonly string[] = this.#musl ? [...at.elf.rpath, ...at.elf.runpath] : at.elf.rpath;
        for (const folder of expanded(own, at, this.#architecture)) yield `${folder}/${name}`;
      }
    }
    for (const folder of this.#environment) yield `${folder}/${name}`;
    for (const folder of expanded(by.elf.runpath, by, this.#architecture)) yield `${folder}/${name}`;
    const cached = this.#cache.get(name);
    if (cached !== undefined) yield cached;
    for (const folder of this.#system) yield `${folder}/${name}`;
  }

  #open(path: string, by: Opened): Opened | undefined {
    const found = resolvePath(this.#image.tree, path);
    if (found?.entry.type !== "file") return undefined;
    const elf = this.#image.elf(found.path);
    // The loader passes over libraries for other machines, and so do we.
    if (elf === undefined || elf.architecture !== this.#architecture) return undefined;
    return { path, real: found.path, elf, by };
  }
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

const foldersIn = (list: string | undefined): string[] =>
  (list ?? "")
    .split(/[:;]/)
    .filter((folder) => folder.startsWith("/"))
    .slice(0, MAX_FOLDERS);

/** Names of a 64-bit and a 32-bit library folder, and of Debian's own. */
const LIB: Readonly<Record<string, readonly string[]>> = {
  amd64: ["lib64", "lib/x86_64-linux-gnu"],
  arm64: ["lib64", "lib/aarch64-linux-gnu"],
  "386": ["lib/i386-linux-gnu", "lib32"],
  ppc64le: ["lib64", "lib/powerpc64le-linux-gnu"],
  s390x: ["lib64", "lib/s390x-linux-gnu"],
  riscv64: ["lib64", "lib64/lp64d", "lib/riscv64-linux-gnu"],
  arm: ["lib/arm-linux-gnueabihf", "lib/arm-linux-gnueabi"],
};

/** `$ORIGIN` is where the file lies; a link may stand for it, so that both places are tried. */
function* expanded(
  folders: readonly string[],
  { path, real }: Opened,
  architecture: string,
): Generator<string> {
  const origins = new Set([posix.dirname(real), posix.dirname(path)]);
  for (const folder of folders.slice(0, MAX_FOLDERS)) {
    if (folder === "") continue;
    const libs = /\$(?:LIB|\{LIB\})/.test(folder) ? ["lib", ...(LIB[architecture] ?? [])] : ["lib"];
    for (const origin of origins) {
      for (const lib of libs) {
        const place = folder
          .replace(/\$(?:ORIGIN\b|\{ORIGIN\})/g, () => origin)
          .replace(/\$(?:LIB\b|\{LIB\})/g, () => lib)
          .replace(/\$(?:PLATFORM\b|\{PLATFORM\})/g, "x86_64");
        if (place.startsWith("/")) yield posix.normalize(place);
      }
    }
  }
}

/** What ldconfig was told counts though it may not have been run since: where it was not, the cache lacks the library. */
function glibcFolders(image: LoaderImage, architecture: string): string[] {
  const own = (LIB[architecture] ?? ["lib64"]).flatMap((lib) => [`/${lib}`, `/usr/${lib}`]);
  return [...new Set([...own, "/lib", "/usr/lib", ...configured(image, "/etc/ld.so.conf", 0)])];
}

function configured(image: LoaderImage, file: string, depth: number): string[] {
  const folders: string[] = [];
  for (const line of (image.text(file) ?? "").split("\n").slice(0, 1000)) {
    const text = line.replace(/#.*/, "").trim();
    const include = /^include\s+(\S+)$/.exec(text)?.[1];
    if (include === undefined) folders.push(...foldersIn(text.replace(/[\s,]+/g, ":")));
    else if (depth < 3) {
      const pattern = posix.resolve(posix.dirname(file), include);
      const folder = posix.dirname(pattern);
      const wanted = nameOf(pattern);
      const names = wanted.includes("*")
        ? image.list(folder).filter((name) => name.endsWith(wanted.slice(wanted.lastIndexOf("*") + 1)))
        : [wanted];
      for (const name of names.slice(0, 100))
        folders.push(...configured(image, `${folder}/${name}`, depth + 1));
    }
    if (folders.length > MAX_FOLDERS) break;
  }
  return folders.slice(0, MAX_FOLDERS);
}

function muslFolders(image: LoaderImage, loader: string): string[] {
  const architecture = /ld-musl-(\w+)\.so/.exec(loader)?.[1] ?? "x86_64";
  const text = image.text(`/etc/ld-musl-${architecture}.path`);
  return text === undefined ? ["/lib", "/usr/local/lib", "/usr/lib"] : foldersIn(text.replace(/\s+/g, ":"));
}

/** The cache is a table for the machine; its texts are enough to tell where a name leads. */
function cachedPaths(cache: string | undefined): ReadonlyMap<string, string> {
  const paths = new Map<string, string>();
  for (const text of (cache ?? "").split("\0"))
    if (/^\/[\x21-\x7e]{1,500}$/.test(text) && !paths.has(nameOf(text))) paths.set(nameOf(text), text);
  return paths;
}
