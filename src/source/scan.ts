import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BuildContext } from "../context/walk.ts";
import type { SourceFacts } from "./facts.ts";
import { readRequirements } from "./requirements.ts";
import type { Scanned } from "./scan-text.ts";

/** A file larger than this is no code that a person wrote. */
const MAX_FILE_BYTES = 2 * 1024 * 1024;
const MAX_TOTAL_BYTES = 64 * 1024 * 1024;
/** Files read at the same time. */
const BATCH = 16;

const SOURCE =
  /\.(?:py|pyw|ipynb|smk|r|rmd|qmd|rnw|jl|sh|bash)$|(?:^|\/)(?:Snakefile|Makefile|\.Rprofile|_quarto\.ya?ml|(?:docker-)?entrypoint|start|run|launch)$/i;
/** Folders of installed software: not the project's own code. */
const FOREIGN =
  /(?:^|\/)(?:node_modules|site-packages|\.venv|venv|\.tox|__pycache__|renv\/library|\.ipynb_checkpoints)\//;

/** Languages that researchers write and nothing here understands: a reader must not take silence for a pass. */
const UNREAD: readonly (readonly [files: RegExp, language: string])[] = [
  [/\.m$/i, "Octave or MATLAB"],
  [/\.(?:do|ado)$/i, "Stata"],
  [/\.sas$/i, "SAS"],
  [/\.(?:java|scala)$/i, "Java or Scala"],
  [/\.(?:pl|pm)$/i, "Perl"],
];

export const isSource = (path: string): boolean => SOURCE.test(path) && !FOREIGN.test(path);

/** Reads the project's code and says where it uses libraries that need attention in a TRE. */
export async function scanSource(context: BuildContext): Promise<SourceFacts> {
  const wanted = context.files.filter(({ path, kind }) => kind === "file" && isSource(path));
  const skipped: { file: string; reason: string }[] = [];
  const foreign = unreadLanguages(context);
  const requirements = await readRequirements(context);
  if (wanted.length === 0) return { ...NOTHING, foreign, requirements };
  // The knowledge takes time to load; a project without code does not pay for it.
  const { joinFacts, scanFile } = await import("./scan-text.ts");

  const scanned: Scanned[] = [];
  const readable: string[] = [];
  let planned = 0;
  for (const { path, size } of wanted) {
    if (size > MAX_FILE_BYTES) skipped.push({ file: path, reason: "it is larger than 2 MiB" });
    else if (planned + size > MAX_TOTAL_BYTES)
      skipped.push({ file: path, reason: "the project has more than 64 MiB of code" });
    else {
      planned += size;
      readable.push(path);
    }
  }
  for (let start = 0; start < readable.length; start += BATCH) {
    const batch = readable.slice(start, start + BATCH);
    const contents = await Promise.all(batch.map((path) => read(join(context.root, path))));
    batch.forEach((path, index) => {
      const content = contents[index];
      if (content === undefined) {
        skipped.push({ file: path, reason: "it could not be read" });
      } else if (content.includes(0)) {
        skipped.push({ file: path, reason: "it is not text" });
      } else {
        scanned.push(scanFile(path, content.toString("utf8"), content.length));
      }
    });
  }
  return { ...joinFacts(scanned, skipped), foreign, requirements };
}

/** One entry for each language: its first file stands for all of them. */
function unreadLanguages({ files }: BuildContext): { file: string; reason: string }[] {
  const own = files.filter(({ path, kind }) => kind === "file" && !FOREIGN.test(path));
  return UNREAD.flatMap(([pattern, language]) => {
    const found = own.filter(({ path }) => pattern.test(path));
    const [first] = found;
    const count = found.length === 1 ? "" : ` (${found.length} files)`;
    return first === undefined
      ? []
      : [
          {
            file: first.path,
            reason: `code in ${language} is not understood${count}, and only a test run shows what it does`,
          },
        ];
  });
}

const NOTHING: SourceFacts = {
  files: 0,
  bytes: 0,
  uses: [],
  acts: [],
  settings: [],
  scripts: [],
  libraries: new Map(),
  skipped: [],
  quarto: [],
};

async function read(path: string): Promise<Buffer | undefined> {
  try {
    const content = await readFile(path);
    return content.length > MAX_FILE_BYTES ? undefined : content;
  } catch {
    // It may have gone since it was listed, or be closed to us: listed as skipped.
    return undefined;
  }
}
