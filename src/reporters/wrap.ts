/** Breaks text at blanks so that no line is longer than `width`; a longer word is broken where it must be. */
export function wrapLines(text: string, width: number): string[] {
  const room = Math.max(8, width);
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    let used = 0;
    for (const word of paragraph.split(/\s+/)) {
      if (word === "") continue;
      let rest = word;
      let width = displayWidth(rest);
      if (line !== "" && used + 1 + width > room) {
        lines.push(line);
        line = "";
      }
      while (width > room) {
        const head = takeWidth(rest, room);
        lines.push(head);
        rest = rest.slice(head.length);
        width = displayWidth(rest);
      }
      used = line === "" ? width : used + 1 + width;
      line = line === "" ? rest : `${line} ${rest}`;
    }
    return line === "" && lines.length > 0 ? lines : [...lines, line];
  });
}

export const wrap = (text: string, width: number): string => wrapLines(text, width).join("\n");

/** Wrapped text with every line indented. */
export const indent = (text: string, by: number, width: number): string[] =>
  wrapLines(text, width - by).map((line) => `${" ".repeat(by)}${line}`);

/** Nothing but characters that take one column each, as most texts are. */
const EVEN = /^[\u0000-\u02ff\u0370-\u10ff\u1160-\u20cf\u2100-\u2e7f]*$/;

/** Columns that a terminal takes for the text: two for wide characters, none for combining ones. */
export function displayWidth(text: string): number {
  if (EVEN.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character.codePointAt(0) ?? 0);
  return width;
}

function characterWidth(code: number): number {
  if (code < 0x300) return 1;
  if (code <= 0x36f || (code >= 0x20d0 && code <= 0x20ff)) return 0;
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd);
  return wide ? 2 : 1;
}

/** The longest start of the text that fits. Always at least one character, so that callers make progress. */
export function takeWidth(text: string, width: number): string {
  // One more than fits: what combines with the last one belongs to it.
  if (width > 0 && EVEN.test(text.slice(0, width + 1))) return text.slice(0, width);
  let taken = "";
  let used = 0;
  for (const character of text) {
    used += characterWidth(character.codePointAt(0) ?? 0);
    if (used > width && taken !== "") break;
    taken += character;
  }
  return taken;
}

/** The longest end of the text that fits. */
export function takeLastWidth(text: string, width: number): string {
  if (width > 0 && EVEN.test(text.slice(-width - 1))) return text.slice(-width);
  let taken = "";
  let used = 0;
  for (const character of [...text].reverse()) {
    used += characterWidth(character.codePointAt(0) ?? 0);
    if (used > width) break;
    taken = character + taken;
  }
  return taken;
}

/** Cut to a width, with an ellipsis where something was left out. */
export function clip(text: string, width: number): string {
  return displayWidth(text) <= width ? text : `${takeWidth(text, Math.max(1, width - 1))}…`;
}
