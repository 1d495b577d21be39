// @ts-check
// Bundles the command line and the library into dist/. The command line is one file with its code compiled ahead, so
// that “pratique lint” starts fast; the library keeps code that only some calls need in chunks of its own.
import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { writeNotices, writeTypes } from "./package-files.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** @type {import("esbuild").BuildOptions} */
const COMMON = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20",
  jsx: "automatic",
  jsxImportSource: "preact",
  minify: true,
  legalComments: "linked",
  logLevel: "warning",
  metafile: true,
};

/**
 * Node's own modules that take milliseconds to load, and that many commands never touch: loaded when they are first used.
 *
 * @type {import("esbuild").Plugin}
 */
const lazyBuiltins = {
  name: "lazy-builtins",
  setup(builder) {
    const require = createRequire(import.meta.url);
    const names = "child_process|crypto|fs/promises|http|https|net|os|readline|timers/promises|zlib";
    builder.onResolve({ filter: new RegExp(`^(?:node:)?(?:${names})$`) }, ({ path, namespace }) =>
      namespace === "lazy" ? undefined : { path: path.replace(/^(?:node:)?/, "node:"), namespace: "lazy" },
    );
    builder.onLoad({ filter: /.*/, namespace: "lazy" }, ({ path }) => {
      const getters = Object.keys(require(path))
        .filter((name) => /^[A-Za-z_$][\w$]*$/.test(name))
        .map((name) => `get ${name}() { return require("${path}").${name}; }`);
      return { contents: `module.exports = { ${getters.join(", ")} };`, loader: "js" };
    });
  },
};

/**
 * Sigstore's libraries are half as large as all the rest, and only two options ask for them: a file of their own, so
 * that no other command has to read them.
 *
 * @type {import("esbuild").Plugin}
 */
const ownFiles = {
  name: "own-files",
  setup(builder) {
    builder.onResolve({ filter: /^\.\/libraries\.ts$/ }, ({ path }) => ({ path, namespace: "own-file" }));
    // The launcher's way to start the bundle knows “require” alone.
    builder.onLoad({ filter: /.*/, namespace: "own-file" }, () => ({
      contents: 'module.exports = require("./sigstore.cjs");',
      loader: "js",
    }));
    builder.onResolve({ filter: /^\.\/sigstore\.cjs$/, namespace: "own-file" }, ({ path }) => ({
      path,
      external: true,
    }));
  },
};

/**
 * Rules carry their examples, which only “explain” shows: the command line reads those from a file of their own, so
 * that a lint need not load them.
 *
 * @type {import("esbuild").Plugin}
 */
const withoutExamples = {
  name: "without-examples",
  setup(builder) {
    builder.onLoad({ filter: /\/src\/rules\/[^/]+\/rule\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      const contents = text.replace(
        /\n {2}examples: \{\n[\s\S]*?\n {2}\},\n/,
        "\n  examples: NO_EXAMPLES,\n",
      );
      if (contents === text) throw new Error(`${path} has no examples where the build looks for them`);
      return { contents: contents.replaceAll("NO_EXAMPLES", "{ bad: [], good: [] }"), loader: "ts" };
    });
  },
};

/**
 * Writes the first examples of each rule that are Dockerfiles: `{ "<rule>": { "bad": "FROM ...", "good": "FROM ..." } }`.
 *
 * @param {string} outdir
 */
