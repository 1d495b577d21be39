import data from "./kubernetes.json" with { type: "json" };
import queueing from "./kueue.json" with { type: "json" };

/**
 * Fields of the objects that a job's manifest may hold, from Kubernetes' own API description
 * (api/openapi-spec/swagger.json; `tools/kubernetes-schema.mjs` takes them from there), and from Kueue's resource definitions
 * (config/components/crd/bases; `tools/kueue-schema.mjs`). The version of Kubernetes is that of K8S-20; no document says which
 * Kueue the cluster has.
 */
export interface ObjectType {
  readonly required?: readonly string[];
  /**
   * What a field must be, by name: `string`, `boolean`, `int32`, `int64`, `quantity`, `int-or-string`, `any`, the name of
   * another type, `[T]` for a list and `{T}` for a map of it, `=A|B` for text that is one of these.
   */
  readonly fields: Readonly<Record<string, string>>;
}

const kinds: Readonly<Record<string, string>> = { ...data.kinds, ...queueing.kinds };
const types: Readonly<Record<string, ObjectType>> = { ...data.types, ...queueing.types };

const minor = (version: string): string => version.replace(/\.\d+$/, "");

/** Whose description holds for an object: `Kubernetes 1.24`. */
export const describedBy = (apiVersion: string): string =>
  apiVersion.startsWith("kueue.") ? `Kueue ${minor(queueing.version)}` : `Kubernetes ${minor(data.version)}`;

/** The type of an object; undefined for one that is not described here. */
export const typeOfKind = (apiVersion: string, kind: string): string | undefined =>
  own(kinds, `${apiVersion} ${kind}`);

/** The fields of a type; undefined where the name stands for a plain value. */
export const objectType = (name: string): ObjectType | undefined => own(types, name);

const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
