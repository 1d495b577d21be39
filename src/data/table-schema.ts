import * as z from "zod";
import { type Column, checked, invalid, shown, type TableDescription, type ValueType } from "./column.ts";
import { category, dayOf, numberType, secondOf } from "./syntax.ts";

/** Frictionless Table Schema (https://datapackage.org/standard/table-schema/), as far as made-up values need it. */
const scalar = z.union([z.string(), z.number(), z.boolean()]);
const bound = z.union([z.string(), z.number()]);
const fieldSchema = z.looseObject({
  name: z.string(),
  type: z.string().default("string"),
  categories: z.array(z.union([scalar, z.looseObject({ value: scalar })])).optional(),
  constraints: z
    .looseObject({
      required: z.boolean().optional(),
      unique: z.boolean().optional(),
      minimum: bound.optional(),
      maximum: bound.optional(),
      enum: z.array(scalar).optional(),
    })
    .optional(),
});
const tableSchema = z.looseObject({
  fields: z.array(fieldSchema),
  primaryKey: z.union([z.string(), z.array(z.string())]).optional(),
});
type Field = z.infer<typeof fieldSchema>;

export const isTableSchema = (document: unknown): boolean =>
  typeof document === "object" && document !== null && "fields" in document;

/** Constraints that made-up values do not keep to. */
const NOT_KEPT = ["pattern", "minLength", "maxLength", "exclusiveMinimum", "exclusiveMaximum", "jsonSchema"];
/** A field that may be empty is so in one value of ten. */
const MISSING = 0.1;

/**
 * Reads a Table Schema. Fields that are no part of the key and not required have missing values. What cannot be kept to
 * is named in the notes; a type that cannot be made fails with `data-schema.invalid`.
 */
export function readTableSchema(document: unknown): TableDescription {
  const result = tableSchema.safeParse(document);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw invalid(
      `The Table Schema is wrong at ${issue?.path.join(".") || "its beginning"}: ${issue?.message}.`,
      "See https://datapackage.org/standard/table-schema/ for its form.",
    );
  }
  const { fields, primaryKey = [] } = result.data;
  const keys = new Set(typeof primaryKey === "string" ? [primaryKey] : primaryKey);
  const columns = fields.map((field): Column => {
    const key = keys.has(field.name);
    const type = key && keys.size === 1 ? keyType(field) : typeOf(field);
    return { name: field.name, type, missing: key || field.constraints?.required === true ? 0 : MISSING };
  });
  const notes = fields.flatMap((field) => {
    const words = NOT_KEPT.filter((word) => field.constraints?.[word] !== undefined);
    if (field.constraints?.unique === true && typeOf(field).kind !== "id" && !keys.has(field.name))
      words.push("unique");
    return words.length === 0 ? [] : [`${shown(field.name)}: ${words.join(", ")} is not kept to`];
  });
  return { columns: checked(columns), rows: undefined, seed: undefined, notes };
}

/** The key is different in each row, which only counting can promise. */
const keyType = ({ type }: Field): ValueType => ({ kind: "id", prefix: type === "string" ? "S" : "" });

function typeOf(field: Field): ValueType {
  const { name, type, constraints = {} } = field;
  const choices =
    constraints.enum ?? field.categories?.map((one) => (typeof one === "object" ? one.value : one));
  if (choices !== undefined)
    return category(
      choices.map((value) => ({ value, weight: 1 })),
      name,
    );
  const made = TYPES[type]?.(constraints.minimum, constraints.maximum);
  if (made === undefined || made === "range")
    throw invalid(
      made === "range"
        ? `Minimum and maximum of ${shown(name)} leave no value that can be made.`
        : `Values of the type ${shown(type)} cannot be made, which ${shown(name)} has.`,
      made === "range" ? "Correct its constraints." : `The types are ${Object.keys(TYPES).join(", ")}.`,
    );
  return made;
}

type Bound = string | number | undefined;
type Maker = (minimum: Bound, maximum: Bound) => ValueType | "range";

const numberOf = (text: string): number | undefined =>
  text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined;

/**
 * Makes a type of bounds, of which each may be left open: then they reach from `low` over `span`, or as far from the bound
 * that is given. `range` where a bound cannot be read, or nothing lies between them.
 */
function between(
  read: (text: string) => number | undefined,
  [low, span]: readonly [number, number],
  make: (minimum: number, maximum: number) => ValueType | undefined,
): Maker {
  return (givenMinimum, givenMaximum) => {
    const minimum = givenMinimum === undefined ? undefined : read(String(givenMinimum));
    const maximum = givenMaximum === undefined ? undefined : read(String(givenMaximum));
    if (
      (givenMinimum !== undefined && minimum === undefined) ||
      (givenMaximum !== undefined && maximum === undefined)
    )
      return "range";
    const from = minimum ?? (maximum === undefined ? low : Math.min(low, maximum - span));
    const to = maximum ?? Math.max(low + span, from + span);
    return (from <= to ? make(from, to) : undefined) ?? "range";
  };
}

const words: Maker = () => ({ kind: "text", minimum: 1, maximum: 4 });
const integer = (from: number, to: number): ValueType | undefined => {
  const [minimum, maximum] = [Math.ceil(from), Math.floor(to)];
  const safe = [minimum, maximum, maximum - minimum].every(Number.isSafeInteger);
  return minimum <= maximum && safe ? { kind: "integer", minimum, maximum } : undefined;
};

const TYPES: Readonly<Record<string, Maker | undefined>> = Object.assign(Object.create(null), {
  integer: between(numberOf, [0, 100], integer),
  number: between(numberOf, [0, 1], (minimum, maximum) => numberType(minimum, maximum, 3)),
  boolean: () => ({ kind: "boolean" }),
  string: words,
  any: words,
  date: between(dayOf, [16_436, 3652], (minimum, maximum) => ({ kind: "date", minimum, maximum })),
  datetime: between(secondOf, [1_420_070_400, 315_532_800], (minimum, maximum) => ({
    kind: "datetime",
    minimum,
    maximum,
  })),
  year: between(numberOf, [1990, 34], integer),
} satisfies Record<string, Maker>);
