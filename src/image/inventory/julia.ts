import { type Declared, declared, type Ecosystem, KB, MB, wordOf } from "./ecosystem.ts";
import { lines } from "./stanzas.ts";

/** Julia's packages: those that an environment's manifest names, and those that lie in a depot or in Julia itself. */
export const julia: Ecosystem = {
  wanted({ name, path }) {
    // Packages carry manifests of their own tests and documentation, which say nothing of what is installed.
    if (/^(?:Julia)?Manifest(?:-v[\d.]+)?\.toml$/.test(name))
      return IN_PACKAGE.test(path) ? undefined : 8 * MB;
    return name === "Project.toml" && (DEPOT.test(path) || STANDARD.test(path)) ? 64 * KB : undefined;
  },
  read(bytes, path) {
    const text = bytes.toString("utf8");
    return { packages: /Manifest[^/]*\.toml$/.test(path) ? manifest(text) : project(text) };
  },
};

const IN_PACKAGE = /\/packages\/[^/]+\/[^/]+\/|\/share\/julia\/stdlib\//;
const DEPOT = /\/packages\/[^/]+\/[^/]+\/Project\.toml$/;
const STANDARD = /\/share\/julia\/stdlib\/v[\d.]+\/[^/]+\/Project\.toml$/;

const VALUE = /^(name|uuid|version)\s*=\s*"([^"\\]*)"\s*$/;

/** `[[deps.Name]]`, or `[[Name]]` before Julia 1.7, with what belongs to it on the lines below. */
function manifest(text: string): Declared[] {
  const found: Declared[] = [];
  let name: string | undefined;
  let fields = new Map<string, string>();
  const end = (): void => {
    // Parts of Julia itself have no version of their own in older manifests.
    if (name !== undefined && fields.has("uuid")) add(found, name, fields);
    fields = new Map();
  };
  for (const line of lines(text)) {
    if (line.startsWith("[")) {
      end();
      name = /^\[\[(?:deps\.)?([^\].]+)\]\]\s*$/.exec(line.slice(0, 300))?.[1];
    } else take(line, fields);
  }
  end();
  return found;
}

function project(text: string): Declared[] {
  const found: Declared[] = [];
  const fields = new Map<string, string>();
  for (const line of lines(text)) {
    // What comes below names other packages.
    if (line.startsWith("[")) break;
    take(line, fields);
  }
  if (fields.has("uuid")) add(found, fields.get("name"), fields);
  return found;
}

function take(line: string, fields: Map<string, string>): void {
  const [, key, value] = VALUE.exec(line.slice(0, 300)) ?? [];
  if (key !== undefined && value !== undefined && !fields.has(key)) fields.set(key, value);
}

function add(found: Declared[], name: string | undefined, fields: ReadonlyMap<string, string>): void {
  const word = wordOf(name);
  if (word === undefined) return;
  const qualifiers = { uuid: wordOf(fields.get("uuid")) ?? "" };
  const made = declared("julia", word, fields.get("version"), { type: "julia", name: word, qualifiers });
  if (made !== undefined) found.push(made);
}
