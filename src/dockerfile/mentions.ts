import type { Dockerfile } from "./model.ts";

interface Haystack {
  readonly text: string;
  readonly known: Map<string, boolean>;
}

const haystacks = new WeakMap<Dockerfile, Haystack>();

/**
 * True when one of the words (in lower case) stands anywhere in the file, in whatever case. Looking for a word is far
 * cheaper than reading commands: a rule about conda need not look at a file that never says so.
 */
export function mentions(dockerfile: Dockerfile, words: readonly string[]): boolean {
  let haystack = haystacks.get(dockerfile);
  if (haystack === undefined) {
    haystack = { text: haystackOf(dockerfile), known: new Map() };
    haystacks.set(dockerfile, haystack);
  }
  const { text, known } = haystack;
  return words.some((word) => {
    let found = known.get(word);
    if (found === undefined) {
      found = text.includes(word);
      known.set(word, found);
    }
    return found;
  });
}

function haystackOf({ text, escape: escapeChar, instructions }: Dockerfile): string {
  const lower = text.toLowerCase();
  // A word may be cut in two by a line continuation, or by quotes and escapes inside it.
  const cut = escapeChar === "`" ? /\S`\r?\n\S/ : /\S\\\r?\n\S/;
  const joined = cut.test(lower) ? instructions.map((instruction) => instruction.text).join("\n") : "";
  const plain = /[\w.-]["'\\]\w/.test(lower) ? lower.replace(/["'\\]/g, "") : "";
  return joined === "" && plain === "" ? lower : `${lower}\n${joined.toLowerCase()}\n${plain}`;
}
