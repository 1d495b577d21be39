import { PratiqueError } from "../errors.ts";
import { type ProcessResult, run } from "../system/process.ts";
import { CommandLineEngine, lastWords } from "./command-line.ts";
import { docker } from "./docker.ts";
import { ENGINE_NAMES, type Engine, type EngineInfo, type EngineName } from "./engine.ts";
import { asArray, field, parseJson } from "./json.ts";
import { podman } from "./podman.ts";

const ANSWER_TIMEOUT = 20_000;

/**
 * Finds the engine to use: the one that was asked for, else the first that answers, Podman before Docker. Fails with
 * `engine.not-installed`, `engine.not-started` or `engine.not-permitted`, whichever is nearest to working.
 */
export async function findEngine(wanted: EngineName | undefined): Promise<Engine> {
  const failures: PratiqueError[] = [];
  for (const name of wanted === undefined ? ENGINE_NAMES : [wanted]) {
    try {
      return await openEngine(name);
    } catch (error) {
      if (!(error instanceof PratiqueError) || error.code === "interrupted") throw error;
      failures.push(error);
    }
  }
  const nearest = failures.find((failure) => failure.code !== "engine.not-installed") ?? failures[0];
  if (nearest !== undefined && (wanted !== undefined || nearest.code !== "engine.not-installed"))
    throw nearest;
  throw new PratiqueError("engine.not-installed", "Neither Podman nor Docker is installed.", {
    hint: "Install one: on Debian or Ubuntu “sudo apt-get install podman”, on macOS or Windows Podman Desktop or Docker Desktop.",
  });
}

/** Asks one engine what it is. */
export async function openEngine(name: EngineName): Promise<Engine> {
  return name === "podman" ? openPodman() : openDocker();
}

async function openPodman(): Promise<Engine> {
  const json = parseJson(await ask("podman", ["info", "--format", "json"]), "podman");
  const host = field(json, "host");
  const runtime = field(host, "ociRuntime");
  const name = String(field(runtime, "name") ?? "unknown");
  const info: EngineInfo = {
    name: "podman",
    version: String(field(field(json, "version"), "Version") ?? "unknown"),
    rootless: field(field(host, "security"), "rootless") === true,
    runtime: name,
    otherRuntimes: ["crun", "runc"].filter((other) => other !== name),
    cgroupVersion: cgroupVersion(field(host, "cgroupVersion")),
    architecture: String(field(host, "arch") ?? "unknown"),
    storage: {
      driver: String(field(field(json, "store"), "graphDriverName") ?? ""),
      root: String(field(field(json, "store"), "graphRoot") ?? ""),
    },
  };
  const mappings = field(host, "idMappings");
  const ids = { users: idCount(field(mappings, "uidmap")), groups: idCount(field(mappings, "gidmap")) };
  return new CommandLineEngine(podman(info.rootless ? ids : undefined), info);
}

async function openDocker(): Promise<Engine> {
  const json = parseJson(await ask("docker", ["info", "--format", "{{json .}}"]), "docker");
  // `docker info` exits 0 with an error inside when the daemon does not answer.
  const [problem] = asArray(field(json, "ServerErrors"));
  if (problem !== undefined) throw classify("docker", String(problem));
  const buildx = await run("docker", ["buildx", "version"], { timeout: ANSWER_TIMEOUT });
  const runtimes = field(json, "Runtimes");
  const name = String(field(json, "DefaultRuntime") ?? "runc");
  const info: EngineInfo = {
    name: "docker",
    version: String(field(json, "ServerVersion") ?? "unknown"),
    rootless: asArray(field(json, "SecurityOptions")).some((option) => String(option).includes("rootless")),
    runtime: name,
    otherRuntimes: Object.keys(typeof runtimes === "object" && runtimes !== null ? runtimes : {}).filter(
      (other) => other !== name && /^(?:crun|runc)/.test(other),
    ),
    cgroupVersion: cgroupVersion(`v${String(field(json, "CgroupVersion") ?? "")}`),
    architecture: goArchitecture(String(field(json, "Architecture") ?? "unknown")),
    storage: {
      driver: String(field(json, "Driver") ?? ""),
      root: String(field(json, "DockerRootDir") ?? ""),
    },
  };
  return new CommandLineEngine(docker(buildx.code === 0), info);
}

async function ask(program: EngineName, args: readonly string[]): Promise<string> {
  let result: ProcessResult;
  try {
    result = await run(program, args, { timeout: ANSWER_TIMEOUT });
  } catch (error) {
    if (error instanceof PratiqueError && error.code === "tool.failed") throw notInstalled(program, error);
    throw error;
  }
  if (result.timedOut)
    throw notStarted(program, `${program} did not answer within ${ANSWER_TIMEOUT / 1000} seconds`);
  if (result.code !== 0) throw classify(program, result.stderr);
  return result.stdout;
}

/** Turns an engine's complaint into the state it is in. */
export function classify(program: EngineName, stderr: string): PratiqueError {
  const words = lastWords(stderr);
  if (/permission denied|newuidmap|newgidmap|no subuid ranges|operation not permitted/i.test(stderr)) {
    return new PratiqueError(
      "engine.not-permitted",
      `${program} is installed, but you may not use it: ${words}`,
      {
        hint:
          program === "docker"
            ? "Ask to be added to the group “docker” and log in again, or use rootless Podman: --engine podman."
            : "Rootless Podman needs the package “uidmap” and lines for you in /etc/subuid and /etc/subgid.",
      },
    );
  }
  if (
    /cannot connect|failed to connect|is the docker daemon running|connection refused|no such file or directory.*\.sock|unable to connect/i.test(
      stderr,
    )
  ) {
    return notStarted(program, words);
  }
  return new PratiqueError("engine.failed", `${program} does not work on this machine: ${words}`, {
    hint: "“pratique doctor” shows more.",
  });
}

function notInstalled(program: EngineName, cause: unknown): PratiqueError {
  return new PratiqueError("engine.not-installed", `${program} is not installed.`, {
    hint:
      program === "podman"
        ? "On Debian or Ubuntu: sudo apt-get install podman"
        : "On Debian or Ubuntu: sudo apt-get install docker.io",
    cause,
  });
}

function notStarted(program: EngineName, words: string): PratiqueError {
  return new PratiqueError("engine.not-started", `${program} is installed, but does not answer: ${words}`, {
    hint:
      program === "docker"
        ? "Start it: “sudo systemctl start docker”, or open Docker Desktop. Or use --engine podman."
        : "Start it: “podman machine start” on macOS or Windows.",
  });
}

const idCount = (ranges: unknown): number =>
  asArray(ranges).reduce<number>((sum, range) => sum + (Number(field(range, "size")) || 0), 0);

const cgroupVersion = (value: unknown): EngineInfo["cgroupVersion"] =>
  value === "v1" || value === "v2" ? value : "unknown";

function goArchitecture(name: string): string {
  return name === "x86_64" ? "amd64" : name === "aarch64" ? "arm64" : name;
}
