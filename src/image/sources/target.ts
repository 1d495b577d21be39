import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { PratiqueError } from "../../errors.ts";
import { compressionOf } from "../compression.ts";
import type { ImageSource } from "../image.ts";
import { pathSource, standardInput } from "./files.ts";
import { isSif } from "./sif.ts";

/** Kinds of places that are named before a colon, as Podman and Skopeo name them. */
const PATH_KINDS = ["docker-archive", "oci-archive", "oci", "sif"] as const;

/**
 * The image that a user names, where it is not one that an engine has to be asked for: `-`, `oci-archive:heart.tar`,
 * `docker://ghcr.io/lab/heart:1`, or the path of a file or folder that holds an image. Undefined for anything else: an engine's image, or a project.
 */
export async function imageTarget(text: string): Promise<ImageSource | undefined> {
  if (text === "-") return standardInput(undefined);
  const remote = registryName(text);
  if (remote !== undefined) {
    const { registrySource } = await import("./registry.ts");
    return registrySource(remote);
  }
  const place = await imagePath(text);
  if (place === undefined) return undefined;
  return place.path === "-" ? standardInput(place.name) : pathSource(place.path, place.name);
}

/** The name in `docker://ghcr.io/lab/heart:1`; undefined for anything that is in no registry. */
export const registryName = (text: string): string | undefined =>
  /^(?:docker:\/\/|registry:)(.+)$/s.exec(text)?.[1];

/** The file or folder that a user names as one with an image, and which image in it (`-` is standard input). */
export async function imagePath(
  text: string,
): Promise<{ readonly path: string; readonly name: string | undefined } | undefined> {
  for (const kind of PATH_KINDS)
    if (text.startsWith(`${kind}:`)) return pathAndName(text.slice(kind.length + 1));
  return (await holdsImage(text)) ? { path: text, name: undefined } : undefined;
}

/** `heart.tar:lab/heart:1` is the image `lab/heart:1` in the file `heart.tar`; paths may hold colons too. */
async function pathAndName(text: string): Promise<{ path: string; name: string | undefined }> {
  for (let end = text.length; end > 0; end = text.lastIndexOf(":", end - 1)) {
    const path = text.slice(0, end);
    const there =
      path === "-" ||
      (await stat(path).then(
        () => true,
        () => false,
      ));
    if (there) return { path, name: end === text.length ? undefined : text.slice(end + 1) };
  }
  throw new PratiqueError("image.not-found", `There is no file or folder ${text.split(":")[0]}.`);
}

/** Whether a path is that of an image, by what is in it. */
async function holdsImage(path: string): Promise<boolean> {
  const info = await stat(path).catch(() => undefined);
  if (info === undefined) return false;
  if (info.isDirectory()) {
    const layout = await stat(join(path, "index.json")).catch(() => undefined);
    const mark = await stat(join(path, "oci-layout")).catch(() => undefined);
    return layout?.isFile() === true && mark?.isFile() === true;
  }
  if (!info.isFile()) return info.isFIFO();
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return false;
  try {
    const start = Buffer.alloc(512);
    const { bytesRead } = await file.read(start, 0, start.length, 0);
    const read = start.subarray(0, bytesRead);
    return compressionOf(read) !== "none" || read.toString("latin1", 257, 262) === "ustar" || isSif(read);
  } finally {
    await file.close();
  }
}
