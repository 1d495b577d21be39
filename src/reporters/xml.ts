import { plainText } from "./plain.ts";

type Attributes = Readonly<Record<string, string | number | undefined>>;

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>';
const NAMES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  "\n": "&#10;",
  "\t": "&#9;",
};

/** Text from outside between tags. What XML 1.0 forbids, and what a terminal would obey, is made visible. */
const xmlText = (text: string): string =>
  allowed(text).replace(/[&<>]/g, (character) => NAMES[character] ?? "");

/** The same inside an attribute, where a parser would turn line ends into blanks. */
const xmlAttribute = (text: string): string =>
  allowed(text).replace(/[&<>"'\n\t]/g, (character) => NAMES[character] ?? "");

/** The two non-characters are the only ones that XML forbids and people never see, beside what is never shown plain. */
const allowed = (text: string): string =>
  plainText(text).replace(/[\uFFFE\uFFFF]/g, (character) => `\\u${character.charCodeAt(0).toString(16)}`);

/** An element that holds other elements, each on a line of its own. */
export function element(name: string, attributes: Attributes, children: readonly string[] = []): string {
  const tag = `${name}${written(attributes)}`;
  return children.length === 0 ? `<${tag}/>` : [`<${tag}>`, ...children, `</${name}>`].join("\n");
}

/** An element that holds text, exactly as it is. */
export const textElement = (name: string, attributes: Attributes, text: string): string =>
  `<${name}${written(attributes)}>${xmlText(text)}</${name}>`;

const written = (attributes: Attributes): string =>
  Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${xmlAttribute(String(value))}"`)
    .join("");

export const xmlDocument = (root: string): string => `${DECLARATION}\n${root}\n`;
