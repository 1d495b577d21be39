import { type Declared, declared, type Ecosystem, KB, wordOf } from "./ecosystem.ts";
import { type Licence, licenceOf, NO_LICENCE } from "./licence.ts";
import { firstStanza, lines } from "./stanzas.ts";

const FIELDS = new Set(["name", "version", "license", "license-expression"]);

/** Python's packages: `METADATA` and `PKG-INFO` of what is installed, and lists of what others carry in `_vendor`. */
export const python: Ecosystem = {
  startSuffices: true,
  wanted({ name, path }) {
    // The long description follows the fields.
    if (name === "METADATA") return /\.dist-info\/METADATA$/.test(path) ? 64 * KB : undefined;
    if (name === "PKG-INFO")
      return /\.egg-info\/PKG-INFO$|\/EGG-INFO\/PKG-INFO$/.test(path) ? 64 * KB : undefined;
    if (name.endsWith(".egg-info")) return 64 * KB;
    return name === "vendor.txt" && path.endsWith("/_vendor/vendor.txt") ? 64 * KB : undefined;
  },
  read(bytes, path) {
    const text = bytes.toString("utf8");
    if (path.endsWith("/vendor.txt")) return { packages: vendored(text) };
    const fields = firstStanza(text, FIELDS);
    const made = pythonPackage(fields.get("name"), fields.get("version"), licenceIn(fields, text));
    return made === undefined ? {} : { packages: [made] };
  },
};

function pythonPackage(
  name: string | undefined,
  version: string | undefined,
  licence: Licence = NO_LICENCE,
): Declared | undefined {
  const word = wordOf(name);
  if (word === undefined) return undefined;
  const normal = word.toLowerCase().replace(/[-_.]+/g, "-");
  return declared("python", word, version, { type: "pypi", name: normal }, licence);
}

function licenceIn(fields: ReadonlyMap<string, string>, text: string): Licence {
  const expression = fields.get("license-expression");
  if (expression !== undefined) return licenceOf(expression);
  const [first = "", ...more] = (fields.get("license") ?? "").split("\n");
  // Some put the licence's whole text there.
  const field = licenceOf(more.length > 0 ? undefined : first);
  if (field.expression !== undefined) return field;
  const classes = [
    ...text.slice(0, 16 * KB).matchAll(/^Classifier: License :: (?:OSI Approved :: )?(.+)$/gm),
  ];
  // Several may mean a choice or all of them.
  const names = [...new Set(classes.map(([, name]) => name))].slice(0, 5);
  const told = licenceOf(names.length > 1 ? names.join("; ") : names[0]);
  return told.expression === undefined && field.written !== undefined ? field : told;
}

/** pip's list of the packages that it carries: `certifi==2024.7.4`. */
function vendored(text: string): Declared[] {
  const found: Declared[] = [];
  for (const line of lines(text)) {
    const [, name, version] = /^\s*([\w.-]+)==([\w.!+-]+)/.exec(line.slice(0, 500)) ?? [];
    const made = pythonPackage(name, version);
    if (made !== undefined) found.push(made);
  }
  return found;
}
