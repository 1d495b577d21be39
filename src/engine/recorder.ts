import { existsSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../system/package.ts";

/**
 * Path of the recorder for an architecture (Go's name: `amd64`, `arm64`), or undefined when this installation has
 * none. The recorder runs on the machine's own processor even where the image is emulated. `PRATIQUE_RECORDER` names
 * another file.
 */
export function recorderPath(architecture: string): string | undefined {
  const given = process.env.PRATIQUE_RECORDER;
  const path = given ?? join(packageRoot(), "dist", "recorder", `pratique-recorder-linux-${architecture}`);
  return existsSync(path) ? path : undefined;
}
