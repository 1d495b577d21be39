import { PratiqueError } from "../errors.ts";

/** Reading other programs' JSON without trusting its shape. */
export function parseJson(text: string, program: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PratiqueError("engine.failed", `${program} answered with something that is not JSON.`, {
      hint: "“pratique doctor” shows its version.",
      cause,
    });
  }
}

export const asArray = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && name in value
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

export const stringsOf = (value: unknown): string[] =>
  asArray(value).filter((entry): entry is string => typeof entry === "string");
