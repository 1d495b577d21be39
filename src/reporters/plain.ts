/**
 * Text from outside, made safe to show: what would move the cursor, hide or reorder characters is made visible, and
 * what is too long is cut. It is meant for reading, so a backslash stays as it is. HTML escaping is the page's own
 * business.
 */

/**
 * Directional controls, zero-width and other characters without a shape of their own, line and paragraph separators,
 * C0 except tab and newline, DEL and C1.
 */
const UNSEEN =
  /[\p{Default_Ignorable_Code_Point}\p{Cf}\u2028\u2029\u0000-\u0008\u000B-\u001F\u007F-\u009F]/gu;
/** Nothing but letters and signs that every terminal shows as they are. */
const HARMLESS = /^[\t\n -~‘’“”…–—]*$/;
/** Colours and cursor moves that programs print for a terminal: they carry no words. */
const TERMINAL_SEQUENCE =
  /\u001B(?:\[[0-?]{0,32}[ -/]{0,8}[@-~]|\][^\u0007\u001B]{0,2000}(?:\u0007|\u001B\\))/g;

/** `text` with control characters as `\x1b`, at most `max` characters long. Newlines and tabs stay. */
export function plainText(text: string, max = 10_000): string {
  if (text.length <= max && HARMLESS.test(text)) return text;
  // Cut first: a hostile string of many megabytes must not be walked twice.
  const plain = cut(text, max).toWellFormed().replace(UNSEEN, escapeCharacter);
  return cut(plain, max);
}

/** The same on one line, terminal sequences dropped: for lines that other programs print. */
export function plainLine(text: string, max = 1000): string {
  return plainText(
    cut(text, max * 4)
      .replace(TERMINAL_SEQUENCE, "")
      .replace(/[\n\t]+/g, " "),
    max,
  );
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}

/** Never between the halves of a surrogate pair. */
function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = Math.max(0, max - 1);
  const last = text.charCodeAt(end - 1);
  return `${text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end)}…`;
}
