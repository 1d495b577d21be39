// @ts-check
/**
 * Compiles the recorder, the helper that runs inside the container under test, for the two architectures of its users.
 *
 *     node tools/setup/recorder.mjs [--force]
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { ensurePackages } from "./packages.mjs";
import {
  commandLine,
  exists,
  must,
  parseArgs,
  readJson,
  root,
  run,
  SetupError,
  say,
  writeJson,
} from "./shared.mjs";

export const architectures = /** @type {const} */ (["amd64", "arm64"]);

/**
 * @typedef {object} RecorderBuild
 * @property {string} folder
 * @property {Record<'amd64' | 'arm64', string>} files
 * @property {boolean} built false when the sources had not changed
 */

/**
 * Builds `recorder/` to `dist/recorder/pratique-recorder-linux-{amd64,arm64}`, unless its sources are unchanged. The same
 * sources and the same Go give the same bytes; nothing is downloaded.
 *
 * @param {{ source?: string, output?: string, force?: boolean }} [options]
 * @returns {Promise<RecorderBuild>}
 */
export async function buildRecorder(options = {}) {
  const source = options.source ?? path.join(root, "recorder");
  const output = options.output ?? path.join(root, "dist", "recorder");
  if (!(await exists(path.join(source, "go.mod"))))
    throw new SetupError(`no Go module in ${source}`, { exitCode: 1 });
  const files = {
    amd64: path.join(output, "pratique-recorder-linux-amd64"),
    arm64: path.join(output, "pratique-recorder-linux-arm64"),
  };
  const stateFile = path.join(output, "build.json");
  const vendored = await exists(path.join(source, "vendor", "modules.txt"));
  const flags = [
    "build",
    "-trimpath",
    "-buildvcs=false",
    `-mod=${vendored ? "vendor" : "readonly"}`,
    "-ldflags=-s -w -buildid=",
  ];
  const sources = await hashFolder(source, flags.join(" "));
  const state = await readJson(stateFile);
  const complete = (await exists(files.amd64)) && (await exists(files.arm64));
  if (!options.force && complete && state?.sources === sources)
    return { folder: output, files, built: false };

  await ensurePackages(["go"]);
  await mkdir(output, { recursive: true });
  const env = {
    CGO_ENABLED: "0",
    GOTOOLCHAIN: "local",
    GOPROXY: "off",
    GOFLAGS: "",
    GOOS: "linux",
    GOAMD64: "v1",
    GOWORK: "off",
  };
  /** @type {Record<string, string>} */ const sha256 = {};
  for (const architecture of architectures) {
    say(`compiling the recorder for linux/${architecture}`);
    await must("go", [...flags, "-o", files[architecture], "."], {
      cwd: source,
      env: { ...env, GOARCH: architecture },
      what: `compiling the recorder for ${architecture}`,
    });
    sha256[architecture] = createHash("sha256")
      .update(await readFile(files[architecture]))
      .digest("hex");
  }
  const go = (await run("go", ["env", "GOVERSION"], { env })).stdout.trim();
  await writeJson(stateFile, { sources, go, sha256 });
  return { folder: output, files, built: true };
}

/**
 * @param {string} folder
 * @param {string} seed
 * @returns {Promise<string>} a hash of everything in it that the compiler reads
 */
async function hashFolder(folder, seed) {
  const hash = createHash("sha256").update(seed);
  const names = (await readdir(folder, { recursive: true }))
    .filter(
      (name) => /(\.go|\.s|\.c|\.h|\.json|\.txt|^go\.mod|^go\.sum)$/.test(name) && !name.endsWith("_test.go"),
    )
    .sort();
  for (const name of names) {
    const content = await readFile(path.join(folder, name));
    hash.update(`${name}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

commandLine(import.meta.url, async (args) => {
  const { flags } = parseArgs(args, {
    flags: ["force"],
    usage: "usage: node tools/setup/recorder.mjs [--force]",
  });
  const { folder, built } = await buildRecorder({ force: flags.has("force") });
  say(built ? `recorder compiled to ${folder}` : `recorder in ${folder} is up to date`);
});
