import { nearest } from "../../config/nearest.ts";
import type { Draft } from "../../findings/finding.ts";
import type { JobFacts, ManifestDocument, Path } from "../../job/facts.ts";
import { parseQuantity } from "../../job/quantity.ts";
import { describedBy, objectType, typeOfKind } from "../../knowledge/kubernetes.ts";
import { at, fixOf } from "../helpers.ts";
import { containerExample, manifestExample, podExample } from "../job-examples.ts";
import { isPart, isPlaceholder, type Said, shown } from "../jobs.ts";
import { defineRule } from "../rule.ts";

/** More says nothing that the first ones did not. */
const MOST = 50;

export default defineRule<"job">({
  id: "job-invalid-field",
  title: "A field of the manifest is none that Kubernetes or Kueue has, or not of its type",
  category: "job",
  needs: "job",
  severity: "error",
  requirements: [],
  why: "The cluster refuses a manifest with a field that it does not know, a number where it wants text, or a part that is missing. What it takes is written in the descriptions that Kubernetes and Kueue, the queue, give of their objects, which this rule reads.",
  fix: "Correct the field's name, place or value; numbers in “env”, labels and arguments need quotation marks.",
  aliases: [],
  examples: {
    bad: [
      containerExample("a misspelt field", "imagePullPolcy: Always\n", 10),
      containerExample("a number where text belongs", "env:\n  - {name: SEED, value: 1}\n", 11),
      containerExample("text where a number belongs", 'securityContext: {runAsUser: "1998602116"}\n', 10),
      containerExample("one word where a list belongs", "command: python fit.py\n", 10),
      containerExample("a mount without a place", "volumeMounts:\n  - {name: scratch}\n", 11),
      podExample("a field in the wrong place", "\nresources: {}\ncontainers: [{name: fit}]\n", 8),
      manifestExample(
        "a setting that is no text",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {seed: 1}",
        4,
      ),
      manifestExample(
        "a misspelt field of a queue of Kueue's",
        "apiVersion: kueue.x-k8s.io/v1beta2\nkind: LocalQueue\nmetadata: {name: user-queue}\nspec: {clusterQeue: gpu}",
        4,
      ),
      manifestExample(
        "a word that is none of those asked for",
        "apiVersion: kueue.x-k8s.io/v1beta1\nkind: LocalQueue\nmetadata: {name: user-queue}\nspec: {clusterQueue: gpu, stopPolicy: Stop}",
        4,
      ),
      manifestExample(
        "a value that is no number",
        'apiVersion: kueue.x-k8s.io/v1beta1\nkind: WorkloadPriorityClass\nmetadata: {name: urgent}\nvalue: "1000"',
        4,
      ),
    ],
    good: [
      manifestExample(
        "a queue of Kueue's",
        "apiVersion: kueue.x-k8s.io/v1beta1\nkind: LocalQueue\nmetadata: {name: user-queue}\nspec: {clusterQueue: gpu}",
      ),
      containerExample(
        "fields as they are",
        'env:\n  - {name: SEED, value: "1"}\nresources: {limits: {cpu: 2, memory: 4Gi}}\ncommand: [python]\n',
      ),
      podExample("not filled in yet", "\nsecurityContext: {runAsUser: <uid>}\ncontainers: [{name: fit}]\n"),
      manifestExample("an object that we do not know", "apiVersion: example.org/v1\nkind: Job\nspec: {x: 1}"),
    ],
  },
  *check(facts) {
    let left = MOST;
    for (const document of facts.documents) {
      const type = typeOfKind(document.apiVersion, document.kind);
      if (type === undefined) continue;
      for (const said of new Walk(facts, document).object(document.value, type, [])) {
        if (left-- <= 0) return;
        yield said;
      }
    }
  },
});

/** Holds one object against its type. An alias can stand in many places: each part is looked at once for each type. */
class Walk {
  readonly #facts: JobFacts;
  readonly #document: ManifestDocument;
  /** Whose description the object is held to. */
  readonly #source: string;
  readonly #seen = new Map<object, Set<string>>();

  constructor(facts: JobFacts, document: ManifestDocument) {
    this.#facts = facts;
    this.#document = document;
    this.#source = describedBy(document.apiVersion);
  }