async function writeExamples(outdir) {
  const folder = mkdtempSync(join(root, "node_modules", ".examples-"));
  try {
    const outfile = join(folder, "rules.mjs");
    await build({
      ...COMMON,
      minify: false,
      packages: "external",
      format: "esm",
      stdin: {
        contents: 'export { loadRules, RULE_KINDS } from "./src/rules/registry/registry.gen.ts";',
        resolveDir: root,
        loader: "ts",
      },
      outfile,
    });
    const { loadRules, RULE_KINDS } = await import(pathToFileURL(outfile).href);
    /** @type {Record<string, { bad: string | undefined, good: string | undefined }>} */
    const examples = {};
    for (const kind of RULE_KINDS) {
      for (const { id, examples: all } of await loadRules(kind)) {
        const first = (/** @type {{ dockerfile?: string }[]} */ list) =>
          list.find(({ dockerfile }) => dockerfile !== undefined)?.dockerfile;
        examples[id] = { bad: first(all.bad), good: first(all.good) };
      }
    }
    writeFileSync(join(outdir, "cli", "examples.json"), JSON.stringify(examples));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Writes `cli/main.cjs` with what it starts, `index.js` with its chunks, and the licences of what is in them.
 *
 * @param {string} outdir
 */
export async function bundle(outdir) {
  for (const part of ["cli", "chunks", "index.js"])
    rmSync(join(outdir, part), { recursive: true, force: true });
  const builds = await Promise.all([
    build({
      ...COMMON,
      entryPoints: { "cli/pratique": "src/cli/main.ts", "cli/sigstore": "src/sigstore/libraries.ts" },
      outdir,
      outExtension: { ".js": ".cjs" },
      format: "cjs",
      plugins: [ownFiles, lazyBuiltins, withoutExamples],
      define: { "import.meta.url": "__moduleUrl" },
      banner: { js: 'const __moduleUrl = require("node:url").pathToFileURL(__filename).href;' },
    }),
    build({
      ...COMMON,
      entryPoints: { index: "src/index.ts" },
      outdir,
      splitting: true,
      chunkNames: "chunks/[name]-[hash]",
      format: "esm",
      // tar-stream is CommonJS and asks for Node's own modules.
      banner: {
        js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
      },
    }),
  ]);
  writeNotices(
    root,
    outdir,
    builds.flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {})),
  );
  await writeExamples(outdir);
  const main = join(outdir, "cli", "main.cjs");
  copyFileSync(join(root, "src/cli/launcher.cjs"), main);
  chmodSync(main, 0o755);
  compileAhead(main);
}

/**
 * Lets the command line lint a Dockerfile and verify evidence, and keep what Node compiled for each; and print its manual
 * page, which goes to `man/`.
 *
 * @param {string} main
 */
function compileAhead(main) {
  const folder = mkdtempSync(join(tmpdir(), "pratique-build-"));
  const run = (/** @type {string[]} */ args, env = {}) => {
    const options = { cwd: folder, encoding: /** @type {const} */ ("utf8"), env: { ...process.env, ...env } };
    const { stdout, stderr } = spawnSync(process.execPath, [main, ...args], options);
    if (stderr !== "") throw new Error(`the bundle does not run: ${stderr}`);
    return stdout;
  };
  try {
    writeFileSync(join(folder, "Dockerfile"), SAMPLE);
    const build = { PRATIQUE_CODE_CACHE: "build" };
    if (!run(["lint", "--shellcheck", "never", "Dockerfile"], build).includes("Dockerfile:"))
      throw new Error("the bundle does not lint");
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    writeFileSync(join(folder, "key"), privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    writeFileSync(join(folder, "key.pub"), publicKey.export({ type: "spki", format: "pem" }));
    mkdirSync(join(folder, "evidence"));
    copyFileSync(join(root, "test/fixtures/reports/1.0.json"), join(folder, "evidence/report.json"));
    const off = { PRATIQUE_CODE_CACHE: "off" };
    writeFileSync(join(folder, "evidence/index.html"), run(["report", "evidence", "--format", "html"], off));
    run(["sign", "evidence", "--key", "key"], off);
    // The stored evidence may be of an older policy, which is a check that fails.
    if (!run(["verify", "evidence", "--key", "key.pub"], build).includes("the evidence says"))
      throw new Error("the bundle does not verify");
    const manual = join(dirname(main), "..", "man");
    mkdirSync(manual, { recursive: true });
    writeFileSync(join(manual, "pratique.1"), run(["man"], off));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A bit of everything that Dockerfiles commonly hold, good and bad. */
const SAMPLE = `# syntax=docker/dockerfile:1
ARG TAG=3.12-slim
FROM docker.io/library/python:\${TAG} AS builder
COPY requirements.txt ./
RUN pip wheel -r requirements.txt -w /wheels && rm -rf /tmp/x
FROM docker.io/library/python:3.12
RUN mkdir -p /safe_data /safe_outputs /scratch
ENV TMPDIR=/scratch A="b c"
RUN apt-get update && apt-get install -y git curl \\\\
    && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/app
COPY --from=builder /wheels /wheels
RUN pip install --no-cache-dir /wheels/*.whl; echo "$A" | tee /dev/null
COPY src/ ./src/
RUN groupadd --system nonroot && useradd --system --gid nonroot nonroot
USER nonroot
ENTRYPOINT ["python", "src/main.py"]
CMD ["--all"]
`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const outdir = join(root, "dist");
  await bundle(outdir);
  writeTypes(root, outdir);
}
