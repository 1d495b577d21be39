import { type Choice, type Column, checked, invalid, shown, type ValueType } from "./column.ts";
import { guessType } from "./guess.ts";

/**
 * Reads a header with types: `id,age:int[18..90],sex:{F,M*2},weight:float[40.0..120.0]?5%`. A column without a type gets
 * the one that its name suggests. Fails with `data-schema.invalid`.
 */
export function readHeader(line: string): readonly Column[] {
  return checked(splitOutside(line, ",").map(readColumn));
}

function readColumn(text: string): Column {
  const [first = "", ...rest] = splitOutside(text, ":");
  const name = unquoted(first.trim());
  if (rest.length === 0 && /[[\]{}]/.test(first) && !first.trim().startsWith('"'))
    throw invalid(
      `${shown(first)} has a type and no name before it.`,
      "As in age:int[18..90]; a name with brackets stands in quotes.",
    );
  const described = rest.join(":").trim();
  return described === ""
    ? { name, type: guessType(name), missing: 0 }
    : { name, ...readType(described, name) };
}

/** Reads what stands after a column's name: a type, and how much is missing. Fails with `data-schema.invalid`. */
export function readType(text: string, column: string): Pick<Column, "type" | "missing"> {
  const [, described = "", mark, percent] =
    /^([\s\S]*?)\s*(?:(\?)\s*(?:(\d{1,3}(?:\.\d{1,3})?)\s*%)?)?$/.exec(text.trim()) ?? [];
  const missing = mark === undefined ? 0 : percent === undefined ? 0.1 : Number(percent) / 100;
  if (missing > 1) throw wrong(text, column);
  if (described.startsWith("{") && described.endsWith("}"))
    return { type: category(splitOutside(described.slice(1, -1), ",").map(readChoice), column), missing };
  const [, word = "", range] = /^([a-z]+)\s*(?:\[([^[\]]*)\])?$/i.exec(described) ?? [];
  const type = TYPES[word.toLowerCase()]?.(range?.trim());
  if (type === undefined) throw wrong(text, column);
  return { type, missing };
}

type Reader = (range: string | undefined) => ValueType | undefined;

const TYPES: Readonly<Record<string, Reader | undefined>> = Object.assign(Object.create(null), {
  id: (range = "") => (/^[\w.-]{0,20}$/.test(range) ? { kind: "id", prefix: range } : undefined),
  int: (range = "0..100") =>
    within(range, integerOf, (minimum, maximum) => ({ kind: "integer", minimum, maximum })),
  float: (range = "0..1") =>
    within(range, numberOf, (minimum, maximum) => numberType(minimum, maximum, decimalsIn(range))),
  bool: (range) => (range === undefined ? { kind: "boolean" } : undefined),
  date: (range = "2015-01-01..2024-12-31") =>
    within(range, dayOf, (minimum, maximum) => ({ kind: "date", minimum, maximum })),
  datetime: (range = "2015-01-01..2024-12-31") =>
    within(range, secondOf, (minimum, maximum) => ({ kind: "datetime", minimum, maximum })),
  text: (range = "2..6") =>
    within(range, integerOf, (minimum, maximum) =>
      minimum >= 1 && maximum <= 1000 ? { kind: "text", minimum, maximum } : undefined,
    ),
} satisfies Record<string, Reader>);

/** `lo..hi`, or one value for both. */
function within<T>(
  range: string,
  read: (text: string) => number | undefined,
  make: (minimum: number, maximum: number) => T | undefined,
): T | undefined {
  const [low = "", high = low, ...more] = range.split("..").map((text) => text.trim());
  const [minimum, maximum] = [read(low), read(high)];
  if (minimum === undefined || maximum === undefined || more.length > 0 || minimum > maximum)
    return undefined;
  return make(minimum, maximum);
}

const integerOf = (text: string): number | undefined =>
  /^[+-]?\d{1,15}$/.test(text) ? Number(text) : undefined;

const numberOf = (text: string): number | undefined =>
  /^[+-]?\d{1,12}(?:\.\d{1,9})?$/.test(text) ? Number(text) : undefined;

