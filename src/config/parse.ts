import { type Document, LineCounter, parseDocument } from "yaml";
import * as z from "zod";
import { messageOf, PratiqueError } from "../errors.ts";
import { nearest } from "./nearest.ts";
import { type ConfigDocument, configSchema } from "./schema.ts";

export interface ParsedConfig {
  readonly document: ConfigDocument;
  /** The line on which the value at a path begins. */
  readonly lineOf: (path: readonly PropertyKey[]) => number;
}

/** Parses and checks the text of a settings file. Fails with `config.invalid` and the place in the file. */
export function parseConfig(text: string, name: string): ParsedConfig {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, logLevel: "error" });
  const [syntax] = document.errors;
  if (syntax !== undefined) {
    const place = counter.linePos(syntax.pos[0]);
    throw invalid(`${name}:${place.line}:${place.col}: ${syntax.message.split("\n")[0]}`, "It must be YAML.");
  }
  const value = plainValue(document, name);
  const result = configSchema.safeParse(value ?? {});
  const lineOf = (path: readonly PropertyKey[]): number => counter.linePos(offsetOf(document, path)).line;
  if (result.success) return { document: result.data, lineOf };
  const issue = innermost(misspelt(result.error.issues) ?? result.error.issues[0]);
  const path = [...(issue?.path ?? [])];
  const unknown = issue?.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  const line = lineOf(unknown === undefined ? path : [...path, unknown]);
  const where = [...path, ...(unknown === undefined ? [] : [unknown])].join(".");
  if (unknown !== undefined) {
    const guess = nearest(unknown, keysAt(path));
    throw invalid(
      `${name}:${line}: “${where}” is not a setting.`,
      guess === undefined ? "See docs/configuration.md for the settings." : `Did you mean “${guess}”?`,
    );
  }
  throw invalid(
    `${name}:${line}: ${where === "" ? "the file" : `“${where}”`} ${wordsOf(issue)}.`,
    where === "version" ? "Start the file with “version: 1”." : "See docs/configuration.md for the settings.",
  );
}

/** An unknown key beside one that is missing or wrong, which it most likely means: that is the mistake. */
function misspelt([first, ...others]: readonly z.core.$ZodIssue[]): z.core.$ZodIssue | undefined {
  if (first === undefined) return undefined;
  const at = first.path.slice(0, -1).join(".");
  const wanted = String(first.path.at(-1));
  return others.find(
    (issue) =>
      issue.code === "unrecognized_keys" &&
      issue.path.join(".") === at &&
      nearest(issue.keys[0] ?? "", [wanted]) !== undefined,
  );
}

/**
 * Of the ways in which several alternatives are not met, the one that was most likely meant: that which gets past the
 * kind of value.
 */
function innermost(issue: z.core.$ZodIssue | undefined): z.core.$ZodIssue | undefined {
  if (issue?.code !== "invalid_union") return issue;
  const inner = issue.errors
    .map(([first]) => innermost(first))
    .find((first) => first !== undefined && !(first.code === "invalid_type" && first.path.length === 0));
  return inner === undefined ? issue : { ...inner, path: [...issue.path, ...inner.path] };
}

/** The document as plain data; aliases that lead nowhere, or that multiply without end, are refused. */
function plainValue(document: Document, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 });
  } catch (cause) {
    throw new PratiqueError("config.invalid", `${name}: ${messageOf(cause)}.`, {
      hint: "Write the value out where the alias (*) stands.",
      cause,
    });
  }
}

/** Where the value at a path begins; for one that is missing, what should hold it. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true);
    if (hasRange(node)) return node.range[0];
  }
  return 0;
}

function wordsOf(issue: z.core.$ZodIssue | undefined): string {
  if (issue?.code === "invalid_key") return issue.issues[0]?.message ?? issue.message;
  if (issue?.code === "invalid_type" && issue.message.endsWith("received undefined")) return "is missing";
  return issue?.message ?? "is not right";
}

const hasRange = (node: unknown): node is { range: [number, number, number] } =>
  typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);

/** The names that the schema knows at a path; those of every alternative where there are several. */
function keysAt(path: readonly PropertyKey[]): readonly string[] {
  let at: readonly unknown[] = [configSchema];
  for (const part of path)
    at = at.flatMap((schema) => alternatives(schema)).flatMap((schema) => child(schema, part));
  return at
    .flatMap((schema) => alternatives(schema))
    .flatMap((schema) => (schema instanceof z.ZodObject ? Object.keys(schema.shape) : []));
}

function alternatives(schema: unknown): readonly unknown[] {
  if (schema instanceof z.ZodOptional) return alternatives(schema.unwrap());
  return schema instanceof z.ZodUnion ? schema.options.flatMap((option) => alternatives(option)) : [schema];
}

function child(schema: unknown, part: PropertyKey): readonly unknown[] {
  if (schema instanceof z.ZodArray) return [schema.element];
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  return schema instanceof z.ZodObject ? [schema.shape[String(part)]] : [];
}

const invalid = (message: string, hint: string): PratiqueError =>
  new PratiqueError("config.invalid", message, { hint });
