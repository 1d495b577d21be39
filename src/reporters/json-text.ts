/** Characters that a terminal obeys or that cannot be seen; JSON can always write them as escapes. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cf}\u2028\u2029\u007F-\u009F]/gu;

/** A JSON document in plain sight: the same values, with every invisible character escaped. */
export const jsonText = (value: unknown): string => seen(JSON.stringify(value, null, 2));

/** The same on one line, which is half as long: for what programs alone read. */
export const jsonLine = (value: unknown): string => seen(JSON.stringify(value));

const seen = (text: string): string => `${text.replace(UNSEEN, escapeUnits)}\n`;

function escapeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }).join("");
}
