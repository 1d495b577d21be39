import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { readContext } from "../context/walk.ts";
import type { Dockerfile } from "../dockerfile/model.ts";
import { parseDockerfile } from "../dockerfile/parse.ts";
import { resolveStages } from "../dockerfile/variables.ts";
import { PratiqueError, systemErrorCode } from "../errors.ts";
import type { DockerfileFacts, ProjectFacts } from "../rules/rule.ts";
import { DEFAULT_OUTPUT } from "../system/output.ts";

/** No real Dockerfile is larger; a file that is was named by mistake. */
const MAX_DOCKERFILE_BYTES = 4 * 1024 * 1024;
const NAMES = ["Dockerfile", "Containerfile", "dockerfile"];

export interface ProjectPlace {
  /** Absolute path of the folder that is the build context. */
  readonly root: string;
  /** Last part of the folder's path. */
  readonly name: string;
}

/** The folder that a path names, or the folder of the file it names. Fails with `project.not-found`. */
export async function locateProject(
  path: string,
): Promise<ProjectPlace & { readonly file: string | undefined }> {
  const absolute = resolve(path);
  try {
    const info = await stat(absolute);
    const root = info.isDirectory() ? absolute : dirname(absolute);
    return { root, name: basename(root) || "project", file: info.isDirectory() ? undefined : absolute };
  } catch (cause) {
    throw new PratiqueError("project.not-found", `There is no folder or file “${path}”.`, {
      hint: "Name the folder that holds the Dockerfile, for example: pratique check my-project",
      cause,
    });
  }
}

/** A Dockerfile as it was read. */
export class ReadDockerfile {
  readonly dockerfile: Dockerfile;
  readonly absolute: string;
  readonly #bytes: Uint8Array;

  constructor(dockerfile: Dockerfile, absolute: string, bytes: Uint8Array) {
    this.dockerfile = dockerfile;
    this.absolute = absolute;
    this.#bytes = bytes;
  }

  /** In hexadecimal. Worked out when it is asked for: what hashes takes longer to load than a file to lint. */
  get sha256(): string {
    return createHash("sha256").update(this.#bytes).digest("hex");
  }

  /** What a report says of it. */
  get subject(): { readonly path: string; readonly sha256: string } {
    const { dockerfile } = this;
    const hash = (): string => this.sha256;
    return {
      path: dockerfile.file,
      get sha256() {
        return hash();
      },
    };
  }
}

/**
 * Reads the named Dockerfile, or the one in the folder. Fails with `project.no-dockerfile`, `project.unreadable`,
 * `project.too-large` or `dockerfile.syntax`.
 */
export async function readDockerfile(root: string, named: string | undefined): Promise<ReadDockerfile> {
  for (const path of named === undefined ? NAMES.map((name) => join(root, name)) : [named]) {
    const content = readSmallFile(path);
    if (content !== undefined) return parseBytes(content, displayPath(root, path), path);
  }
  throw new PratiqueError(
    "project.no-dockerfile",
    named === undefined ? `There is no Dockerfile in ${root}.` : `There is no Dockerfile ${named}.`,
    { hint: "Name the project's folder, or the file with --file <file>." },
  );
}

/**
 * A file that a person wrote, whole; undefined where there is none. Reading at once, without waiting in turn, is what
 * makes a folder of thousands of files quick.
 */
export function readSmallFile(path: string): Buffer | undefined {
  const shown = (): string => displayPath(process.cwd(), path);
  try {
    const info = statSync(path);
    if (info.isDirectory()) return undefined;
    if (!info.isFile())
      throw new PratiqueError("project.unreadable", `${shown()} is no file that can be read.`, {
        hint: "Name a file, or “-” for standard input.",
      });
    if (info.size > MAX_DOCKERFILE_BYTES) {
      throw new PratiqueError(
        "project.too-large",
        `${shown()} is ${info.size} bytes long: that is no Dockerfile.`,
        { hint: "Name the Dockerfile with --file <file>." },
      );
    }
    return readFileSync(path);
  } catch (error) {
    if (error instanceof PratiqueError) throw error;
    const code = systemErrorCode(error);
    if (code === "ENOENT") return undefined;
    throw new PratiqueError("project.unreadable", `${shown()} cannot be read: ${code ?? "unknown"}.`, {
      hint: "Check that you may read it.",
      cause: error,
    });
  }
}

/** A Dockerfile from bytes; what is no text at all is refused. */
export function parseBytes(content: Uint8Array, file: string, absolute = ""): ReadDockerfile {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (bytes.subarray(0, 8192).includes(0)) {
    const shown = absolute === "" ? file : displayPath(process.cwd(), absolute);
    throw new PratiqueError("dockerfile.syntax", `${shown} is not a text file.`, {
      hint: "Name the Dockerfile with --file <file>.",
    });
  }
  return new ReadDockerfile(parseDockerfile(bytes.toString("utf8"), file), absolute, bytes);
}

export function displayPath(root: string, path: string): string {
  const inside = relative(root, path);
  return (inside.startsWith("..") ? path : inside).split(sep).join("/");
}

export function dockerfileFacts(
  dockerfile: Dockerfile,
  buildArgs: Readonly<Record<string, string>>,
): DockerfileFacts {
  return { dockerfile, stages: resolveStages(dockerfile, new Map(Object.entries(buildArgs))), kept: [] };
}

/** The files that reach a build, with what the code among them uses. */
export type Surroundings = Pick<ProjectFacts, "context" | "source">;

export async function readSurroundings(root: string, output: string): Promise<Surroundings> {
  const inside = relative(root, output).split(sep).join("/");
  const leaveOut = inside === "" || inside.startsWith("..") ? [DEFAULT_OUTPUT] : [DEFAULT_OUTPUT, inside];
  const context = await readContext(root, leaveOut);
  const { scanSource } = await import("../source/scan.ts");
  return { context, source: await scanSource(context) };
}

/** The Dockerfile with the files that reach the build and what the code among them uses. */
export async function projectFacts(
  facts: DockerfileFacts,
  root: string,
  output: string,
): Promise<ProjectFacts> {
  return { ...facts, ...(await readSurroundings(root, output)) };
}
