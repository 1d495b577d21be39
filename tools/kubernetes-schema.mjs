// @ts-check
/**
 * Takes from Kubernetes' own API description the kinds that a job's manifest may hold, and leaves of it what fields there are,
 * what each must be, and which cannot be missing: src/knowledge/kubernetes.json.
 *
 *     node tools/kubernetes-schema.mjs 1.24.10        fetches the Go module k8s.io/kubernetes of that version (40 MB)
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const KINDS = {
  "batch/v1 Job": "io.k8s.api.batch.v1.Job",
  "batch/v1 CronJob": "io.k8s.api.batch.v1.CronJob",
  "v1 Pod": "io.k8s.api.core.v1.Pod",
  "v1 ConfigMap": "io.k8s.api.core.v1.ConfigMap",
  "v1 PersistentVolumeClaim": "io.k8s.api.core.v1.PersistentVolumeClaim",
};
/** Types that are more than their description says. */
const SPECIAL = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "int-or-string",
  "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "string",
  "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "any",
};

const [version = ""] = process.argv.slice(2);
if (!/^\d+\.\d+\.\d+$/.test(version)) {
  console.error("usage: node tools/kubernetes-schema.mjs <version, such as 1.24.10>");
  process.exit(2);
}
const answer = execFileSync("go", ["mod", "download", "-json", `k8s.io/kubernetes@v${version}`], {
  encoding: "utf8",
  cwd: tmpdir(),
});
const file = path.join(JSON.parse(answer).Dir, "api", "openapi-spec", "swagger.json");
/** @typedef {{ type?: string, format?: string, $ref?: string, items?: Field, additionalProperties?: Field }} Field */
/** @type {Record<string, { properties?: Record<string, Field>, required?: string[] }>} */
const definitions = JSON.parse(readFileSync(file, "utf8")).definitions;

/** @type {Record<string, { required?: string[], fields: Record<string, string> }>} */
const types = {};
const kinds = Object.fromEntries(Object.entries(KINDS).map(([kind, name]) => [kind, take(name)]));
const out = path.join(
  path.dirname(fileURLToPath(import.meta.url)),
  "..",
  "src",
  "knowledge",
  "kubernetes.json",
);
const source = `k8s.io/kubernetes@v${version}`;
const licence = "Apache-2.0, Copyright The Kubernetes Authors";
writeFileSync(out, `${JSON.stringify({ version, source, licence, kinds, types: sorted(types) }, null, 1)}\n`);
console.log(`${Object.keys(types).length} types of Kubernetes ${version}`);

/** @param {string} name */
function take(name) {
  const short = name.slice(name.lastIndexOf(".") + 1);
  if (types[short] !== undefined) return short;
  const { properties = {}, required } = definitions[name] ?? {};
  /** @type {Record<string, string>} */
  const fields = {};
  types[short] = { ...(required === undefined ? {} : { required }), fields };
  for (const [field, value] of Object.entries(properties)) fields[field] = typeOf(value);
  return short;
}

/** @param {Field} field @returns {string} */
function typeOf({ type, format, $ref, items, additionalProperties }) {
  const name = $ref?.replace("#/definitions/", "");
  if (name !== undefined) return SPECIAL[/** @type {keyof typeof SPECIAL} */ (name)] ?? take(name);
  if (type === "array") return `[${typeOf(items ?? {})}]`;
  if (type === "object")
    return additionalProperties === undefined ? "any" : `{${typeOf(additionalProperties)}}`;
  if (type === "integer") return format ?? "int64";
  return type ?? "any";
}

/** @template T @param {Record<string, T>} record */
function sorted(record) {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
