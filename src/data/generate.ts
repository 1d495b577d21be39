import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { Choice, Column, ValueType } from "./column.ts";
import { steps } from "./syntax.ts";

/** A made-up value; numbers with decimals are texts, which say how many. Null is missing. */
export type Value = string | number | boolean | null;
type Random = ReturnType<typeof xoroshiro128plus>;

/**
 * Makes rows of values, one at a time. They follow from the seed alone, on every machine: a column's values hang on the
 * seed, its name and its type, so that another column, or more rows, change none of them.
 */
export function* rowsOf(columns: readonly Column[], rows: number, seed: number): Generator<readonly Value[]> {
  const makers = columns.map(({ name, type, missing }) => {
    const random = xoroshiro128plus(seedOf(name, seed));
    // Drawn apart, so that values stay when their share of missing ones changes.
    const gaps = xoroshiro128plus(seedOf(`${name}\0missing`, seed));
    const make = makerOf(type, random);
    const left = Math.round(missing * 1_000_000);
    return (row: number): Value => {
      const value = make(row);
      return left > 0 && uniformInt(gaps, 0, 999_999) < left ? null : value;
    };
  });
  for (let row = 0; row < rows; row++) yield makers.map((make) => make(row));
}

function makerOf(type: ValueType, random: Random): (row: number) => Value {
  const whole = (minimum: number, maximum: number): number => uniformInt(random, minimum, maximum);
  switch (type.kind) {
    case "id":
      return (row) => (type.prefix === "" ? row + 1 : `${type.prefix}${String(row + 1).padStart(4, "0")}`);
    case "integer":
      return () => whole(type.minimum, type.maximum);
    case "number": {
      const [first, last] = steps(type.minimum, type.maximum, type.decimals);
      return () => (whole(first, last) / 10 ** type.decimals).toFixed(type.decimals);
    }
    case "boolean":
      return () => whole(0, 1) === 1;
    case "date":
      return () => new Date(whole(type.minimum, type.maximum) * 86_400_000).toISOString().slice(0, 10);
    case "datetime":
      return () => `${new Date(whole(type.minimum, type.maximum) * 1000).toISOString().slice(0, 19)}Z`;
    case "text":
      return () =>
        Array.from(
          { length: whole(type.minimum, type.maximum) },
          () => WORDS[whole(0, WORDS.length - 1)],
        ).join(" ");
    case "category":
      return chooser(type.choices, random);
  }
}

/** Weights count in millionths of their sum. */
function chooser(choices: readonly Choice[], random: Random): () => Value {
  const total = choices.reduce((sum, { weight }) => sum + weight, 0);
  let sum = 0;
  const ends = choices.map(({ weight }) => {
    sum += weight;
    return sum / total;
  });
  return () => {
    const drawn = uniformInt(random, 0, 999_999) / 1_000_000;
    const at = ends.findIndex((end) => drawn < end);
    return choices[at < 0 ? choices.length - 1 : at]?.value ?? null;
  };
}

/** FNV-1a over the name, mixed with the seed: 32 bits. */
function seedOf(name: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash | 0;
}

/** Words that mean nothing about anybody. */
const WORDS = (
  "alder amber apple arch autumn barley basin birch bramble bridge brook cedar chalk cherry clay cloud clover coast copper coral " +
  "cotton crane creek dawn delta dune ember fern field flint forest garden glen granite grove harbour hazel heather hill iron " +
  "island ivory juniper lake lantern larch linen maple marble meadow mill mist moor moss north oak olive orchard pebble pine " +
  "quarry rain reed river rowan sage sand shore slate spring stone summer thistle timber valley willow winter"
).split(" ");
