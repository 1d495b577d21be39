import { posix } from "node:path";
import type { Engine, ImageConfig } from "../engine/engine.ts";
import { messageOf, PratiqueError } from "../errors.ts";
import type { DirectoryFacts, ImageFacts, ProgramFacts } from "./facts.ts";
import { directoryFacts, findProgram, type ImageTree, readTree } from "./tree.ts";

export interface InspectOptions {
  /** Folders of the profile to look into. */
  readonly directories: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Reads an image that the engine has: its configuration, and its merged file tree in one pass. A tree that cannot be
 * read leaves `tree` undefined with the reason; a missing image fails with `image.not-found`.
 */
export async function inspectImage(
  engine: Engine,
  reference: string,
  options: InspectOptions,
): Promise<ImageFacts> {
  const config = await engine.inspectImage(reference);
  let tree: ImageTree | undefined;
  let problem: string | undefined;
  try {
    await engine.exportTree(
      config.id,
      options.labels,
      async (tar) => {
        tree = await readTree(tar, options.directories);
      },
      options.signal,
    );
    if (tree?.truncated) problem = "the image has more files than are looked at";
  } catch (error) {
    if (error instanceof PratiqueError && error.code === "interrupted") throw error;
    problem = messageOf(error);
  }
  return imageFacts(
    reference,
    config,
    problem === undefined ? tree : undefined,
    problem,
    options.directories,
  );
}

function imageFacts(
  reference: string,
  config: ImageConfig,
  tree: ImageTree | undefined,
  problem: string | undefined,
  folders: readonly string[],
): ImageFacts {
  const environment = new Map(
    config.environment.map((entry) => {
      const equals = entry.indexOf("=");
      return equals < 0 ? [entry, ""] : [entry.slice(0, equals), entry.slice(equals + 1)];
    }),
  );
  const argv = [...config.entrypoint, ...config.command];
  const unknown: ProgramFacts = {
    name: argv[0] ?? "",
    status: argv[0] === undefined ? "none" : "unknown",
    path: undefined,
    interpreter: undefined,
    mode: undefined,
    owner: undefined,
  };
  const directories = new Map<string, DirectoryFacts>(
    tree === undefined
      ? []
      : folders.map((folder) => [folder, directoryFacts(tree, posix.normalize(folder))]),
  );
  return {
    reference,
    id: config.id,
    digest: config.digest,
    platform: { os: config.os, architecture: config.architecture },
    size: config.size,
    layers: config.layers,
    created: config.created,
    user: config.user,
    workingDirectory: config.workingDirectory,
    entrypoint: config.entrypoint,
    command: config.command,
    environment,
    exposedPorts: config.exposedPorts,
    volumes: config.volumes,
    labels: new Map(Object.entries(config.labels)),
    program: tree === undefined ? unknown : findProgram(tree, argv, environment, config.workingDirectory),
    directories,
    accounts: { passwd: tree?.text("/etc/passwd"), group: tree?.text("/etc/group") },
    tree: tree === undefined ? undefined : { files: tree.files, bytes: tree.bytes },
    treeProblem: problem,
  };
}
