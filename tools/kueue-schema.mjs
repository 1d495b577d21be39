// @ts-check
/**
 * Takes from Kueue's own resource definitions the kinds that can stand beside a job in a manifest, as
 * `tools/kubernetes-schema.mjs` does for those of Kubernetes: src/knowledge/kueue.json.
 *
 *     node tools/kueue-schema.mjs 0.17.0              fetches the Go module sigs.k8s.io/kueue of that version (9 MB)
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

const DEFINITIONS = [
  "localqueues",
  "clusterqueues",
  "resourceflavors",
  "workloads",
  "workloadpriorityclasses",
];
/** Parts that Kubernetes describes: these schemas repeat it, or leave it open. */
const OF_KUBERNETES = [
  [/^\w+\.metadata$/, "ObjectMeta"],
  [/^Workload\.spec\.podSets\.template$/, "PodTemplateSpec"],
];
/** What the cluster writes, and nobody by hand. */
const OPEN = /^\w+\.status$/;

const [version = ""] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+$/.test(version)) {
  console.error("usage: node tools/kueue-schema.mjs <version, such as 0.17.0>");
  process.exit(2);
}
const module = `sigs.k8s.io/kueue@v${version}`;
const answer = execFileSync("go", ["mod", "download", "-json", module], { encoding: "utf8", cwd: tmpdir() });
const folder = path.join(JSON.parse(answer).Dir, "config", "components", "crd", "bases");

/**
 * @typedef {{ type?: string, format?: string, enum?: string[], required?: string[], pattern?: string,
 *   properties?: Record<string, Field>, items?: Field, additionalProperties?: Field | boolean,
 *   "x-kubernetes-int-or-string"?: boolean }} Field
 */
/** @type {Record<string, { required?: string[], fields: Record<string, string> }>} */
const types = {};
/** @type {Record<string, string>} */
const kinds = {};
for (const name of DEFINITIONS) {
  const { spec } = parse(readFileSync(path.join(folder, `kueue.x-k8s.io_${name}.yaml`), "utf8"));
  for (const { name: revision, schema } of spec.versions)
    kinds[`${spec.group}/${revision} ${spec.names.kind}`] = typeOf(
      schema.openAPIV3Schema,
      spec.names.kind,
      ` ${revision}`,
    );
}
const out = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", "src", "knowledge", "kueue.json");
const licence = "Apache-2.0, Copyright The Kubernetes Authors";
writeFileSync(
  out,
  `${JSON.stringify({ version, source: module, licence, kinds: sorted(kinds), types: sorted(types) }, null, 1)}\n`,
);
console.log(`${Object.keys(types).length} types of Kueue ${version}`);

/** @param {Field} field @param {string} place @param {string} revision @returns {string} */
function typeOf(field, place, revision) {
  const known = OF_KUBERNETES.find(([form]) => /** @type {RegExp} */ (form).test(place))?.[1];
  if (known !== undefined) return String(known);
  if (OPEN.test(place)) return "any";
  const { type, format, items, properties, required, additionalProperties } = field;
  if (field["x-kubernetes-int-or-string"] === true)
    return /KMGTPE/.test(field.pattern ?? "") ? "quantity" : "int-or-string";
  if (field.enum !== undefined) return `=${field.enum.join("|")}`;
  if (type === "array") return `[${typeOf(items ?? {}, place, revision)}]`;
  if (typeof additionalProperties === "object") return `{${typeOf(additionalProperties, place, revision)}}`;
  if (type !== "object") return type === "integer" ? (format ?? "int64") : (type ?? "any");
  if (properties === undefined) return "any";
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [name, typeOf(value, `${place}.${name}`, revision)]),
  );
  const name = `${place}${revision}`;
  types[name] = { ...(required === undefined ? {} : { required }), fields };
  return name;
}

/** @template T @param {Record<string, T>} record */
function sorted(record) {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
