import { parse, YAMLError } from "yaml";
import * as z from "zod";
import { messageOf } from "../errors.ts";
import { type Column, checked, invalid, type TableDescription } from "./column.ts";
import { category, readType } from "./syntax.ts";
import { isTableSchema, readTableSchema } from "./table-schema.ts";

const weight = z.number().positive().nullable();
const scalar = z.union([z.string(), z.number(), z.boolean()]);

const fileSchema = z.strictObject({
  rows: z.int().min(1).max(999_999_999).optional(),
  seed: z.int().min(0).max(0xffffffff).optional(),
  columns: z.record(z.string(), z.union([z.string(), z.array(scalar), z.record(z.string(), weight)])),
});

/**
 * Reads a description of a table: our own YAML, where each column has a type as in a header, or a Frictionless Table
 * Schema as JSON or YAML. Fails with `data-schema.invalid`.
 */
export function readSchemaFile(text: string): TableDescription {
  const document = parseYaml(text);
  if (isTableSchema(document)) return readTableSchema(document);
  const result = fileSchema.safeParse(document);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw invalid(
      `The description of the table is wrong at ${issue?.path.join(".") || "its beginning"}: ${issue?.message}.`,
      'As in: columns: { id: id, age: "int[18..90]", sex: [F, M] }. docs/data.md shows more.',
    );
  }
  const { columns, rows, seed } = result.data;
  return {
    columns: checked(Object.entries(columns).map(([name, given]) => columnOf(name, given))),
    rows,
    seed,
    notes: [],
  };
}

function parseYaml(text: string): unknown {
  try {
    return parse(text, { logLevel: "error" });
  } catch (error) {
    const message = error instanceof YAMLError ? error.message.split("\n")[0] : messageOf(error);
    throw invalid(
      `The description of the table is no YAML: ${message}`,
      'A type with brackets needs quotes: age: "int[18..90]?"',
    );
  }
}

function columnOf(name: string, given: z.infer<typeof fileSchema>["columns"][string]): Column {
  if (typeof given === "string") return { name, ...readType(given, name) };
  // `{F, M}` is a mapping without values in YAML, `{F: 2, M: 1}` one with weights.
  const choices = Array.isArray(given)
    ? given.map((value) => ({ value, weight: 1 }))
    : Object.entries(given).map(([value, share]) => ({ value, weight: share ?? 1, plain: true }));
  return { name, type: category(choices, name), missing: 0 };
}