const decimalsIn = (range: string): number =>
  Math.max(0, ...[...range.matchAll(/\d\.(\d+)/g)].map(([, digits = ""]) => digits.length)) || 2;

/** A range of numbers with as many decimals as can be told apart exactly; undefined where no such number lies in it. */
export function numberType(minimum: number, maximum: number, decimals: number): ValueType | undefined {
  const [first, last] = steps(minimum, maximum, decimals);
  if ([first, last, last - first].every(Number.isSafeInteger))
    return first <= last ? { kind: "number", minimum, maximum, decimals } : undefined;
  return decimals > 0 ? numberType(minimum, maximum, decimals - 1) : undefined;
}

/** The first and the last number of a range, counted in units of the last decimal. */
export function steps(minimum: number, maximum: number, decimals: number): readonly [number, number] {
  const unit = 10 ** decimals;
  const first = Math.round(minimum * unit);
  const last = Math.round(maximum * unit);
  return [first / unit < minimum ? first + 1 : first, last / unit > maximum ? last - 1 : last];
}

/** Days since 1970 of `2020-02-29`; undefined for what is no day. */
export function dayOf(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return undefined;
  const time = Date.parse(`${text}T00:00:00Z`);
  // 30 February counts as 1 March in some places.
  return Number.isNaN(time) || !new Date(time).toISOString().startsWith(text) ? undefined : time / 86_400_000;
}

/** Seconds since 1970 of `2020-02-29` or `2020-02-29T12:00:00`, in UTC. */
export function secondOf(text: string): number | undefined {
  const day = dayOf(text.slice(0, 10));
  if (day === undefined) return undefined;
  if (text.length === 10) return day * 86_400;
  const [, hours, minutes, seconds = "0"] =
    /^[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?Z?$/.exec(text.slice(10)) ?? [];
  return hours === undefined
    ? undefined
    : day * 86_400 + Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

function readChoice(text: string): Choice & { readonly plain: boolean } {
  const [, word = "", weight] = /^([\s\S]*?)(?:\*(\d{1,9}(?:\.\d{1,9})?))?$/.exec(text.trim()) ?? [];
  return {
    value: unquoted(word.trim()),
    plain: !word.trim().startsWith('"'),
    weight: weight === undefined ? 1 : Number(weight),
  };
}

const NUMBER = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?$/;

/** Values to choose from; where all look like numbers, they are. Fails with `data-schema.invalid`. */
export function category(
  choices: readonly (Choice & { readonly plain?: boolean })[],
  column: string,
): ValueType {
  if (choices.length === 0 || choices.length > 10_000 || choices.some(({ weight }) => !(weight > 0)))
    throw invalid(
      `The values of ${shown(column)} cannot be chosen from.`,
      "As in {F,M} or {never*3,sometimes,often}: 1 to 10,000 values, each with a weight above 0.",
    );
  const numeric = choices.every(({ value, plain }) => plain === true && NUMBER.test(String(value)));
  return {
    kind: "category",
    choices: choices.map(({ value, weight }) => ({ value: numeric ? Number(value) : value, weight })),
  };
}

const wrong = (text: string, column: string) =>
  invalid(
    `${shown(text)} is no type for ${shown(column)}.`,
    "Types: id, id[S], int[18..90], float[0.0..1.0], bool, date[2015-01-01..2024-12-31], datetime, text[2..6], {F,M}. “?” after it leaves 10% out, “?5%” 5%.",
  );

/** Splits at a sign that stands outside of quotes and brackets. */
export function splitOutside(text: string, sign: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let quoted = false;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const here = text[at];
    if (here === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (here === "{" || here === "[") depth++;
    else if (here === "}" || here === "]") depth--;
    else if (here === sign && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  return [...parts, text.slice(start)];
}

const unquoted = (text: string): string =>
  text.length > 1 && text.startsWith('"') && text.endsWith('"')
    ? text.slice(1, -1).replaceAll('""', '"')
    : text;
