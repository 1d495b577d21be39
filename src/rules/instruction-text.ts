import { hideSecrets } from "./secrets.ts";

/** As one writes it in a Dockerfile; builders put the shell, the build's arguments and their own name around it. */
export function instructionText(written: string): string {
  const text = written
    .slice(0, 10_000)
    .replace(/[\p{C}\s]+/gu, " ")
    .trim();
  const plain = text
    .replace(/ # buildkit$/, "")
    .replace(/^\/bin\/sh -c #\(nop\) /, "")
    .replace(/^(?:RUN )?(?:\|\d+ .*?)?\/bin\/sh -c /, "RUN ");
  return hideSecrets(plain.trim()).slice(0, 500);
}
