// @ts-check
// Makes the images that the image benchmark reads: real bytes on disk, the same ones each time.
import { createHash } from "node:crypto";
import { closeSync, openSync, readdirSync, readFileSync, statSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const BLOCK = 512;

/** @param {number} size */
const padding = (size) => (BLOCK - (size % BLOCK)) % BLOCK;

/**
 * A ustar header.
 *
 * @param {string} name
 * @param {number} size
 * @param {string} type
 */
export function header(name, size, type = "0") {
  const block = Buffer.alloc(BLOCK);
  const split = name.length > 100 ? name.lastIndexOf("/", 154) : -1;
  block.write(split < 0 ? name : name.slice(split + 1), 0, 100, "latin1");
  if (split >= 0) block.write(name.slice(0, split), 345, 155, "latin1");
  block.write(type === "5" ? "0000755\0" : "0000644\0", 100, "latin1");
  block.write("0000000\x000000000\0", 108, "latin1");
  block.write(`${size.toString(8).padStart(11, "0")}\0`, 124, "latin1");
  block.write("00000000000\0", 136, "latin1");
  block.write("        ", 148, "latin1");
  block.write(type, 156, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

/** Bytes as they are in images: this project's own dependencies, programs and texts alike. */
export function sampleBytes(most = 64 * 1024 * 1024) {
  /** @type {Buffer[]} */
  const parts = [];
  let size = 0;
  /** @param {string} folder */
  const walk = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
      a.name < b.name ? -1 : 1,
    )) {
      if (size >= most) return;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile() && statSync(path).size < 8 * 1024 * 1024) {
        parts.push(readFileSync(path));
        size += parts.at(-1)?.length ?? 0;
      }
    }
  };
  walk(join(root, "node_modules"));
  return Buffer.concat(parts).subarray(0, most);
}

/**
 * Writes a layer of `files` files and about `bytes` bytes: most files are small, some large, as in an environment for
 * research. Gives its diff id.
 *
 * @param {number} fd
 * @param {number[]} sizes
 * @param {Buffer} sample
 */
function writeLayer(fd, sizes, sample) {
  const hash = createHash("sha256");
  /** @type {Buffer[]} */
  let pending = [];
  let waiting = 0;
  const flush = () => {
    const chunk = Buffer.concat(pending);
    hash.update(chunk);
    for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at);
    pending = [];
    waiting = 0;
  };
  /** @param {Buffer} part */
  const add = (part) => {
    pending.push(part);
    waiting += part.length;
    if (waiting > 8 * 1024 * 1024) flush();
  };
  let from = 0;
  for (const [index, size] of sizes.entries()) {
    const folder = `opt/conda/lib/python3.12/site-packages/package_${Math.floor(index / PER_FOLDER)}`;
    if (index % PER_FOLDER === 0) add(header(`${folder}/`, 0, "5"));
    add(header(`${folder}/module_${index}.py`, size));
    for (let rest = size; rest > 0; ) {
      const part = sample.subarray(from, from + Math.min(rest, sample.length - from));
      add(part);
      rest -= part.length;
      from = (from + part.length) % sample.length;
    }
    add(Buffer.alloc(padding(size)));
  }
  add(Buffer.alloc(1024));
  flush();
  return hash.digest("hex");
}

const PER_FOLDER = 40;

/** @param {number[]} sizes */
const layerSize = (sizes) =>
  sizes.reduce(
    (sum, size) => sum + BLOCK + size + padding(size),
    1024 + Math.ceil(sizes.length / PER_FOLDER) * BLOCK,
  );

/**
 * Writes a `docker save` archive with one layer.
 *
 * @param {string} path
 * @param {number} files
 * @param {number} bytes
 * @param {Buffer} sample
 */
export function writeArchive(path, files, bytes, sample) {
  const fd = openSync(path, "w");
  try {
    const sizes = fileSizes(files, bytes);
    const size = layerSize(sizes);
    writeSync(fd, header("layer/layer.tar", size));
    const diffId = writeLayer(fd, sizes, sample);
    writeSync(fd, Buffer.alloc(padding(size)));
    writeDocuments(fd, ["layer/layer.tar"], [diffId]);
  } finally {
    closeSync(fd);
  }
}

/**
 * Writes a layer by itself, and gives its diff id.
 *
 * @param {string} path
 * @param {number} files
 * @param {number} bytes
 * @param {Buffer} sample
 */
export function writeBareLayer(path, files, bytes, sample) {
  const fd = openSync(path, "w");
  try {
    return writeLayer(fd, fileSizes(files, bytes), sample);
  } finally {
    closeSync(fd);
  }
}

/**
 * @param {number} files
 * @param {number} bytes
 */
function fileSizes(files, bytes) {
  if (bytes < files * 10_000) return new Array(files).fill(Math.floor(bytes / files));
  // Nine in ten are small; the rest shares what is left of the bytes.
  const sizes = Array.from({ length: files }, (_, index) =>
    index % 10 === 9 ? 0 : 200 + ((index * 7919) % 12_000),
  );
  const large = Math.floor(files / 10);
  const left = Math.max(0, bytes - sizes.reduce((sum, size) => sum + size, 0));
  for (let index = 9; index < files; index += 10)
    sizes[index] = Math.floor((left / large) * (0.5 + ((index * 31) % 100) / 100));
  return sizes;
}

/**
 * The configuration and the list of layers that end a `docker save` archive.
 *
 * @param {number} fd
 * @param {string[]} layers
 * @param {string[]} diffIds
 */
export function writeDocuments(fd, layers, diffIds) {
  const config = Buffer.from(
    JSON.stringify({
      architecture: "amd64",
      os: "linux",
      config: { Cmd: ["/bin/true"] },
      rootfs: { type: "layers", diff_ids: diffIds.map((id) => `sha256:${id}`) },
      history: diffIds.map(() => ({ created_by: "RUN install" })),
    }),
  );
  const name = `${createHash("sha256").update(config).digest("hex")}.json`;
  const manifest = Buffer.from(JSON.stringify([{ Config: name, RepoTags: ["bench:1"], Layers: layers }]));
  for (const [member, content] of /** @type {const} */ ([
    [name, config],
    ["manifest.json", manifest],
  ])) {
    writeSync(fd, header(member, content.length));
    writeSync(fd, content);
    writeSync(fd, Buffer.alloc(padding(content.length)));
  }
  writeSync(fd, Buffer.alloc(1024));
}
