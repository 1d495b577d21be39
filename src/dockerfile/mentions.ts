import { type Dockerfile, oncePerDockerfile } from "./model.ts";

/**
 * True when one of the words (in lower case) stands anywhere in the file, in whatever case. Looking for a word is far
 * cheaper than reading commands: a rule about conda need not look at a file that never says so.
 */
export function mentions(dockerfile: Dockerfile, words: readonly string[]): boolean {
  const text = haystackOf(dockerfile);
  for (const word of words) if (text.includes(word)) return true;
  return false;
}

const haystackOf = oncePerDockerfile((dockerfile): string => {
  const { text, instructions } = dockerfile;
  const lower = text.toLowerCase();
  // A word may be cut in two by a line continuation, or by quotes and escapes inside it.
  const cut = dockerfile.escape === "`" ? /\S`\r?\n\S/ : /\S\\\r?\n\S/;
  const joined = cut.test(lower) ? instructions.map((instruction) => instruction.text).join("\n") : "";
  const plain = /[\w.-]["'\\]+\w/.test(lower) ? lower.replace(/["'\\]/g, "") : "";
  return joined === "" && plain === "" ? lower : `${lower}\n${joined.toLowerCase()}\n${plain}`;
});
