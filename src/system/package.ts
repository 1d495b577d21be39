import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of the installed package, found from wherever the bundler put this module. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const parent = dirname(folder);
    if (parent === folder) return folder;
    folder = parent;
  }
  return folder;
}

let version: string | undefined;

/** Version of pratique, from its package.json. */
export function packageVersion(): string {
  if (version === undefined) {
    const json: unknown = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8"));
    version =
      typeof json === "object" && json !== null && "version" in json && typeof json.version === "string"
        ? json.version
        : "0.0.0";
  }
  return version;
}
