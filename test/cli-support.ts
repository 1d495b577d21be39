import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { bundle } from "../tools/build.mjs";

/** The bundled command line, as a user meets it, with no engine in reach, and a folder of its own for each test. */

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");
/** A build of its own, so that the tests never see an older one. */
export const output = join(root, "node_modules", `.cli-test-${process.pid}`);
let folder: string | undefined;

/** The folder of the running test. */
export const here = (): string => folder ?? "";

export function useCommandLine(): void {
  beforeAll(async () => {
    await bundle(output);
    // The package's own root, from which the version is read.
    writeFileSync(join(output, "package.json"), '{"name":"pratique","version":"0.1.0","type":"module"}');
  }, 60_000);
  const clear = (): void => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  };
  afterAll(() => {
    rmSync(output, { recursive: true, force: true });
    clear();
  });
  beforeEach(() => {
    clear();
    folder = mkdtempSync(join(tmpdir(), "pratique-cli-"));
  });
}

export interface RunOptions {
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
}

export function pratique(args: readonly string[], { input = "", env = {} }: RunOptions = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(output, "cli/main.cjs"), ...args], {
    cwd: here(),
    input,
    encoding: "utf8",
    timeout: 15_000,
    maxBuffer: 64 * 1024 * 1024,
    // No engine can be found.
    env: { HOME: here(), PATH: "/nonexistent", ...env },
  });
  return { status, stdout, stderr };
}

/** Writes a file of the running test. */
export function put(name: string, content: string | Buffer): void {
  mkdirSync(dirname(join(here(), name)), { recursive: true });
  writeFileSync(join(here(), name), content);
}
