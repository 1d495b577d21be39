import type { Report } from "../evidence/report.ts";
import { type FileLocation, type Finding, isFileLocation, type Location } from "../findings/finding.ts";
import { plainText } from "./plain.ts";

/** A place in a file, for readers that know no others. */
export interface FilePlace {
  readonly path: string;
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** What the finding is about when that is no file: `in the image: /opt/app`. Empty otherwise. */
  readonly about: string;
}

/**
 * Where a finding is shown by readers that know only files: what was found in the image or a process, or has no place
 * at all, stands at the first line of the Dockerfile that the image is made from.
 */
export function filePlace({ location }: Pick<Finding, "location">, report: Report): FilePlace {
  if (isFileLocation(location)) return { path: plainPath(location.file), ...region(location), about: "" };
  const path = plainPath(report.subject.dockerfile?.path ?? report.subject.name);
  return { path, startLine: 1, startColumn: 1, endLine: 1, endColumn: 1, about: elsewhere(location) };
}

/** A place in words that is no file; empty for files and for nowhere. */
export function elsewhere(location: Location | undefined): string {
  if (location === undefined || "file" in location) return "";
  if ("imagePath" in location) {
    return location.imagePath === "config"
      ? "the image's configuration"
      : `in the image: ${plainPath(location.imagePath)}`;
  }
  return plainPath(`process ${location.process.command}`);
}

/** Lines and columns as every format takes them: whole, at least 1, the end not before the start. */
export function region(
  location: FileLocation,
): Pick<FilePlace, "startLine" | "startColumn" | "endLine" | "endColumn"> {
  const startLine = counted(location.startLine);
  const startColumn = counted(location.startColumn);
  const endLine = Math.max(startLine, counted(location.endLine));
  const endColumn = counted(location.endColumn);
  return {
    startLine,
    startColumn,
    endLine,
    endColumn: endLine === startLine ? Math.max(startColumn, endColumn) : endColumn,
  };
}

const counted = (value: number): number => (value >= 1 ? Math.min(Math.floor(value), 2 ** 31 - 1) : 1);

/** A name from outside on one line; nothing that is seen is changed, so that the file is still found by it. */
export const plainPath = (path: string): string =>
  plainText(path, 4096).replaceAll("\n", "\\n").replaceAll("\t", "\\t");

/** The message, with the place where that is in the image and not said already; a message names its process itself. */
export function messageAt({ location, message }: Pick<Finding, "location" | "message">): string {
  if (location === undefined || !("imagePath" in location) || message.includes(location.imagePath))
    return message;
  return `${message} (${elsewhere(location)})`;
}
