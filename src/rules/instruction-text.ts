import { hideSecrets } from "./secrets.ts";

/** As one writes it in a Dockerfile; builders put the shell, the build's arguments and their own name around it. */
export function instructionText(written: string): string {
  return fullText(written).slice(0, 500);
}

/** The same for the middle of a sentence. */
export function shortInstruction(written: string, most = 100): string {
  const text = fullText(written);
  return text.length <= most ? text : `${text.slice(0, most - 1).trimEnd()}…`;
}

function fullText(written: string): string {
  const text = written
    .slice(0, 10_000)
    .replace(/[\p{C}\s]+/gu, " ")
    .trim();
  const plain = text
    .replace(/ # buildkit$/, "")
    .replace(/^\/bin\/sh -c #\(nop\) /, "")
    .replace(/^(?:RUN )?(?:\|\d+ .*?)?\/bin\/sh -c /, "RUN ");
  return hideSecrets(plain.trim());
}
