/** Crafted Dockerfiles: real ones cut, spliced, nested and spoiled. The same seed always gives the same text. */

export type Random = () => number;

/** Numbers from 0 up to and without 1. */
export function randomFrom(seed: number): Random {
  let state = (Math.imul(seed + 1, 0x9e3779b1) ^ 0x5bd1e995) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const below = (random: Random, limit: number): number => Math.floor(random() * limit);
const pick = <T>(random: Random, list: readonly T[]): T | undefined => list[below(random, list.length)];

/** What is awkward at the seams of the grammar. */
const SPOILERS: readonly string[] = [
  "\0",
  "\r\n",
  "\r",
  "\uFEFF",
  "\u001b[31m",
  "\u202e",
  "\ud800",
  "\\",
  "\\\n",
  "`",
  '"',
  "'",
  "$(",
  "${",
  "${A:-${B:-$(c)}}",
  "<<EOF",
  "<<-'E'\n",
  "EOF\n",
  "&& \\\n",
  "| ",
  "; ",
  "{ ",
  "} ",
  "( ",
  ") ",
  "if x; then ",
  "fi",
  "case a in ",
  "esac",
  "for i in ",
  "while :; do ",
  "done",
  "FROM ",
  "ONBUILD ",
  "ONBUILD ONBUILD RUN ",
  "--from=",
  "--mount=type=cache,target=",
  "--platform=$",
  '["',
  '"]',
  "[[[[",
  "# escape=`\n",
  "# syntax=",
  "# check=skip=all\n",
  "# pratique allow=all reason=",
  "# hadolint ignore=",
  "pip install ",
  "R -e \"install.packages(c('",
  "julia -e 'using Pkg; Pkg.add(\"",
  "conda install ",
  "=",
  "@sha256:",
  ":65536/tcp",
  "\t",
  "  ",
  "ä🦀",
];

/** A text made from one or two of `corpus`, with up to a dozen changes. */
export function mutate(seed: number, corpus: readonly string[]): string {
  const random = randomFrom(seed);
  let text = pick(random, corpus) ?? "";
  if (random() < 0.3) text = splice(random, text, pick(random, corpus) ?? "");
  for (let change = below(random, 12); change > 0; change--) text = once(random, text);
  if (random() < 0.05) text = text.replace(/\n/g, "\r\n");
  return text.slice(0, 64 * 1024);
}

function splice(random: Random, first: string, second: string): string {
  return first.slice(0, below(random, first.length + 1)) + second.slice(below(random, second.length + 1));
}

function once(random: Random, text: string): string {
  const at = below(random, text.length + 1);
  const length = below(random, 30);
  switch (below(random, 7)) {
    case 0:
      return text.slice(0, at) + text.slice(at + length);
    case 1:
      return text.slice(0, at) + text.slice(at, at + length) + text.slice(at);
    case 2: {
      const char = String.fromCharCode(random() < 0.9 ? 32 + below(random, 95) : below(random, 0xffff));
      return text.slice(0, at) + char + text.slice(at + 1);
    }
    case 3: {
      const lines = text.split("\n");
      const from = below(random, lines.length);
      const [line = ""] = lines.splice(from, 1);
      lines.splice(below(random, lines.length + 1), 0, line);
      return lines.join("\n");
    }
    case 4: {
      const piece = pick(random, SPOILERS) ?? "";
      return text.slice(0, at) + piece.repeat(1 + below(random, random() < 0.02 ? 2000 : 4)) + text.slice(at);
    }
    default:
      return text.slice(0, at) + (pick(random, SPOILERS) ?? "") + text.slice(at);
  }
}
