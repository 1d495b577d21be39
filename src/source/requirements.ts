import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BuildContext } from "../context/walk.ts";

/** A package that a file asks for. */
export interface Requirement {
  /** As written, without comments: `numpy>=1.20`. */
  readonly text: string;
  readonly tool: "pip" | "conda";
  readonly line: number;
  readonly startColumn: number;
}

/** A `requirements.txt` or a Conda `environment.yml`. */
export interface RequirementsFile {
  /** Relative to the project, with forward slashes. */
  readonly file: string;
  readonly requirements: readonly Requirement[];
  /** True where the file names constraints, which hold the versions in its place. */
  readonly constrained: boolean;
}

const PIP = /(?:^|\/)(?:[^/]*requirements[^/]*|requirements\/[^/]+)\.(?:txt|pip)$/i;
const CONDA = /(?:^|\/)[^/]*(?:environment|conda|env)[^/]*\.ya?ml$/i;
const FOREIGN = /(?:^|\/)(?:node_modules|site-packages|\.venv|venv|\.tox)\//;
const MAX_FILES = 50;
const MAX_BYTES = 1024 * 1024;

/** Reads the project's lists of packages. What cannot be read is left out: nothing is known of it. */
export async function readRequirements(context: BuildContext): Promise<RequirementsFile[]> {
  const wanted = context.files
    .filter(({ path, kind, size }) => kind === "file" && size <= MAX_BYTES && isRequirements(path))
    .slice(0, MAX_FILES);
  const found = await Promise.all(
    wanted.map(async ({ path }) => {
      const text = await readFile(join(context.root, path), "utf8").catch(() => "");
      return requirementsIn(path, text);
    }),
  );
  return found.filter(({ requirements }) => requirements.length > 0);
}

export const isRequirements = (path: string): boolean =>
  (PIP.test(path) || CONDA.test(path)) && !FOREIGN.test(path);

/** What a list of packages asks for, line by line. */
export function requirementsIn(file: string, text: string): RequirementsFile {
  const lines = text.split(/\r?\n/);
  return PIP.test(file)
    ? {
        file,
        requirements: fromPip(lines),
        constrained: lines.some((line) => /^\s*(?:-c|--constraint)\b/.test(line)),
      }
    : { file, requirements: fromConda(lines), constrained: false };
}

function fromPip(lines: readonly string[]): Requirement[] {
  const found: Requirement[] = [];
  let continued = false;
  lines.forEach((line, index) => {
    const own = line.replace(/(?:^|\s)#.*$/, "").trim();
    const begins = !continued;
    continued = /\\$/.test(own);
    const spec = own
      .replace(/^(?:-e|--editable)[\s=]+/, "")
      .replace(/\s*(?:\\|--hash=.*)$/, "")
      .trim();
    if (!begins || spec === "" || spec.startsWith("-")) return;
    found.push({ text: spec, tool: "pip", line: index + 1, startColumn: line.search(/\S/) + 1 });
  });
  return found;
}

/** The lists below `dependencies:` and, deeper, `pip:`; the rest of YAML does not matter here. */
function fromConda(lines: readonly string[]): Requirement[] {
  const found: Requirement[] = [];
  let inside = false;
  let pipIndent = -1;
  lines.forEach((line, index) => {
    if (/^\S/.test(line) && !/^[-#]/.test(line)) {
      inside = /^dependencies\s*:/.test(line);
      pipIndent = -1;
      return;
    }
    const item = /^(\s*)-\s+(["']?)(.*?)\2\s*(?:#.*)?$/.exec(line.slice(0, 1000));
    const spec = item?.[3] ?? "";
    const indent = item?.[1]?.length ?? 0;
    if (!inside || item === null || spec === "" || spec.startsWith("-")) return;
    if (pipIndent >= 0 && indent <= pipIndent) pipIndent = -1;
    if (/^pip\s*:$/.test(spec)) {
      pipIndent = indent;
      return;
    }
    found.push({
      text: spec,
      tool: pipIndent >= 0 ? "pip" : "conda",
      line: index + 1,
      startColumn: indent + 1,
    });
  });
  return found;
}
