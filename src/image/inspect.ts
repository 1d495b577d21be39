import { posix } from "node:path";
import type { Engine, ImageConfig } from "../engine/engine.ts";
import { messageOf, PratiqueError } from "../errors.ts";
import type { Collector, FileCollector } from "./collector.ts";
import type { DirectoryFacts, ImageFacts, ProgramFacts } from "./facts.ts";
import type { JobUser } from "./fitness/access.ts";
import { collectFitness, type FitnessCollector } from "./fitness/collect.ts";
import { fitnessFacts } from "./fitness/fitness.ts";
import { type ImageRead, type ImageSource, readImage } from "./image.ts";
import type { BaseImage } from "./layers/base.ts";
import { spaceFacts } from "./layers/space.ts";
import type { Platform } from "./manifest.ts";
import type { PathTable } from "./paths.ts";
import { engineSource } from "./sources/engine.ts";
import { collectScripts, directoryFacts, findProgram, treeOf } from "./tree.ts";

export interface InspectOptions {
  /** Folders of the profile to look into. */
  readonly directories: readonly string[];
  /** Who is to be able to use it. */
  readonly user: JobUser;
  /** Which of several platforms to read. */
  readonly platform: Platform;
  /** False compares no digests and reads no more than is wanted. */
  readonly verify?: boolean;
  /** The image that it was built from, where that is known. */
  readonly base?: BaseImage | undefined;
  /** A table that another image was read into, to be compared with this one. */
  readonly paths?: PathTable | undefined;
  /** What else is to be looked at on the way. */
  readonly collectors?: readonly Collector[];
  readonly signal?: AbortSignal;
}

export interface Inspection {
  readonly facts: ImageFacts;
  /** The image itself; undefined when its files could not be read, and `facts.treeProblem` says why. */
  readonly image: ImageRead | undefined;
}

/**
 * Reads an image that the engine has. One whose files cannot be read leaves them out, with the reason; a missing one
 * fails with `image.not-found`.
 */
export async function inspectImage(
  engine: Engine,
  reference: string,
  options: InspectOptions,
): Promise<Inspection> {
  const config = await engine.inspectImage(reference);
  const own = ownCollectors();
  try {
    const image = await read(engineSource(engine, config.id), own, options);
    return { facts: imageFacts(reference, config, image, own, undefined, options), image };
  } catch (error) {
    if (error instanceof PratiqueError && error.code === "interrupted") throw error;
    const problem = messageOf(error);
    return { facts: imageFacts(reference, config, undefined, own, problem, options), image: undefined };
  }
}

/** Reads an image from anywhere else; fails when it cannot be read, since nothing is known of it then. */
export async function inspectSource(
  source: ImageSource,
  reference: string,
  options: InspectOptions,
): Promise<Inspection> {
  const own = ownCollectors();
  const image = await read(source, own, options);
  return { facts: imageFacts(reference, image.config, image, own, undefined, options), image };
}

/** What the facts themselves are made of. */
interface Own {
  readonly scripts: FileCollector;
  readonly fitness: FitnessCollector;
}

const ownCollectors = (): Own => ({ scripts: collectScripts(), fitness: collectFitness() });

function read(source: ImageSource, own: Own, options: InspectOptions): Promise<ImageRead> {
  const { collectors = [], paths, platform, verify = true, signal } = options;
  return readImage(source, {
    collectors: [own.scripts, own.fitness, ...collectors],
    paths,
    platform,
    verify,
    signal,
  });
}

function imageFacts(
  reference: string,
  config: ImageConfig,
  image: ImageRead | undefined,
  { scripts, fitness }: Own,
  problem: string | undefined,
  { base, directories, user }: InspectOptions,
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
  const tree = image === undefined ? undefined : treeOf(image, scripts);
  const folders = new Map<string, DirectoryFacts>(
    tree === undefined
      ? []
      : directories.map((folder) => [folder, directoryFacts(tree, posix.normalize(folder))]),
  );
  const program =
    tree === undefined ? unknown : findProgram(tree, argv, environment, config.workingDirectory);
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
    program,
    directories: folders,
    accounts: { passwd: tree?.text("/etc/passwd"), group: tree?.text("/etc/group") },
    fitness:
      tree === undefined || image === undefined
        ? undefined
        : fitnessFacts({
            image,
            collected: fitness,
            tree,
            architecture: config.architecture,
            program,
            argv,
            environment,
            workingDirectory: config.workingDirectory,
            user,
            mounted: directories.map((folder) => posix.normalize(folder)),
          }),
    tree: image === undefined ? undefined : { files: image.tree.files, bytes: image.tree.bytes },
    treeProblem: problem,
    space: image === undefined ? undefined : spaceFacts(image, base),
  };
}