  *object(value: Readonly<Record<string, unknown>>, name: string, path: Path): Iterable<Said> {
    const type = objectType(name);
    if (type === undefined) return;
    const fields = Object.keys(type.fields);
    for (const [field, part] of Object.entries(value)) {
      const wanted = Object.hasOwn(type.fields, field) ? type.fields[field] : undefined;
      if (wanted === undefined) yield this.#unknown([...path, field], field, fields);
      else yield* this.#value(part, wanted, [...path, field]);
    }
    for (const field of type.required ?? []) {
      if (value[field] !== undefined && value[field] !== null) continue;
      yield {
        message: `${placeOf(path)} has no “${field}”, and ${this.#source.replace(/ .*/, "")} wants one.`,
        fix: fixOf("Add it.", `${field}: <${field}>`),
        ...at(this.#facts, this.#document.keyOf(path)),
      };
    }
  }

  *#value(value: unknown, wanted: string, path: Path): Iterable<Said> {
    // `null` leaves a field out.
    if (value === null || value === undefined || wanted === "any") return;
    if (typeof value === "object" && this.#isSeen(value, wanted)) return;
    const inner = /^[[{](.*)[\]}]$/.exec(wanted)?.[1];
    if (inner !== undefined && wanted.startsWith("[") && Array.isArray(value)) {
      for (const [index, part] of value.entries()) yield* this.#value(part, inner, [...path, index]);
    } else if (inner !== undefined && wanted.startsWith("{") && isPart(value)) {
      for (const [key, part] of Object.entries(value)) yield* this.#value(part, inner, [...path, key]);
    } else if (inner === undefined && objectType(wanted) !== undefined && isPart(value)) {
      yield* this.object(value, wanted, path);
    } else if (!fits(value, wanted) && !isPlaceholder(value)) {
      yield {
        message: `${placeOf(path)} must be ${WORDS[wanted] ?? shapeOf(wanted)}, and is ${typeof value === "string" && wanted.startsWith("=") ? `“${shown(value)}”` : kindOf(value)}.`,
        ...fixFor(value, wanted, path),
        ...this.#at(path),
      };
    }
  }

  /** What a variable holds may be a secret: its line is not shown. */
  #at(path: Path): Pick<Draft, "location" | "excerpt"> {
    const { location, excerpt } = at(this.#facts, this.#document.rangeOf(path));
    const hidden = path.some((step) => step === "env" || step === "data");
    return {
      ...(location === undefined ? {} : { location }),
      ...(hidden || excerpt === undefined ? {} : { excerpt }),
    };
  }

  #isSeen(value: object, wanted: string): boolean {
    const types = this.#seen.get(value) ?? new Set();
    this.#seen.set(value, types);
    if (types.has(wanted)) return true;
    types.add(wanted);
    return false;
  }

  #unknown(path: Path, field: string, fields: readonly string[]): Said {
    const guess = nearest(field, fields);
    const parent = path.slice(0, -1);
    return {
      message: `“${shown(field)}” is no field of ${parent.length === 0 ? "the object" : placeOf(parent)} in ${this.#source}.`,
      // A newer cluster may have fields that this version has not; a misspelt one is none anywhere.
      ...(guess === undefined ? { severity: "warning" as const } : {}),
      fix:
        guess === undefined
          ? `Take it away, or put it where it belongs; “kubectl explain ${this.#document.kind.toLowerCase()}.spec” lists what there is.`
          : fixOf(`Write it as ${this.#source.replace(/ .*/, "")} does.`, `${guess}: …`),
      ...at(this.#facts, this.#document.keyOf(path)),
    };
  }
}

function fits(value: unknown, wanted: string): boolean {
  if (wanted === "string") return typeof value === "string";
  if (wanted.startsWith("=")) return typeof value === "string" && choicesOf(wanted).includes(value);
  if (wanted === "boolean") return typeof value === "boolean";
  const whole = typeof value === "number" && Number.isInteger(value);
  if (wanted === "int32") return whole && Math.abs(Number(value)) < 2 ** 31;
  if (wanted === "int64") return whole;
  if (wanted === "int-or-string") return whole || typeof value === "string";
  // What is wrong with an amount of CPU or memory has a finding of its own.
  if (wanted === "quantity") return typeof value === "string" || parseQuantity(value) !== undefined;
  return false;
}

const WORDS: Readonly<Record<string, string>> = {
  string: "text",
  boolean: "true or false",
  int32: "a whole number",
  int64: "a whole number",
  "int-or-string": "a whole number or text",
  quantity: "an amount",
};

const choicesOf = (wanted: string): readonly string[] => wanted.slice(1).split("|");

const shapeOf = (wanted: string): string =>
  wanted.startsWith("=")
    ? choicesOf(wanted).filter(Boolean).join(" or ")
    : wanted.startsWith("[")
      ? "a list"
      : "a part with fields of its own";

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a part with fields of its own";
  return typeof value === "string" ? "text" : typeof value === "boolean" ? "true or false" : "a number";
}

function fixFor(value: unknown, wanted: string, path: Path): { fix?: string } {
  const last = path.at(-1);
  const name = typeof last === "string" ? `${last}: ` : "- ";
  if (wanted === "string" && (typeof value === "number" || typeof value === "boolean"))
    return { fix: fixOf("Put it in quotation marks.", `${name}"…"`) };
  if (/^int/.test(wanted) && typeof value === "string" && /^-?\d{1,15}$/.test(value))
    return { fix: fixOf("Take the quotation marks away.", `${name}${value}`) };
  if (wanted === "boolean" && typeof value === "string" && /^(?:true|false)$/i.test(value))
    return { fix: fixOf("Take the quotation marks away.", `${name}${value.toLowerCase()}`) };
  if (wanted.startsWith("=")) {
    const choices = choicesOf(wanted).filter(Boolean);
    const meant = nearest(shown(value), choices) ?? choices[0] ?? "";
    return { fix: fixOf(`Write one of ${choices.join(", ")}.`, `${name}${meant}`) };
  }
  if (wanted === "[string]" && typeof value === "string")
    return { fix: fixOf("Write it as a list of words.", `${name}["python", "fit.py"]`) };
  return {};
}

/** `spec.template.spec.containers[0]` */
function placeOf(path: Path): string {
  const text = path
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${shown(step)}`))
    .join("")
    .replace(/^\./, "");
  return text === "" ? "The object" : `“${text}”`;
}
