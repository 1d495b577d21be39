import { type ImageReference, parseImageReference } from "../dockerfile/image-reference.ts";
import type { Dockerfile, Position, Range } from "../dockerfile/model.ts";
import { type Finding, isFileLocation, type TextEdit } from "../findings/finding.ts";

/** An image named in full in the file, without a digest, and where its name ends. */
export interface Pinnable {
  readonly reference: ImageReference;
  readonly end: Position;
}

/** The image that a finding of `unpinned-base` is about; undefined where it is put together from variables. */
export function pinnable(dockerfile: Dockerfile, { location }: Finding): Pinnable | undefined {
  if (!isFileLocation(location) || location.file !== dockerfile.file) return undefined;
  const { startLine, startColumn } = location;
  const isHere = ({ start }: Range): boolean => start.line === startLine && start.column === startColumn;
  for (const { from, instructions } of dockerfile.stages) {
    const word = from.words[0];
    if (word !== undefined && isHere(word.range))
      return literal(dockerfile, word.value, word.value, word.range);
    for (const { flags } of instructions) {
      const flag = flags.find(({ name, range }) => name === "from" && isHere(range));
      const image = flag?.value;
      if (flag !== undefined && image !== undefined)
        return literal(dockerfile, image, `--from=${image}`, flag.range);
    }
  }
  return undefined;
}

/** Only what stands in one piece on its line, as it is meant. */
function literal(dockerfile: Dockerfile, image: string, written: string, range: Range): Pinnable | undefined {
  const line = dockerfile.lines[range.start.line - 1] ?? "";
  if (
    range.start.line !== range.end.line ||
    line.slice(range.start.column - 1, range.end.column - 1) !== written
  )
    return undefined;
  const reference = parseImageReference(image);
  return image.includes("$") || reference.digest !== undefined ? undefined : { reference, end: range.end };
}

/** Adds the digest behind the name; the tag stays, for those who read the file and for tools that follow it. */
export function pinEdit(dockerfile: Dockerfile, { end }: Pinnable, digest: string): TextEdit {
  return {
    file: dockerfile.file,
    startLine: end.line,
    startColumn: end.column,
    endLine: end.line,
    endColumn: end.column,
    text: `@${digest}`,
  };
}
