import * as z from "zod";
import { DIFF_SCHEMA, type ImageDiff } from "./diff.ts";
import { finding } from "./report-schema.ts";

/** The shape of what `pratique diff --format json` prints; `schemas/diff.schema.json` is generated from it. */

const text = z.string();
const count = z.int().nonnegative();
const sum = z.number().nonnegative();
const amount = z.object({ files: count, bytes: sum });
const image = z.object({
  name: text,
  id: text,
  digest: text.nullable(),
  size: count,
  bytes: sum,
  files: count,
  layers: count,
});
const values = z.array(z.object({ name: text, before: text.nullable(), after: text.nullable() }));
const layers = z.array(z.object({ index: count, diffId: text, instruction: text.nullable(), size: count }));
const packages = z.array(z.object({ type: text, name: text, version: text }));
const entry = z
  .object({ kind: text, size: count, mode: text, owner: text, target: text.exactOptional() })
  .nullable();

export const diffSchema: z.ZodType<ImageDiff> = z.object({
  schema: z.literal(DIFF_SCHEMA),
  tool: z.object({ name: z.literal("pratique"), version: text }),
  before: image,
  after: image,
  differs: z.boolean(),
  filesComparedBy: z.enum(["contents", "sizes"]),
  settings: values,
  environment: values,
  labels: values,
  layers: z.object({ shared: count, before: layers, after: layers }),
  packages: z.object({
    added: packages,
    removed: packages,
    changed: z.array(z.object({ type: text, name: text, before: z.array(text), after: z.array(text) })),
    notAssessed: z.array(text),
  }),
  files: z.object({
    added: amount,
    removed: amount,
    changed: z.object({ files: count, before: sum, after: sum }),
    list: z.array(
      z.object({
        path: text,
        change: z.enum(["added", "removed", "changed"]),
        what: z.array(text),
        before: entry,
        after: entry,
      }),
    ),
    unlisted: count,
  }),
  findings: z.object({ came: z.array(finding), went: z.array(finding) }),
  notes: z.array(text),
});
