import { type Declared, declared, type Ecosystem, MB, mayDeclare, wordOf } from "./ecosystem.ts";
import { licenceOf } from "./licence.ts";
import { lines } from "./stanzas.ts";

/** Alpine's packages: `P:` name, `V:` version, `A:` architecture, `L:` licence, `F:` folder, `R:` file in it. */
export const apk: Ecosystem = {
  wanted({ path }) {
    return path === "/lib/apk/db/installed" || path === "/usr/lib/apk/db/installed" ? 64 * MB : undefined;
  },
  read(bytes) {
    const packages: Declared[] = [];
    const owned: { type: "apk"; name: string; paths: string[] }[] = [];
    let fields = new Map<string, string>();
    let folder = "";
    let paths: string[] = [];
    const end = (): void => {
      const name = wordOf(fields.get("P")) ?? "";
      const made = declared(
        "apk",
        name,
        fields.get("V"),
        { type: "apk", name, qualifiers: { arch: wordOf(fields.get("A")) ?? "" } },
        licenceOf(fields.get("L")),
      );
      if (made !== undefined) {
        packages.push(made);
        if (paths.length > 0) owned.push({ type: "apk", name, paths });
      }
      fields = new Map();
      paths = [];
      folder = "";
    };
    for (const line of lines(bytes.toString("utf8"))) {
      const key = line.slice(0, 1);
      const value = line.slice(2);
      if (line === "") end();
      else if (line[1] !== ":") continue;
      else if (key === "F") folder = value;
      else if (key === "R") {
        const path = `/${folder}/${value}`;
        if (mayDeclare(path)) paths.push(path);
      } else if (!fields.has(key)) fields.set(key, value);
    }
    end();
    return { packages, owned };
  },
};
