import type { Dialect } from "./command-line.ts";
import type { ContainerPlan } from "./engine.ts";

/** How many user and group ids a rootless Podman has to give to containers. */
export interface IdRange {
  readonly users: number;
  readonly groups: number;
}

/** Podman's command line (4.3 and later). `ids` is given for a rootless one. */
export const podman = (ids: IdRange | undefined): Dialect => ({
  program: "podman",
  buildsItself: true,
  environment: {},
  global: ({ runtime }) => (runtime === undefined ? [] : ["--runtime", runtime]),
  runRuntime: () => [],
  limits: ({ ulimits = [] }) => ulimits.flatMap((limit) => ["--ulimit", limit]),
  // Podman's own format drops SHELL, HEALTHCHECK and ONBUILD; Docker's keeps what the Dockerfile says.
  build: () => ["--format", "docker", "--pull=missing"],
  saveArgs: ["--format", "docker-archive"],
  ...(ids === undefined ? {} : { removeFolder: (path) => ["unshare", "rm", "-rf", "--", path] }),
  importArgs: (tag) => ["--quiet", "-", tag],
  // Podman would copy what the image has there.
  temporary: (path) => `${path}:rw,exec,nosuid,nodev,mode=1777,notmpcopyup`,
  run: (plan) => [
    // Without these Podman invents a passwd entry, passes our proxy on, and puts a tmpfs over a read-only root.
    "--passwd=false",
    "--http-proxy=false",
    "--pull=never",
    ...(plan.hostname === undefined ? [] : ["--hostname", plan.hostname]),
    ...(plan.readOnlyRoot ? ["--read-only", "--read-only-tmpfs=false"] : []),
    ...(ids === undefined ? [] : mapIds(plan, ids)),
  ],
});

/**
 * A rootless Podman has some 65,536 ids, and the Safe Haven's users have larger ones (UID-04). The number inside is
 * free, though: the last of the ids is shown as the one that is wanted (measured with Podman 4.3).
 */
function mapIds({ mappedUser }: ContainerPlan, ids: IdRange): string[] {
  if (mappedUser === undefined) return [];
  const map = (option: string, wanted: number, available: number): string[] =>
    wanted < available || available < 2
      ? []
      : [option, `0:0:${available - 1}`, option, `${wanted}:${available - 1}:1`];
  const users = map("--uidmap", mappedUser.uid, ids.users);
  const groups = map("--gidmap", mappedUser.gid, ids.groups);
  // Podman takes both or neither.
  if (users.length === 0 && groups.length === 0) return [];
  return [
    ...(users.length > 0 ? users : ["--uidmap", `0:0:${ids.users}`]),
    ...(groups.length > 0 ? groups : ["--gidmap", `0:0:${ids.groups}`]),
  ];
}
