import type { Dialect } from "./command-line.ts";

/** Docker's command line. `buildx` says whether BuildKit can be used by this client. */
export const docker = (buildx: boolean): Dialect => ({
  program: "docker",
  buildsItself: false,
  // Without the buildx plugin newer clients fall back to the classic builder after a warning.
  environment: { DOCKER_BUILDKIT: buildx ? "1" : "0", BUILDKIT_PROGRESS: "plain", DOCKER_CLI_HINTS: "false" },
  global: () => [],
  runRuntime: ({ runtime }) => (runtime === undefined ? [] : ["--runtime", runtime]),
  // The daemon sets the limits of builds.
  limits: ({ ulimits = [] }, forBuild) => (forBuild ? [] : ulimits.flatMap((limit) => ["--ulimit", limit])),
  build: () => (buildx ? ["--load"] : ["--rm", "--force-rm"]),
  saveArgs: [],
  importArgs: (tag) => ["-", tag],
  temporary: (path) => `${path}:rw,exec,nosuid,nodev,mode=1777`,
  run: ({ hostname, network, readOnlyRoot }) => [
    "--pull=never",
    ...(hostname === undefined || network.startsWith("container:") ? [] : ["--hostname", hostname]),
    ...(readOnlyRoot ? ["--read-only"] : []),
  ],
});
