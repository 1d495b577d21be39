import { declared, type Ecosystem, isObject, jsonObject, MB, stringOf, wordOf } from "./ecosystem.ts";
import { type Licence, licenceOf, NO_LICENCE } from "./licence.ts";

/** Packages of npm and its like: the `package.json` of what lies in a `node_modules`. */
export const npm: Ecosystem = {
  wanted({ name, path }) {
    return name === "package.json" && PLACE.test(path) ? MB : undefined;
  },
  read(bytes) {
    const json = jsonObject(bytes.toString("utf8"));
    const full = wordOf(stringOf(json?.name));
    const version = stringOf(json?.version);
    if (json === undefined || full === undefined || version === undefined) return {};
    const slash = full.startsWith("@") ? full.indexOf("/") : -1;
    const purl =
      slash < 0
        ? { type: "npm", name: full }
        : { type: "npm", namespace: full.slice(0, slash), name: full.slice(slash + 1) };
    const made = declared("npm", full, version, purl, licenceIn(json));
    return made === undefined ? {} : { packages: [made] };
  },
};

const PLACE = /\/node_modules\/(?:@[^/]+\/)?[^/@]+\/package\.json$/;

/** `"license": "MIT"`, and the older `{"type": "MIT"}` and `"licenses": [...]`. */
function licenceIn({ license, licenses }: Readonly<Record<string, unknown>>): Licence {
  const one = (value: unknown): string | undefined => stringOf(isObject(value) ? value.type : value);
  const said = one(license);
  if (said !== undefined) return licenceOf(said);
  const several = (Array.isArray(licenses) ? licenses : []).slice(0, 10).map(one);
  const names = several.filter((name) => name !== undefined);
  return names.length === 0 || names.length < several.length ? NO_LICENCE : licenceOf(names.join(" OR "));
}
