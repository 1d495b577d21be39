import type { Dockerfile } from "./model.ts";

interface Haystack {
  readonly text: string;
  /** One for each pair of letters that stand side by side in the text, by `pairOf`. */
  readonly pairs: Uint8Array;
}

const haystacks = new WeakMap<Dockerfile, Haystack>();

/**
 * True when one of the words (in lower case) stands anywhere in the file, in whatever case. Looking for a word is far
 * cheaper than reading commands: a rule about conda need not look at a file that never says so.
 */
export function mentions(dockerfile: Dockerfile, words: readonly string[]): boolean {
  let haystack = haystacks.get(dockerfile);
  if (haystack === undefined) {
    const text = haystackOf(dockerfile);
    haystack = { text, pairs: pairsIn(text) };
    haystacks.set(dockerfile, haystack);
  }
  const { text, pairs } = haystack;
  for (const word of words) if (mayHold(pairs, word) && text.includes(word)) return true;
  return false;
}

const PAIRS = 4096;
const pairOf = (text: string, at: number): number =>
  ((text.charCodeAt(at) << 5) ^ text.charCodeAt(at + 1)) & (PAIRS - 1);

function pairsIn(text: string): Uint8Array {
  const pairs = new Uint8Array(PAIRS);
  for (let at = 0; at + 1 < text.length; at++) pairs[pairOf(text, at)] = 1;
  return pairs;
}

/** False where a pair of the word's letters is nowhere: most words of most rules are not in a file. */
function mayHold(pairs: Uint8Array, word: string): boolean {
  for (let at = 0; at + 1 < word.length; at++) if (pairs[pairOf(word, at)] === 0) return false;
  return true;
}

function haystackOf(dockerfile: Dockerfile): string {
  const { text, instructions } = dockerfile;
  const lower = text.toLowerCase();
  // A word may be cut in two by a line continuation, or by quotes and escapes inside it.
  const cut = dockerfile.escape === "`" ? /\S`\r?\n\S/ : /\S\\\r?\n\S/;
  const joined = cut.test(lower) ? instructions.map((instruction) => instruction.text).join("\n") : "";
  const plain = /[\w.-]["'\\]+\w/.test(lower) ? lower.replace(/["'\\]/g, "") : "";
  return joined === "" && plain === "" ? lower : `${lower}\n${joined.toLowerCase()}\n${plain}`;
}
