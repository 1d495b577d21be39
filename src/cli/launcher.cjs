#!/usr/bin/env node
// @ts-check
"use strict";
/**
 * Starts the bundled command line with code that was compiled before: compiling it anew at each start would take longer
 * than linting a Dockerfile does. The compiled code lies beside the bundle when it was built by the same Node, else in
 * the user's cache folder, where the first run puts it. Where neither can be, everything works as well, but slower.
 * PRATIQUE_CODE_CACHE=off does without; =build is how our own build makes the one beside.
 */
const fs = require("node:fs");
const path = require("node:path");
const v8 = require("node:v8");
const vm = require("node:vm");

// V8 makes machine code of a function after so much work in it (bytes of its own code). With its default of 67,584 a lint
// of 1,000 files spends more processor time on that than the code saves: 3.7 s in all against 2.1 s. Measured with
// Node 20; newer ones compile in smaller steps. Set before anything is compiled: code compiled ahead is for these settings alone.
if (process.versions.v8.startsWith("11.")) v8.setFlagsFromString("--interrupt-budget=540000");

const mode = process.env.PRATIQUE_CODE_CACHE ?? "";
const filename = path.join(__dirname, "pratique.cjs");
// The bundle is plain ASCII, which is read faster than UTF-8.
const source = `(function (exports, require, module, __filename, __dirname) {${fs.readFileSync(filename, "latin1")}\n})`;
// A command that needs much which the others do not has compiled code of its own: all of it together is slow to read.
const part = process.argv[2] === "verify" ? ".verify" : "";
const version = `${process.version}-${process.arch}${part}`;
const beside = `${filename}.${version}.cache`;

/** Where this user's compiled code of this very bundle lies; undefined without a home. */
function ownCache() {
  const home = process.env.HOME || process.env.USERPROFILE;
  const base = process.env.XDG_CACHE_HOME || (home ? path.join(home, ".cache") : "");
  if (!path.isAbsolute(base)) return undefined;
  const { mtimeMs, size } = fs.statSync(filename);
  return path.join(
    base,
    "pratique",
    `${version}-${size.toString(16)}-${Math.round(mtimeMs).toString(16)}.cache`,
  );
}

/** @param {string | undefined} file */
function read(file) {
  try {
    return file === undefined ? undefined : fs.readFileSync(file);
  } catch {
    return undefined;
  }
}

/**
 * @param {string | undefined} file
 * @param {Buffer} data
 */
function write(file, data) {
  if (file === undefined) return;
  try {
    fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    const part = `${file}.${process.pid}.part`;
    fs.writeFileSync(part, data, { mode: 0o644, flag: "wx" });
    fs.renameSync(part, file);
  } catch {
    // A home that cannot be written only means that the next start is no faster.
  }
}

const cachedData = mode === "" ? (read(beside) ?? read(ownCache())) : undefined;
const script = new vm.Script(source, cachedData === undefined ? { filename } : { filename, cachedData });
const bundle = { exports: {} };
script.runInThisContext()(bundle.exports, require, bundle, filename, __dirname);

const compiled = cachedData === undefined || script.cachedDataRejected === true;
if (compiled && mode !== "off") {
  // At the end, when what this run needed is compiled.
  process.on("exit", () => write(mode === "build" ? beside : ownCache(), script.createCachedData()));
}
