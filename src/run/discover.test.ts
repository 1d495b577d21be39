import { describe, expect, it } from "vitest";
import { defaultConfig } from "../config/config.ts";
import { nothingExpected } from "../config/expectations.ts";
import { findRuntime } from "../profiles/find.ts";
import { imageFacts, recordingOf, testProfile } from "../rules/test-facts.ts";
import type { Contact } from "./contacts.ts";
import { explained, leavesQuestions, planDiscovery } from "./discover.ts";
import { NO_EXTRAS } from "./extras.ts";
import { planRun, type RunFolders } from "./plan.ts";
import type { NetworkAttempt } from "./recording.ts";

const process = { pid: 7, command: "python fit.py", executable: "/usr/bin/python3" };
const attempt: NetworkAttempt = {
  host: "huggingface.co",
  address: null,
  port: null,
  protocol: "dns",
  process,
  count: 1,
  firstAt: 0.1,
  lastAt: 0.1,
  secondsLost: 20,
};
const contact: Contact = {
  host: null,
  address: "192.0.2.7",
  port: 8125,
  protocol: "udp",
  kind: "statsd",
  serverName: null,
  request: null,
  process,
  count: 1,
  firstAt: 1,
};
const foldersIn = (outputs: string, rest: string): RunFolders => ({
  data: "/d",
  outputs,
  scratch: `${rest}/s`,
  home: `${rest}/h`,
  record: `${rest}/r`,
  network: `${rest}/n`,
  secret: `${rest}/secret`,
  before: { files: 0, bytes: 0 },
});
const old = foldersIn("/out/o", "/t");
const now = foldersIn("/x/o", "/x");

function plan(recorder: string | undefined = "/recorder", timeout = 600_000) {
  const profile = testProfile();
  const workspace = {
    id: "abc",
    owner: "o",
    output: "/out",
    temporary: "/t",
    clearLeft: async () => [],
    dispose: async () => {},
  };
  return planRun({
    profile,
    trial: {
      runtime: findRuntime(profile, "k8s"),
      case: { name: undefined, settings: { ...defaultConfig.test, timeout }, expect: nothingExpected },
      decides: true,
      extras: NO_EXTRAS,
    },
    image: imageFacts(),
    workspace,
    recorder,
    folders: old,
  });
}
const noRecorder = { ...plan(), holder: undefined };

describe("leavesQuestions", () => {
  it("is true after an attempt, if a second run could hear more", () => {
    expect(leavesQuestions(recordingOf({ attempts: [attempt] }))).toBe(true);
    expect(leavesQuestions(recordingOf())).toBe(false);
    expect(leavesQuestions(recordingOf({ attempts: [{ ...attempt, host: "localhost" }] }))).toBe(false);
    const { coverage } = recordingOf();
    const blind = { ...coverage, names: { status: "not-observed" as const, reason: "no network" } };
    expect(leavesQuestions(recordingOf({ attempts: [attempt], coverage: blind }))).toBe(false);
  });
});

describe("planDiscovery", () => {
  it("is the same run in another network, and touches nothing of the first one's", () => {
    const first = plan();
    const second = planDiscovery(first, recordingOf(), now);
    expect(second?.holder?.command).toEqual([...(first.holder?.command ?? []), "--discover"]);
    expect(second?.job.network).toBe(`container:${second?.holder?.name}`);
    expect([second?.job.name, second?.holder?.name]).not.toContain(first.job.name);
    expect(second?.holder?.name).not.toBe(first.holder?.name);
    const writable = (second?.job.mounts ?? []).filter((mount) => !mount.readOnly);
    expect(writable.map((mount) => mount.source).sort()).toEqual(["/x/o", "/x/r", "/x/s"]);
    expect(second?.job.mounts.map((mount) => mount.target)).toEqual(
      first.job.mounts.map((mount) => mount.target),
    );
    expect(second?.job.mounts.filter((mount) => mount.source.startsWith("/t/"))).toEqual([]);
    expect(second?.job.command.slice(second.job.command.indexOf("--"))).toEqual(
      first.job.command.slice(first.job.command.indexOf("--")),
    );
  });

  it("reads data only, whatever the first run might do with it", () => {
    const first = plan();
    const mounts = first.job.mounts.map((mount) => ({ ...mount, readOnly: false }));
    const second = planDiscovery({ ...first, job: { ...first.job, mounts } }, recordingOf(), now);
    expect(second?.job.mounts.find((mount) => mount.source === "/d")?.readOnly).toBe(true);
  });

  it("takes no longer than the first run worked, and some time to spare", () => {
    const limit = (seconds: number, secondsLost: number, timeout?: number) =>
      planDiscovery(plan("/recorder", timeout), recordingOf({ seconds, secondsLost }), now)?.timeLimit;
    expect(limit(100, 90)).toBe(40_000);
    expect(limit(100, 120)).toBe(30_000);
    expect(limit(10_000, 0)).toBe(300_000);
    expect(limit(100, 0, 5000)).toBe(5000);
    expect(
      planDiscovery(plan(), recordingOf({ seconds: 100, secondsLost: 90 }), now)?.job.command.join(" "),
    ).toContain("--time-limit 40s");
  });

  it("is impossible without a holder", () => {
    expect(planDiscovery(noRecorder, recordingOf(), now)).toBeUndefined();
  });
});

describe("explained", () => {
  it("adds what was heard and changes nothing else", () => {
    const first = recordingOf({ attempts: [attempt], secondsLost: 20, contacts: [contact] });
    const named = { ...contact, host: "stats.example.org", address: null };
    const heard = recordingOf({ seconds: 3, contacts: [named, { ...contact, count: 4 }], attempts: [] });
    const { contacts, discover, ...rest } = explained(first, heard);
    expect(contacts).toEqual([named, { ...contact, count: 4 }]);
    expect(discover).toEqual({ status: "made", reason: "", seconds: 3 });
    const { contacts: _c, discover: _d, ...before } = first;
    expect(rest).toEqual(before);
  });

  it("says where it heard little", () => {
    const exit = { code: null, signal: null, cause: "time-limit" as const, detail: "" };
    expect(explained(recordingOf(), recordingOf({ exit })).discover.reason).toContain("time limit");
    const { coverage } = recordingOf();
    const blind = { ...coverage, names: { status: "not-observed" as const, reason: "no holder" } };
    expect(explained(recordingOf(), recordingOf({ coverage: blind })).discover).toMatchObject({
      status: "failed",
      reason: "no holder",
    });
  });
});
