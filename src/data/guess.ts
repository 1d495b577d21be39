import type { ValueType } from "./column.ts";

/** What the names of columns suggest, the first that fits. Ranges are wide: a program is to meet every case. */
const GUESSES: readonly (readonly [RegExp, ValueType])[] = [
  [/^(?:id|nr|no|key|chi|nhs)$|(?:^|_)(?:id|identifier|number|chi)$/, { kind: "id", prefix: "" }],
  [
    /(?:^|_)(?:datetime|timestamp)(?:$|_)/,
    { kind: "datetime", minimum: 1_420_070_400, maximum: 1_735_603_200 },
  ],
  [/(?:^|_)(?:dob|birth|born)(?:$|_)/, { kind: "date", minimum: -14_610, maximum: 14_610 }],
  [
    /(?:^|_)(?:date|day|admitted|discharged|died|death)(?:$|_)/,
    { kind: "date", minimum: 16_436, maximum: 20_088 },
  ],
  [/(?:^|_)year(?:$|_)/, { kind: "integer", minimum: 1990, maximum: 2024 }],
  [/(?:^|_)age(?:$|_)/, { kind: "integer", minimum: 0, maximum: 100 }],
  [/(?:^|_)(?:sex|gender)(?:$|_)/, words("F", "M")],
  [/(?:^|_)(?:arm|group)(?:$|_)/, words("control", "treatment")],
  [/^(?:is|has|had)_|(?:^|_)(?:flag|smoker|diabetes|diabetic|event)(?:$|_)/, { kind: "boolean" }],
  [/(?:^|_)(?:height)(?:$|_)/, { kind: "number", minimum: 140, maximum: 210, decimals: 1 }],
  [/(?:^|_)(?:weight)(?:$|_)/, { kind: "number", minimum: 35, maximum: 160, decimals: 1 }],
  [/(?:^|_)bmi(?:$|_)/, { kind: "number", minimum: 14, maximum: 50, decimals: 1 }],
  [/(?:^|_)(?:count|n|num|visits|admissions)(?:$|_)/, { kind: "integer", minimum: 0, maximum: 20 }],
  [
    /(?:^|_)(?:name|title|city|town|ward|site|hospital|label)(?:$|_)/,
    { kind: "text", minimum: 1, maximum: 2 },
  ],
  [
    /(?:^|_)(?:text|note|notes|comment|description|report|letter)(?:$|_)/,
    { kind: "text", minimum: 4, maximum: 20 },
  ],
];

function words(...values: string[]): ValueType {
  return { kind: "category", choices: values.map((value) => ({ value, weight: 1 })) };
}

/** A type for a column of which nothing but the name is known: a number from 0 to 1 where the name says nothing. */
export function guessType(name: string): ValueType {
  const plain = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toLowerCase();
  return (
    GUESSES.find(([pattern]) => pattern.test(plain))?.[1] ?? {
      kind: "number",
      minimum: 0,
      maximum: 1,
      decimals: 3,
    }
  );
}
