import { describe, expect, it } from "vitest";
import type { ContainerPlan } from "./engine.ts";
import { podman } from "./podman.ts";

const plan: ContainerPlan = {
  name: "job",
  image: "sha256:0",
  labels: {},
  user: "1998602116:1998600502",
  mappedUser: { uid: 1998602116, gid: 1998600502 },
  network: "none",
  capabilities: [],
  noNewPrivileges: true,
  readOnlyRoot: false,
  mounts: [],
  temporary: [],
  environment: {},
  environmentFile: undefined,
  workingDirectory: undefined,
  entrypoint: undefined,
  command: [],
  memory: undefined,
  processes: undefined,
  processors: undefined,
  sharedMemory: undefined,
};
const mapping = (args: readonly string[]) => args.filter((arg) => /^--[ug]idmap$|^\d+:\d+:\d+$/.test(arg));

describe("podman", () => {
  it("leaves ids alone where it runs as root", () => {
    expect(mapping(podman(undefined).run(plan))).toEqual([]);
  });

  it("shows the last id of a rootless engine as the one that is wanted", () => {
    expect(mapping(podman({ users: 65537, groups: 65537 }).run(plan))).toEqual([
      "--uidmap",
      "0:0:65536",
      "--uidmap",
      "1998602116:65536:1",
      "--gidmap",
      "0:0:65536",
      "--gidmap",
      "1998600502:65536:1",
    ]);
  });

  it("maps both kinds of ids or neither", () => {
    const low = { ...plan, mappedUser: { uid: 1000, gid: 1998600502 } };
    expect(mapping(podman({ users: 65537, groups: 65537 }).run(low)).slice(0, 2)).toEqual([
      "--uidmap",
      "0:0:65537",
    ]);
    expect(mapping(podman({ users: 65537, groups: 65537 }).run({ ...plan, mappedUser: undefined }))).toEqual(
      [],
    );
    const both = { ...plan, mappedUser: { uid: 1000, gid: 1000 } };
    expect(mapping(podman({ users: 65537, groups: 65537 }).run(both))).toEqual([]);
  });

  it("removes files of a rootless engine's ids as their root", () => {
    const { removeFolder } = podman({ users: 65537, groups: 65537 });
    expect(removeFolder?.("/o/.run/1")).toEqual(["unshare", "rm", "-rf", "--", "/o/.run/1"]);
    expect(podman(undefined).removeFolder).toBeUndefined();
  });

  it("never pulls, invents no user, passes no proxy on, and keeps a read-only root read-only", () => {
    const args = podman(undefined).run({ ...plan, readOnlyRoot: true });
    for (const option of [
      "--pull=never",
      "--passwd=false",
      "--http-proxy=false",
      "--read-only-tmpfs=false",
    ]) {
      expect(args).toContain(option);
    }
  });
});
