import { randomBytes } from "node:crypto";
import { PratiqueError } from "../errors.ts";
import { hardLimit } from "../system/proc.ts";
import { lastWords } from "./command-line.ts";
import { type Adjustments, type ContainerPlan, type Engine, OWNER_LABEL, RUN_LABEL } from "./engine.ts";
import { smallestProgram } from "./smallest-program.ts";
import { testImage } from "./test-image.ts";

/** Attempts before giving up: the default, another runtime, lower limits, and both. */
const MOST_ATTEMPTS = 5;

export interface ProbeOwner {
  readonly id: string;
  readonly owner: string;
}

/**
 * Starts a container of a few hundred bytes that needs nothing from outside, and finds the adjustments with which this
 * machine lets containers start: another OCI runtime where the default one fails (crun under a hybrid cgroup v1),
 * lower limits where the engine's own are refused. Fails with `engine.runtime-fails` when none works.
 */
export async function probeEngine(engine: Engine, by: ProbeOwner, signal?: AbortSignal): Promise<Engine> {
  const program = smallestProgram(engine.info.architecture);
  // Nothing to start: the first real container will show whether the engine works.
  if (program === undefined) return engine;
  const image = `localhost/pratique-probe:${by.id}-${randomBytes(3).toString("hex")}`;
  await engine.importImage(await testImage(program), image, { [OWNER_LABEL]: by.owner });
  try {
    return await findAdjustments(engine, image, by, signal);
  } finally {
    await engine.removeImage(image);
  }
}

async function findAdjustments(
  engine: Engine,
  image: string,
  by: ProbeOwner,
  signal?: AbortSignal,
): Promise<Engine> {
  let adjustments: Adjustments = { notes: [] };
  let complaint = "";
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const adjusted = engine.with(adjustments);
    const plan = probePlan(image, `pratique-${by.id}-probe${attempt}`, by);
    const result = await adjusted.runContainer(plan, {
      timeout: 60_000,
      ...(signal === undefined ? {} : { signal }),
    });
    // By the engine as it is: a Podman that is told to use a runtime that is not there removes nothing.
    await engine.remove(plan.name);
    if (result.code === 0) return adjusted;
    if (complaint === "" || !/runtime .*not found/i.test(result.stderr)) complaint = lastWords(result.stderr);
    const next = adjust(engine, adjustments, result.stderr);
    if (next === undefined) break;
    adjustments = next;
  }
  throw new PratiqueError(
    "engine.runtime-fails",
    `${engine.info.name} cannot start a container here: ${complaint}`,
    {
      hint:
        engine.info.otherRuntimes.length > 0
          ? `Install another runtime, for example “sudo apt-get install ${engine.info.otherRuntimes[0]}”, and try again.`
          : "Look at the engine's own message above; “pratique doctor” shows what was tried.",
    },
  );
}

/** What to try after a complaint, or undefined when there is nothing left. */
export function adjust(engine: Engine, current: Adjustments, stderr: string): Adjustments | undefined {
  const { info } = engine;
  if (/rlimit/i.test(stderr) && current.ulimits === undefined) {
    const { files, processes } = permittedLimits();
    return {
      ...current,
      ulimits: [`nofile=${files}:${files}`, `nproc=${processes}:${processes}`],
      notes: [
        ...current.notes,
        `limits of ${files} open files and ${processes} processes (the engine's own were refused)`,
      ],
    };
  }
  const [other] = info.otherRuntimes;
  const blamesRuntime = /OCI|runtime|crun|runc|cgroup/i.test(stderr);
  if (blamesRuntime && current.runtime === undefined && other !== undefined) {
    return {
      ...current,
      runtime: other,
      notes: [...current.notes, `the runtime ${other} (${info.runtime} fails on this machine)`],
    };
  }
  return undefined;
}

/** As many processes as there are ids for them, unless the machine is told otherwise; more is refused even below our own limit (measured). */
const MOST_PROCESSES = 32_768;

/**
 * What we may have, a container may have as well. The limit on processes counts all of a user's, whatever the container:
 * a low one would let jobs that run side by side take them from each other (measured).
 */
function permittedLimits(): { files: number; processes: number } {
  const most = (name: string): number => {
    const limit = hardLimit(name);
    return typeof limit === "number" && limit > 0 ? limit : 1024;
  };
  return {
    files: most("Max open files"),
    processes: Math.min(most("Max processes"), MOST_PROCESSES),
  };
}

function probePlan(image: string, name: string, by: ProbeOwner): ContainerPlan {
  return {
    name,
    image,
    labels: { [RUN_LABEL]: by.id, [OWNER_LABEL]: by.owner },
    user: "0:0",
    mappedUser: undefined,
    network: "none",
    capabilities: [],
    noNewPrivileges: true,
    readOnlyRoot: false,
    mounts: [],
    temporary: [],
    environment: {},
    environmentFile: undefined,
    workingDirectory: undefined,
    entrypoint: "/ok",
    command: [],
    memory: undefined,
    processes: undefined,
    processors: undefined,
    sharedMemory: undefined,
  };
}
