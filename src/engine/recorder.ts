import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { PratiqueError, systemErrorCode } from "../errors.ts";
import { packageRoot } from "../system/package.ts";

/** The recorder's program, and the hash that it was found to have. */
export interface Recorder {
  readonly program: Uint8Array;
  readonly sha256: string;
}

/**
 * Reads the recorder for an architecture (Go's name: `amd64`, `arm64`); undefined when this installation has none. It
 * runs on the machine's own processor even where the image is emulated. What is not, byte for byte, what was built with
 * the package is refused with `recorder.changed`: evidence would rest on it. `PRATIQUE_RECORDER` names another file,
 * which is its owner's to vouch for.
 *
 * @param folder where the package keeps its recorders, with `build.json`
 */
export async function readRecorder(
  architecture: string,
  folder: string = join(packageRoot(), "dist", "recorder"),
): Promise<Recorder | undefined> {
  const given = process.env.PRATIQUE_RECORDER;
  const path = given ?? join(folder, `pratique-recorder-linux-${architecture}`);
  const program = await readIfThere(path);
  if (program === undefined) return undefined;
  const sha256 = createHash("sha256").update(program).digest("hex");
  if (given === undefined && sha256 !== (await expectedHash(folder, architecture))) {
    throw new PratiqueError(
      "recorder.changed",
      `${path} is not the recorder that belongs to this version of pratique, so it was not started.`,
      { hint: "Install pratique anew; in a checkout: npm run build:recorder -- --force" },
    );
  }
  return { program, sha256 };
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new PratiqueError("recorder.unreadable", `The recorder ${path} cannot be read: ${code ?? error}.`, {
      hint: "Correct its permissions, or install pratique anew.",
      cause: error,
    });
  }
}

/** What `tools/setup/recorder.mjs` wrote down when it built; undefined where that is missing or is none. */
async function expectedHash(folder: string, architecture: string): Promise<unknown> {
  try {
    const { sha256 } = JSON.parse(await readFile(join(folder, "build.json"), "utf8"));
    return sha256?.[architecture];
  } catch {
    return undefined;
  }
}
