import { describe, expect, it } from "vitest";
import { type Config, defaultConfig } from "../config/config.ts";
import { parseDuration } from "../config/duration.ts";
import { nothingExpected } from "../config/expectations.ts";
import { findRuntime } from "../profiles/find.ts";
import { imageFacts, testProfile } from "../rules/test-facts.ts";
import { NO_EXTRAS } from "./extras.ts";
import { accountFiles, networkFiles, type PlanInput, planRun } from "./plan.ts";
import type { Trial } from "./trial.ts";

const profile = testProfile();
const runtime = findRuntime(profile, "k8s");
const trial = (id: string, settings: Partial<Config["test"]> = {}): Trial => ({
  runtime: findRuntime(profile, id),
  case: { name: undefined, settings: { ...defaultConfig.test, ...settings }, expect: nothingExpected },
  decides: true,
  extras: NO_EXTRAS,
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
    clearLeft: async () => [],
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
    before: { files: 0, bytes: 0 },
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
      capabilities: ["NET_ADMIN", "NET_BIND_SERVICE", "NET_RAW"],
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

describe.each(Object.keys(profile.runtimes))("the plan for %s", (id) => {
  const runtime = findRuntime(profile, id);
  const plan = planRun(input({ trial: trial(id) }));
  const { job, holder } = plan;

  it("has every value of the profile", () => {
    expect(job.user).toBe(`${runtime.user.value}:${runtime.group.value}`);
    expect(job.mappedUser).toEqual({ uid: runtime.user.value, gid: runtime.group.value });
    expect(plan.user).toEqual(job.mappedUser);
    expect(job.environment).toEqual({ ...runtime.environment.value, HOME: runtime.home.value });
    expect(job.workingDirectory).toBe(
      runtime.workingDirectory.value === "home" ? runtime.home.value : undefined,
    );
    expect(job.capabilities).toEqual(runtime.capabilities.value);
    expect(job.noNewPrivileges).toBe(runtime.noNewPrivileges.value);
    expect(job.readOnlyRoot).toBe(runtime.rootFileSystem.value === "read-only");
    expect(job.temporary).toEqual(runtime.temporary.value);
    expect(job.sharedMemory).toBe(runtime.sharedMemory.value);
    expect(job.memory).toBe(runtime.memory.value);
    expect(job.processes).toBe(runtime.processes.value);
    expect(job.network).toBe(`container:${holder?.name}`);
    expect(holder?.command).toContain(runtime.nameserver.value);
    expect(plan.timeLimit).toBe(parseDuration(runtime.testTime.value));
    const resolv = plan.files["resolv.conf"] ?? "";
    for (const domain of runtime.searchDomains.value) {
      expect(resolv).toContain(domain);
      expect(job.command.join(" ")).toContain(`--search ${domain}`);
    }
    expect(resolv).toContain(`nameserver ${runtime.nameserver.value}\n`);
    for (const option of runtime.resolverOptions.value) expect(resolv).toContain(option);
    // No proxy of ours, and no terminal: there is no way to ask for one.
    expect(Object.keys(job.environment).filter((name) => /proxy/i.test(name))).toEqual([]);
  });

  it("mounts what the profile says and nothing else, and lets the job write where it may", () => {
    const wanted = runtime.mounts.map(({ value: { directory, access } }) => ({
      source: { data: "/d", outputs: "/o", scratch: "/s", home: "/h" }[directory],
      target: directory === "home" ? runtime.home.value : profile.directories[directory].value,
      readOnly: access === "read-only",
    }));
    const ours = job.mounts.filter(({ target }) => !/^\/(?:etc|\.pratique)\//.test(target));
    expect(ours).toEqual(wanted);
    const writable = wanted.filter(({ readOnly }) => !readOnly).map(({ target }) => target);
    const words = (option: string): string[] =>
      job.command.filter((_, index) => job.command[index - 1] === option);
    expect(words("--allow")).toEqual([...writable, "/dev/shm"]);
    expect(words("--release")).toEqual(writable);
    expect(words("--outputs")).toEqual([id === "ood" ? "/safe_data" : "/safe_outputs"]);
  });

  it("names the user in passwd and group where the runtime does", () => {
    const image = imageFacts({ accounts: { passwd: "a:x:1:1::/:/a", group: "" } });
    const files = accountFiles(runtime, image);
    const names = job.mounts.map(({ target }) => target);
    expect("passwd" in files).toBe(runtime.passwdEntry.value);
    if (runtime.passwdEntry.value) {
      expect(files.passwd).toMatch(
        new RegExp(
          `^a:x:1:1::/:/a\n\\w+:x:${runtime.user.value}:${runtime.group.value}::${runtime.home.value}:`,
        ),
      );
      expect(files.group).toMatch(new RegExp(`^\\w+:x:${runtime.group.value}:\n$`));
    }
    // The image of the sample knows root already.
    expect(names.includes("/etc/passwd")).toBe(runtime.passwdEntry.value && runtime.user.value !== 0);
    const none = imageFacts({ accounts: { passwd: undefined, group: undefined } });
    expect(accountFiles(runtime, none)).toEqual({});
  });

  it("gives no longer than the place does", () => {
    const long = planRun(input({ trial: trial(id, { timeout: 200 * 3600 * 1000 }) })).timeLimit;
    const limit = runtime.timeLimit === undefined ? undefined : parseDuration(runtime.timeLimit.value);
    expect(long).toBe(limit ?? 200 * 3600 * 1000);
  });
});

it("is what the documents say of each runtime", () => {
  const of = (id: string) => planRun(input({ trial: trial(id) })).job;
  const image = imageFacts({ environment: new Map([["HOME", "/opt/home"]]) });
  expect(of("k8s")).toMatchObject({ user: "1998602116:1998600502", readOnlyRoot: false, capabilities: [] });
  expect(of("podman")).toMatchObject({ user: "0:0", readOnlyRoot: false, environment: { HOME: "/root" } });
  expect(of("apptainer")).toMatchObject({
    user: "36177:4797",
    readOnlyRoot: true,
    temporary: ["/tmp", "/var/tmp"],
  });
  expect(of("ood").mounts.map(({ target }) => target)).not.toContain("/safe_outputs");
  expect(of("future")).toMatchObject({ user: "1998602116:1998600502", readOnlyRoot: true });
  // Apptainer's home is the desktop's, whatever the image says.
  expect(planRun(input({ trial: trial("apptainer"), image })).job.environment.HOME).toBe("/home/shs");
});

it("takes in what the files for ces-run add, and lets it win", () => {
  const extras = {
    environment: { SEED: "2", HOME: "/x" },
    args: ["--rows", "5"],
    mounts: [{ source: "/desk", target: "/mnt/x", readOnly: false }],
    temporary: ["/run"],
    entrypoint: ["sh"],
    memory: "1g",
    sharedMemory: "2g",
    processes: 7,
    processors: 0.5,
    workingDirectory: "/mnt/x",
    readOnlyRoot: true,
    hostname: "pod",
  };
  const given = { env: { SEED: "1", OWN: "1" }, args: ["no"], memory: "2g" };
  const { job, argv } = planRun(input({ trial: { ...trial("podman", given), extras } }));
  expect(argv).toEqual(["sh", "--rows", "5"]);
  expect(job).toMatchObject({
    environment: { SEED: "2", OWN: "1", HOME: "/x" },
    temporary: ["/run"],
    memory: "1g",
    sharedMemory: "2g",
    processes: 7,
    processors: 0.5,
    workingDirectory: "/mnt/x",
    readOnlyRoot: true,
    hostname: "pod",
  });
  expect(job.mounts).toContainEqual(extras.mounts[0]);
  expect(job.command.join(" ")).toContain("--allow /mnt/x");
});

it("networkFiles are as the runtime would have them", () => {
  const files = networkFiles(runtime, "job");
  expect(Object.keys(files).sort()).toEqual(["hostname", "hosts", "resolv.conf"]);
  expect(files["resolv.conf"]).toContain(`nameserver ${runtime.nameserver.value}\n`);
  expect(files.hosts).toContain("127.0.0.1\tjob\n");
});
