import { plainLine, plainText } from "./plain.ts";

/** Signs that Markdown, or the HTML in it, gives a meaning anywhere in a line. */
const MARKUP = /[\\`*_{}[\]<>|~#!&]/g;

const entity = (character: string): string => `&#${character.codePointAt(0)};`;

/** Breaks what forges turn into links and mentions, without a trace in what is read. */
const BREAK = "<!-- -->";

/**
 * Text from outside on one line of Markdown: no markup, no HTML, no link and no mention comes of it. It may stand anywhere
 * in a line, also in a table.
 */
export function markdownText(text: string, max = 1000): string {
  return plainLine(text, max)
    .replace(MARKUP, entity)
    .replaceAll("@", `@${BREAK}`)
    .replaceAll("&#35;", `&#35;${BREAK}`)
    .replaceAll("://", `:${BREAK}//`)
    .replace(/\bwww\./gi, (word) => `${word.slice(0, 3)}${BREAK}.`)
    .replace(/\b(GH)-(?=\d)/gi, `$1${BREAK}-`)
    .replace(/^\s*[-+=]/, (start) => start.trimStart().replace(/^./, entity))
    .replace(/^\s*\d+[.)]/, (start) => start.replace(/[.)]$/, entity));
}

/** Lines that are shown as they are; the fence is longer than any in them. */
export function markdownCode(text: string, max = 4000, language = "text"): string {
  const plain = plainText(text, max);
  const longest = Math.max(2, ...[...plain.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${plain.replace(/\n$/, "")}\n${fence}`;
}
