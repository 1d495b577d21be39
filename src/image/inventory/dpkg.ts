import { posix } from "node:path";
import {
  type Declared,
  type Distribution,
  declared,
  type Ecosystem,
  type FileFacts,
  KB,
  MB,
  mayDeclare,
  wordOf,
} from "./ecosystem.ts";
import { allOf } from "./licence.ts";
import { lines, stanzas } from "./stanzas.ts";

const STATUS = "/var/lib/dpkg/status";
/** Images without a package manager have one file for each package. */
const STATUS_FOLDER = "/var/lib/dpkg/status.d/";
const FIELDS = new Set(["package", "status", "version", "architecture"]);

/** Debian's and Ubuntu's packages, the files they own, and the licences in their copyright files. */
export const dpkg: Ecosystem = {
  wanted({ path, name }) {
    if (path === STATUS) return 64 * MB;
    if (path.startsWith(STATUS_FOLDER)) return name.endsWith(".md5sums") ? undefined : 256 * KB;
    if (path.startsWith("/var/lib/dpkg/info/")) return name.endsWith(".list") ? 16 * MB : undefined;
    return name === "copyright" && COPYRIGHT.test(path) ? 512 * KB : undefined;
  },
  read(bytes, path) {
    const text = bytes.toString("utf8");
    if (path.endsWith(".list")) return owned(text, path);
    if (path.endsWith("/copyright")) return licences(text, path);
    return { packages: installed(text, path !== STATUS) };
  },
};

const COPYRIGHT = /^\/usr\/share\/doc\/[^/]+\/copyright$/;

function installed(text: string, always: boolean): Declared[] {
  const found: Declared[] = [];
  for (const fields of stanzas(text, FIELDS)) {
    // What was removed with its settings left behind is still listed.
    if (!always && !/\sinstalled$/.test(fields.get("status") ?? "")) continue;
    const name = wordOf(fields.get("package"));
    const arch = wordOf(fields.get("architecture")) ?? "";
    if (name === undefined) continue;
    const made = declared("deb", name, fields.get("version"), { type: "deb", name, qualifiers: { arch } });
    if (made !== undefined) found.push(made);
  }
  return found;
}

function owned(text: string, path: string): FileFacts {
  // `libc6:amd64.list`
  const name = posix.basename(path, ".list").replace(/:.*$/s, "");
  const paths = [...lines(text)].filter(mayDeclare);
  return paths.length === 0 ? {} : { owned: [{ type: "deb", name, paths }] };
}

/** Only those in the machine-readable form say what they mean. */
function licences(text: string, path: string): FileFacts {
  if (!/^Format(?:-Specification)?:/im.test(text.slice(0, 2000))) return {};
  const names: string[] = [];
  for (const fields of stanzas(text, new Set(["license"]))) {
    const [first = ""] = (fields.get("license") ?? "").split("\n");
    if (first.trim() !== "" && names.length < 200) names.push(first.trim());
  }
  return { licences: new Map([[posix.basename(posix.dirname(path)), allOf(names)]]) };
}

/** `/etc/os-release`: which distribution the packages belong to. */
export const osRelease: Ecosystem = {
  wanted({ path }) {
    return path === "/etc/os-release" || path === "/usr/lib/os-release" ? 16 * KB : undefined;
  },
  read(bytes) {
    const text = bytes.toString("utf8");
    const value = (name: string): string =>
      wordOf(new RegExp(`^${name}=["']?([^"'\\n]*)`, "m").exec(text)?.[1]) ?? "";
    const distribution: Distribution = { id: value("ID"), version: value("VERSION_ID") };
    return /^[a-z0-9._-]+$/.test(distribution.id) ? { distribution } : {};
  },
};
