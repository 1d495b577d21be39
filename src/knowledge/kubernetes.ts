import data from "./kubernetes.json" with { type: "json" };

/**
 * Fields of the objects that a job's manifest may hold, from Kubernetes' own API description
 * (api/openapi-spec/swagger.json; `tools/kubernetes-schema.mjs` takes them from there). The version is that of K8S-20.
 */
export interface ObjectType {
  readonly required?: readonly string[];
  /**
   * What a field must be, by name: `string`, `boolean`, `int32`, `int64`, `quantity`, `int-or-string`, `any`, the name of
   * another type, `[T]` for a list and `{T}` for a map of it.
   */
  readonly fields: Readonly<Record<string, string>>;
}

const {
  kinds,
  types,
}: { kinds: Readonly<Record<string, string>>; types: Readonly<Record<string, ObjectType>> } = data;

/** The minor version that the fields are those of: `1.24`. */
export const kubernetesVersion: string = data.version.replace(/\.\d+$/, "");

/** The type of an object; undefined for one that is not described here. */
export const typeOfKind = (apiVersion: string, kind: string): string | undefined =>
  own(kinds, `${apiVersion} ${kind}`);

/** The fields of a type; undefined where the name stands for a plain value. */
export const objectType = (name: string): ObjectType | undefined => own(types, name);

const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
