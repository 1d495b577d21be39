/** Characters that a terminal obeys or that cannot be seen; JSON can always write them as escapes. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Cf}\u2028\u2029\u007F-\u009F]/gu;

/** A JSON document in plain sight: the same values, with every invisible character escaped. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, null, 2).replace(UNSEEN, escapeUnits);
  return `${text}\n`;
}

function escapeUnits(character: string): string {
  return Array.from({ length: character.length }, (_, index) => {
    return `\\u${character.charCodeAt(index).toString(16).padStart(4, "0")}`;
  }).join("");
}
