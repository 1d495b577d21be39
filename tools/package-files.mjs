// @ts-check
// What the npm package holds beside the bundles: the library's types, and the licences of what the bundles contain.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";

/**
 * Writes `types/`: the declarations that `src/index.ts` leads to, and no others.
 *
 * @param {string} root
 * @param {string} outdir
 */
export function writeTypes(root, outdir) {
  const folder = mkdtempSync(join(root, "node_modules", ".types-"));
  try {
    const settings = join(folder, "tsconfig.json");
    const all = join(folder, "types");
    writeFileSync(
      settings,
      JSON.stringify({
        extends: join(root, "tsconfig.json"),
        compilerOptions: {
          noEmit: false,
          declaration: true,
          emitDeclarationOnly: true,
          outDir: all,
          rootDir: join(root, "src"),
          typeRoots: [join(root, "node_modules/@types")],
        },
        files: [join(root, "src/index.ts")],
        include: [],
      }),
    );
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(root, "node_modules/typescript/bin/tsc"), "-p", settings],
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(`the types cannot be written: ${stdout}${stderr}`);
    const types = join(outdir, "types");
    rmSync(types, { recursive: true, force: true });
    for (const file of reachable(join(all, "index.d.ts"))) {
      const target = join(types, relative(all, file));
      mkdirSync(dirname(target), { recursive: true });
      cpSync(file, target);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * A declaration file with all that it imports. What comes from elsewhere than Node would be missing for the package's
 * users, who install nothing else.
 *
 * @param {string} first
 * @returns {Set<string>}
 */
function reachable(first) {
  const found = new Set([first]);
  for (const file of found) {
    const text = readFileSync(file, "utf8");
    for (const [, , from = ""] of text.matchAll(/(from|import\()\s*"([^"]+)"/g)) {
      if (from.startsWith(".")) found.add(join(dirname(file), from).replace(/\.tsx?$/, ".d.ts"));
      else if (!from.startsWith("node:"))
        throw new Error(`the types of ${relative(dirname(first), file)} need the package ${from}`);
    }
  }
  return found;
}

/**
 * Writes `THIRD-PARTY.txt`: each package that lies in a bundle, with its licence.
 *
 * @param {string} root
 * @param {string} outdir
 * @param {readonly string[]} inputs files that were bundled, from the project's folder
 */
export function writeNotices(root, outdir, inputs) {
  const folders = new Set(
    inputs.flatMap((file) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []),
  );
  const notices = [...folders].sort().map((name) => {
    const folder = join(root, name);
    const { name: title, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(?:\.(?:md|txt))?$/i.test(entry));
    const text = file === undefined ? "" : readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n");
    return `${title} ${version} (${license})\n\n${text.trim()}\n`;
  });
  for (const name of ["kubernetes", "kueue"]
    .map((one) => `src/knowledge/${one}.json`)
    .filter((one) => inputs.includes(one))) {
    const { source, licence } = JSON.parse(readFileSync(join(root, name), "utf8"));
    notices.push(
      `${source}, descriptions of its objects (${licence})\n\nThe licence is that of pratique itself, in LICENSE.\n`,
    );
  }
  writeFileSync(
    join(outdir, "THIRD-PARTY.txt"),
    `The programs in this folder contain parts of these packages.\n\n${notices.join(`\n${"-".repeat(80)}\n\n`)}`,
  );
}
