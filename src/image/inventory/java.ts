import { posix } from "node:path";
import { type Declared, declared, type Ecosystem, KB, MB, wordOf } from "./ecosystem.ts";
import { type Licence, licenceOf, NO_LICENCE } from "./licence.ts";
import { firstStanza, lines } from "./stanzas.ts";
import { unzip, type ZipEntry, zipEntries } from "./zip.ts";

/** Archives that are larger are known by their name only. */
const LARGEST = 32 * MB;
/** What all archives within one may unpack to. */
const MAX_UNPACKED = 64 * MB;
const MAX_NESTED = 500;
const MAX_DEPTH = 2;

/** Java's archives: the Maven coordinates that they carry, else their manifest, else their name; those within them too. */
export const java: Ecosystem = {
  startSuffices: true,
  wanted({ name, size }) {
    // Of one too large its first bytes say that it is one.
    if (!ARCHIVE.test(name)) return undefined;
    return size <= LARGEST ? LARGEST : 4;
  },
  read(bytes, path) {
    if (bytes.length === 4 && bytes.readUInt32LE(0) === 0x04034b50)
      return {
        packages: byName(path),
        problem: `what is in Java archives of more than ${LARGEST / MB} MB`,
      };
    const budget = { bytes: MAX_UNPACKED, archives: MAX_NESTED, cut: false };
    const packages = archive(bytes, path, budget, 0);
    return budget.cut
      ? { packages, problem: "some Java archives within others (there are too many)" }
      : { packages };
  },
};

const ARCHIVE = /\.(?:jar|war|ear|jpi|hpi)$/i;
const PROPERTIES = /^META-INF\/maven\/[^/]+\/[^/]+\/pom\.properties$/;
const MANIFEST = new Set([
  "implementation-title",
  "implementation-version",
  "implementation-vendor-id",
  "bundle-symbolicname",
  "bundle-version",
  "bundle-license",
  "specification-version",
]);

interface Budget {
  bytes: number;
  archives: number;
  cut: boolean;
}

function archive(zip: Buffer, path: string, budget: Budget, depth: number): Declared[] {
  const entries = zipEntries(zip);
  if (entries === undefined) return [];
  const take = (entry: ZipEntry, most: number): Buffer | undefined => {
    if (budget.bytes <= 0) {
      budget.cut = true;
      return undefined;
    }
    const bytes = unzip(zip, entry, Math.min(most, budget.bytes));
    budget.bytes -= bytes?.length ?? 0;
    return bytes;
  };
  const manifestEntry = entries.find(({ name }) => name.toUpperCase() === "META-INF/MANIFEST.MF");
  const manifest = unfold((manifestEntry && take(manifestEntry, MB)?.toString("utf8")) ?? "");
  const licence = licenceIn(manifest.get("bundle-license"));
  const file = nameAndVersion(path);
  const found: Declared[] = [];
  for (const entry of entries) {
    if (!PROPERTIES.test(entry.name)) continue;
    const made = fromProperties(take(entry, 64 * KB)?.toString("utf8") ?? "", file.name, licence);
    if (made !== undefined) found.push(made);
  }
  if (found.length === 0 && depth <= MAX_DEPTH) found.push(...fromManifest(manifest, file, licence));
  for (const entry of entries) {
    if (!ARCHIVE.test(entry.name)) continue;
    if (depth >= MAX_DEPTH || budget.archives-- <= 0) {
      budget.cut = true;
      break;
    }
    const inner = take(entry, LARGEST);
    if (inner !== undefined) found.push(...archive(inner, `/${entry.name}`, budget, depth + 1));
  }
  return found;
}

/** Lines of a manifest are broken at 72 bytes, and go on after a space. */
const unfold = (text: string): ReadonlyMap<string, string> =>
  firstStanza(text.replace(/\r?\n[ ]/g, ""), MANIFEST);

function fromProperties(text: string, jar: string, licence: Licence): Declared | undefined {
  const fields = new Map<string, string>();
  for (const line of lines(text)) {
    const [, key, value] = /^\s*(groupId|artifactId|version)\s*[=:]\s*(.*)$/.exec(line.slice(0, 500)) ?? [];
    if (key !== undefined && value !== undefined) fields.set(key, value);
  }
  const group = wordOf(fields.get("groupId"));
  const name = wordOf(fields.get("artifactId"));
  if (!group || !name) return undefined;
  return mavenPackage(group, name, fields.get("version"), name === jar ? licence : NO_LICENCE);
}

function fromManifest(
  manifest: ReadonlyMap<string, string>,
  file: { readonly name: string; readonly version: string | undefined },
  licence: Licence,
): Declared[] {
  const version =
    file.version ?? manifest.get("implementation-version") ?? manifest.get("bundle-version") ?? undefined;
  // Without a version it may be anything.
  if (version === undefined) return [];
  const name = wordOf(file.name);
  const vendor = wordOf(manifest.get("implementation-vendor-id"));
  const made =
    vendor && name
      ? mavenPackage(vendor, name, version, licence)
      : name && declared("java", name, version, { type: "generic", name }, licence);
  return made ? [made] : [];
}

const mavenPackage = (
  group: string,
  name: string,
  version: string | undefined,
  licence: Licence,
): Declared | undefined =>
  declared("java", `${group}:${name}`, version, { type: "maven", namespace: group, name }, licence);

function byName(path: string): readonly Declared[] {
  const { name, version } = nameAndVersion(path);
  const made = version && wordOf(name) && declared("java", name, version, { type: "generic", name });
  return made ? [made] : [];
}

/** `guava-32.1.3-jre.jar` */
function nameAndVersion(path: string): { readonly name: string; readonly version: string | undefined } {
  const base = posix.basename(path).replace(ARCHIVE, "").slice(0, 200);
  const [, name, version] = /^(.*?)-(\d[\w.+-]*)$/.exec(base) ?? [];
  return { name: name || base, version: name ? version : undefined };
}

/** `Apache-2.0;link="..."`, an address, or several with commas between. */
function licenceIn(text: string | undefined): Licence {
  const [first = "", ...more] = (text ?? "").split(",").map((part) => part.split(";")[0]?.trim() ?? "");
  const whole = licenceOf(text);
  if (whole.expression !== undefined || more.length > 0) return whole;
  const one = licenceOf(first);
  return one.expression === undefined ? whole : one;
}
