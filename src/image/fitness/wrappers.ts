import { posix } from "node:path";

const WRAPPERS = /^(?:tini(?:-static)?|dumb-init|catatonit|nohup|nice|stdbuf|setpriv|time)$/;
const SHELL = /^(?:ba|da|k|z|a)?sh$/;
/** Words that a shell takes as they stand. */
const PLAIN = /^[\w\s./=:,@%+-]+$/;

/** The command that a program hands over to; undefined where it does the work itself. */
export function handedOver(argv: readonly string[]): readonly string[] | "shell" | undefined {
  const [program = "", ...rest] = argv;
  const name = posix.basename(program);
  if (name === "env") {
    const at = rest.findIndex((word) => !/^-|^\w+=/.test(word));
    return at < 0 ? undefined : rest.slice(at);
  }
  if (WRAPPERS.test(name)) {
    const dashes = rest.indexOf("--");
    const at = dashes >= 0 ? dashes + 1 : rest.findIndex((word) => !/^-|^\d+$/.test(word));
    return at < 0 || at >= rest.length ? undefined : rest.slice(at);
  }
  const [option = "", text] = rest;
  if (SHELL.test(name) && /^-\w*c$/.test(option) && text !== undefined) {
    const words = text.trim().split(/\s+/);
    if (words[0] === "exec") words.shift();
    const [first = ""] = words;
    // What a shell does itself, and what is more than one command, is not taken apart.
    return PLAIN.test(text) &&
      !first.includes("=") &&
      !/^(?:cd|source|\.|set|export|if|for|while)$/.test(first)
      ? words
      : "shell";
  }
  return undefined;
}

const INTERPRETERS = /^(?:python[\d.]*|pypy3?|Rscript|bash|sh|dash|zsh|perl|julia|node|ruby)$/;
/** What is written like an option and is followed by a value, or ends the search for a script. */
const OTHER = /^-(?:[cmeEWX]|-eval|-e)$/;

/** The script that an interpreter is given as its first word that is no option. */
export function scriptOf(argv: readonly string[]): string | undefined {
  const [program = "", ...rest] = argv;
  if (!INTERPRETERS.test(posix.basename(program))) return undefined;
  for (const word of rest) {
    if (OTHER.test(word)) return undefined;
    if (word.startsWith("-")) continue;
    return /\.(?:py|R|r|sh|bash|pl|jl|js|mjs|cjs|rb)$/.test(word) ? word : undefined;
  }
  return undefined;
}
