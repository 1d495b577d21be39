import { describe, expect, it } from "vitest";
import { type Config, defaultConfig } from "../config/config.ts";
import { findRuntime } from "../profiles/find.ts";
import { imageFacts, testProfile } from "../rules/test-facts.ts";
import { networkFiles, type PlanInput, planRun } from "./plan.ts";
import type { Trial } from "./trial.ts";

const profile = testProfile();
const runtime = findRuntime(profile, "k8s");
const trial = (id: string, settings: Partial<Config["test"]> = {}): Trial => ({
  runtime: findRuntime(profile, id),
  case: { name: undefined, settings: { ...defaultConfig.test, ...settings } },
  decides: true,
});
const input = (differences: Partial<PlanInput> = {}): PlanInput => ({
  profile,
  trial: trial("k8s"),
  image: imageFacts({ entrypoint: ["python"], command: ["fit.py"] }),
  workspace: {
    id: "abc",
    owner: "me/boot/1/2",
    output: "/out",
    temporary: "/out/.run/abc",
    dispose: async () => {},
  },
  recorder: "/opt/recorder",
  folders: {
    data: "/d",
    outputs: "/o",
    scratch: "/s",
    home: "/h",
    record: "/r",
    network: "/n",
    secret: "/x",
  },
  ...differences,
});

describe("planRun", () => {
  it("gives the job no capability and the holder's network, and the holder nothing of the job's", () => {
    const { holder, job, observed } = planRun(input());
    expect(observed).toBe(true);
    expect(job).toMatchObject({
      user: `${runtime.user.value}:${runtime.group.value}`,
      network: "container:pratique-abc-k8s-net",
      capabilities: [],
      readOnlyRoot: false,
      entrypoint: "/.pratique/recorder",
    });
    expect(holder).toMatchObject({
      network: "none",
      capabilities: ["NET_ADMIN", "NET_BIND_SERVICE"],
      environment: {},
    });
    expect(holder?.mounts.every((mount) => mount.readOnly)).toBe(true);
    for (const plan of [job, holder])
      expect(plan?.labels).toEqual({ "pratique.run": "abc", "pratique.owner": "me/boot/1/2" });
  });

  it("hands the program over behind “--”, with the arguments that the settings give", () => {
    const given = { args: ["--rows", "10"], timeout: 1500, env: { SEED: "1" } };
    const { job, argv, timeLimit } = planRun(input({ trial: trial("k8s", given) }));
    expect(argv).toEqual(["python", "--rows", "10"]);
    expect(job.command.slice(job.command.indexOf("--") + 1)).toEqual(argv);
    expect(timeLimit).toBe(1500);
    expect(job.command.join(" ")).toContain("--time-limit 2s");
    expect(job.environment).toEqual({
      ...runtime.environment.value,
      HOME: runtime.home.value,
      SEED: "1",
    });
  });

  it("mounts the data read-only, and only what the job needs to write for writing", () => {
    const { mounts } = planRun(input()).job;
    expect(mounts).toContainEqual({ source: "/d", target: profile.directories.data.value, readOnly: true });
    expect(
      mounts
        .filter((mount) => !mount.readOnly)
        .map((mount) => mount.source)
        .sort(),
    ).toEqual(["/o", "/r", "/s"]);
  });

  it("leaves HOME to an image that sets it", () => {
    const image = imageFacts({ environment: new Map([["HOME", "/opt/home"]]) });
    expect(planRun(input({ image })).job.environment).toEqual(runtime.environment.value);
  });

  it("runs without a recorder too, in no network at all", () => {
    const { holder, job, observed } = planRun(input({ recorder: undefined }));
    expect(holder).toBeUndefined();
    expect(observed).toBe(false);
    expect(job).toMatchObject({ network: "none", entrypoint: "python", command: ["fit.py"] });
    expect(JSON.stringify(job.mounts)).not.toContain(".pratique");
  });

  it("names the containers of two runtimes apart", () => {
    const [first, second] = [planRun(input()), planRun(input({ trial: trial("future") }))];
    expect(second.job.readOnlyRoot).toBe(true);
    expect(new Set([first.job.name, first.holder?.name, second.job.name, second.holder?.name]).size).toBe(4);
    expect(second.job.network).toBe(`container:${second.holder?.name}`);
  });
});

it("networkFiles are as the runtime would have them", () => {
  const files = networkFiles(runtime, "job");
  expect(Object.keys(files).sort()).toEqual(["hostname", "hosts", "resolv.conf"]);
  expect(files["resolv.conf"]).toContain(`nameserver ${runtime.nameserver.value}\n`);
  expect(files.hosts).toContain("127.0.0.1\tjob\n");
});
