import { basename, dirname, relative, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { looksLikeManifest, readManifest } from "../job/read.ts";
import { JOB_KINDS } from "../pipeline/lint-others.ts";
import { isDockerfileName } from "../pipeline/targets.ts";
import { Places } from "./places.ts";

/** What an editor held at one moment. */
export interface Snapshot {
  readonly uri: string;
  /** Absolute; undefined for what has never been saved and has no place on disk. */
  readonly path: string | undefined;
  readonly kind: "dockerfile" | "manifest";
  readonly places: Places;
}

/** The part of a document that is looked at; its text is read only where its name or language asks for it. */
export interface OpenDocument {
  readonly uri: string;
  readonly languageId: string;
  readonly version: number;
  getText(): string;
}

/** The document as it is now; undefined where it is nothing that we lint. */
export function takeSnapshot(document: OpenDocument): Snapshot | undefined {
  const kind = kindOf(document);
  if (kind === undefined) return undefined;
  const text = document.getText();
  if (kind === "manifest" && !isJobManifest(text)) return undefined;
  return {
    uri: document.uri,
    path: pathOf(document.uri),
    kind,
    places: new Places(text, document.version),
  };
}

function kindOf({ uri, languageId }: OpenDocument): Snapshot["kind"] | undefined {
  const name = nameOf(uri);
  if (/^(?:docker|container)file$/i.test(languageId) || isDockerfileName(name)) return "dockerfile";
  return languageId === "yaml" || /\.ya?ml$/i.test(name) ? "manifest" : undefined;
}

/** Most YAML is something else. */
const isJobManifest = (text: string): boolean =>
  looksLikeManifest(text) &&
  readManifest(text, "-").documents.some(({ kind }) => kind !== undefined && JOB_KINDS.has(kind));

function nameOf(uri: string): string {
  const path = pathOf(uri);
  if (path !== undefined) return basename(path);
  return uri.slice(Math.max(uri.lastIndexOf("/"), uri.indexOf(":")) + 1);
}

/** The file that an address names; undefined where it names none on this machine. */
export function pathOf(uri: string): string | undefined {
  try {
    return uri.startsWith("file:") ? fileURLToPath(uri) : undefined;
  } catch {
    return undefined;
  }
}

export const uriOf = (path: string): string => pathToFileURL(path).href;

/** The innermost folder of the workspace that holds the file, else the file's own; for unsaved text the first one. */
export function folderOf(path: string | undefined, folders: readonly string[]): string | undefined {
  if (path === undefined) return folders[0];
  const around = folders.filter((folder) => isInside(path, folder));
  return around.sort((a, b) => b.length - a.length)[0] ?? dirname(path);
}

export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && way !== path;
}
