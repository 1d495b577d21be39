// @ts-check
/**
 * Compiles the programs of the fault cases (test/e2e/faults/programs), once for each state of their sources.
 *
 *     node tools/setup/faults.mjs
 */
import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { ensurePackages } from "./packages.mjs";
import { cacheFolder, commandLine, exists, locked, must, root, say, which } from "./shared.mjs";

const sources = path.join(root, "test", "e2e", "faults", "programs");

/** Where the programs lie; `busybox`, the loader and the C library of this machine are beside them. */
export const programs = path.join(cacheFolder, "faults");

/** @returns {Promise<void>} */
export async function buildFaults() {
  await ensurePackages(["faults"]);
  await locked("faults", compileAll);
}

async function compileAll() {
  const names = (await readdir(sources)).sort();
  const hash = createHash("sha256");
  for (const name of names) hash.update(name).update(await readFile(path.join(sources, name)));
  const state = hash.digest("hex");
  const stateFile = path.join(programs, "sources.sha256");
  if ((await readFile(stateFile, "utf8").catch(() => "")) === state) return;
  say("compiling the programs of the fault cases");
  await mkdir(cacheFolder, { recursive: true });
  const draft = await mkdtemp(path.join(cacheFolder, "faults-"));
  const at = (/** @type {string} */ name) => path.join(draft, name);
  try {
    const code = names.filter((name) => name.endsWith(".c")).map((name) => path.join(sources, name));
    const compile = (/** @type {string[]} */ args) =>
      must("gcc", ["-O1", "-Wall", "-Wextra", "-Werror", ...args], { what: "compiling the fault programs" });
    await compile(["-static", "-o", at("fault"), ...code]);
    await compile(["-o", at("dynamic"), ...code]);
    await writeFile(at("absent.c"), "int absent(void) { return 0; }\n");
    await writeFile(at("main.c"), "int absent(void);\nint main(void) { return absent(); }\n");
    await compile(["-shared", "-fPIC", "-o", at("libabsent.so"), at("absent.c")]);
    await compile(["-o", at("without-library"), at("main.c"), at("libabsent.so"), "-Wl,-rpath,/nowhere"]);
    for (const name of ["libc.so.6", "ld-linux-x86-64.so.2"]) {
      const { stdout } = await must("gcc", [`-print-file-name=${name}`]);
      await copyFile(stdout.trim(), at(name));
    }
    await copyFile(which("busybox") ?? "busybox", at("busybox"));
    await writeFile(at("sources.sha256"), state);
    if (await exists(programs)) await rm(programs, { recursive: true, force: true });
    await rename(draft, programs);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

commandLine(import.meta.url, buildFaults);
