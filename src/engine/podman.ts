import type { Dialect } from "./command-line.ts";

/** Podman's command line (4.3 and later). */
export const podman: Dialect = {
  program: "podman",
  buildsItself: true,
  environment: {},
  global: ({ runtime }) => (runtime === undefined ? [] : ["--runtime", runtime]),
  runRuntime: () => [],
  limits: ({ ulimits = [] }) => ulimits.flatMap((limit) => ["--ulimit", limit]),
  // Podman's own format drops SHELL, HEALTHCHECK and ONBUILD; Docker's keeps what the Dockerfile says.
  build: () => ["--format", "docker", "--pull=missing"],
  importArgs: (tag) => ["--quiet", "-", tag],
  run: (plan) => [
    // Without these Podman invents a passwd entry, passes our proxy on, and puts a tmpfs over a read-only root.
    "--passwd=false",
    "--http-proxy=false",
    "--pull=never",
    ...(plan.readOnlyRoot ? ["--read-only", "--read-only-tmpfs=false"] : []),
  ],
};
