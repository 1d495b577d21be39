// @ts-check
// What plain Node takes for what the image benchmark measures, with nothing made of it and no threads of ours: `headers <archive>` goes from
// one header of its first layer to the next, `inflate <file.gz>...` unpacks files beside one another and makes the digests
// of what is in them.
import { createHash } from "node:crypto";
import { createReadStream, openSync, readSync } from "node:fs";
import { createGunzip } from "node:zlib";

const BLOCK = 512;
const CHUNK = 4 * 1024 * 1024;

/** @param {string} path */
function headers(path) {
  const fd = openSync(path, "r");
  const block = Buffer.allocUnsafeSlow(BLOCK);
  let files = 0;
  // The layer is the archive's first member.
  for (let at = BLOCK; readSync(fd, block, 0, BLOCK, at) === BLOCK && block[0] !== 0; files++) {
    const size = Number.parseInt(block.toString("latin1", 124, 135), 8);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  return files;
}

/** @param {string} path */
async function inflate(path) {
  const hash = createHash("sha256");
  const packed = createReadStream(path, { highWaterMark: 1024 * 1024 });
  for await (const chunk of packed.pipe(createGunzip({ chunkSize: CHUNK }))) hash.update(chunk);
  return hash.digest("hex");
}

const [what, ...paths] = process.argv.slice(2);
if (what === "headers") console.log(headers(paths[0] ?? ""));
else console.log(await Promise.all(paths.map(inflate)));
