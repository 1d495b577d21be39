import { declared, type Ecosystem, KB, wordOf } from "./ecosystem.ts";
import { licenceOf } from "./licence.ts";
import { firstStanza } from "./stanzas.ts";

const FIELDS = new Set(["package", "version", "license", "built", "biocviews"]);

/** R's packages: the `DESCRIPTION` of what is installed says with which R it was built, that of a source does not. */
export const r: Ecosystem = {
  startSuffices: true,
  wanted({ name }) {
    return name === "DESCRIPTION" ? 128 * KB : undefined;
  },
  read(bytes) {
    const fields = firstStanza(bytes.toString("utf8"), FIELDS);
    const name = wordOf(fields.get("package"));
    if (name === undefined || !fields.has("built")) return {};
    const type = fields.has("biocviews") ? "bioconductor" : "cran";
    const made = declared("r", name, fields.get("version"), { type, name }, licenceOf(fields.get("license")));
    return made === undefined ? {} : { packages: [made] };
  },
};
