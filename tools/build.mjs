// @ts-check
// Bundles the command line and the library into dist/. Code that only some commands need goes into chunks that are
// loaded on demand, so that “pratique lint” starts fast.
import { chmodSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/**
 * Writes `cli/main.js`, `index.js` and their chunks.
 *
 * @param {string} outdir
 */
export async function bundle(outdir) {
  for (const part of ["cli", "chunks", "index.js"])
    rmSync(join(outdir, part), { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: { "cli/main": "src/cli/main.ts", index: "src/index.ts" },
    outdir,
    bundle: true,
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    platform: "node",
    format: "esm",
    target: "node20",
    jsx: "automatic",
    jsxImportSource: "preact",
    minify: true,
    legalComments: "linked",
    logLevel: "warning",
    // commander and tar-stream are CommonJS and ask for Node's own modules.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });
  chmodSync(join(outdir, "cli", "main.js"), 0o755);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle(join(root, "dist"));
