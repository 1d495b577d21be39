// @ts-check
/** Compiles a program from the Go module proxy, once: for what the tests need and no package of the machine brings. */
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import path from "node:path";
import { ensurePackages } from "./packages.mjs";
import { cacheFolder, exists, locked, must, say, which } from "./shared.mjs";

/** What keeps the settings of this machine's user from a compilation. */
export const plainGo = { GOFLAGS: "", GOWORK: "off", CGO_ENABLED: "0" };

/**
 * @param {{ module: string, version: string, linked?: string, env?: NodeJS.ProcessEnv }} wanted module: the package with
 *   the program, whose last part is its name; linked: further flags for the linker
 * @returns {Promise<string>} the program's path
 */
export async function ensureGoProgram({ module, version, linked = "", env = {} }) {
  const name = path.posix.basename(module);
  const program = path.join(cacheFolder, "tools", `${name}-${version}`);
  await locked(name, async () => {
    if (await exists(program)) return;
    await ensurePackages(["go"]);
    say(`compiling ${name} ${version}, which takes minutes`);
    await mkdir(path.dirname(program), { recursive: true });
    const draft = await mkdtemp(path.join(cacheFolder, `${name}-`));
    try {
      const flags = ["-trimpath", `-ldflags=-s -w ${linked}`.trim()];
      // Whatever else runs meanwhile goes first.
      const gentle = which("nice") ? ["nice", "-n", "19"] : [];
      const [first = "", ...rest] = [...gentle, "go", "install", ...flags, `${module}@${version}`];
      await must(first, rest, {
        env: { ...plainGo, ...env, GOBIN: draft },
        what: `compiling ${name}`,
      });
      await rename(path.join(draft, name), program);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  });
  return program;
}
