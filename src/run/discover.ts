import { join } from "node:path";
import type { ContainerPlan, Mount } from "../engine/engine.ts";
import type { Contact } from "./contacts.ts";
import type { RunFolders, RunPlan } from "./plan.ts";
import type { NetworkAttempt, Recording } from "./recording.ts";

/**
 * The run that explains another one: the same program in a network where every name has an address and somebody listens
 * everywhere, to hear what is asked for. The verdict stays with the first run.
 */

/** Milliseconds beyond the time that the first run did not lose; and at most. */
const SPARE = 30_000;
const LONGEST = 300_000;

/** Whether a run leaves something to explain that a second one could. */
export const leavesQuestions = ({ attempts, coverage }: Recording): boolean =>
  attempts.some((attempt) => !isLoopback(attempt)) && coverage.names.status !== "not-observed";

const isLoopback = ({ host, address }: NetworkAttempt): boolean =>
  host === "localhost" || (address !== null && /^(?:127\.|::1$)/.test(address));

/** The same run in folders of its own, with its own network. Nothing that it writes is kept. */
export function planDiscovery(plan: RunPlan, recording: Recording, folders: RunFolders): RunPlan | undefined {
  if (plan.holder === undefined) return undefined;
  const working = Math.max(0, recording.seconds - recording.secondsLost) * 1000;
  const timeLimit = Math.min(plan.timeLimit, LONGEST, Math.ceil(working) + SPARE);
  const name = `${plan.job.name}-discover`;
  const holder: ContainerPlan = {
    ...plan.holder,
    hostname: name,
    name: `${plan.holder.name}-discover`,
    command: [...plan.holder.command, "--discover"],
  };
  const job: ContainerPlan = {
    ...plan.job,
    name,
    hostname: name,
    network: `container:${holder.name}`,
    mounts: plan.job.mounts.map((mount) => elsewhere(mount, plan.folders, folders)),
    command: withTimeLimit(plan.job.command, timeLimit),
  };
  return { ...plan, holder, job, timeLimit, folders };
}

const FOLDERS = ["data", "outputs", "scratch", "home", "record", "network", "secret"] as const;

/** A mount of one of the first run's folders, or of something in it, becomes the same of the new ones. */
function elsewhere(mount: Mount, old: RunFolders, now: RunFolders): Mount {
  for (const key of FOLDERS) {
    if (mount.source !== old[key] && !mount.source.startsWith(`${old[key]}/`)) continue;
    const source = join(now[key], mount.source.slice(old[key].length));
    // What both runs are given is the user's own: the first one may write to it, where it may, and this one never.
    return { ...mount, source, readOnly: mount.readOnly || now[key] === old[key] };
  }
  return mount;
}

function withTimeLimit(command: readonly string[], timeLimit: number): string[] {
  const value = command.indexOf("--time-limit") + 1;
  return command.map((word, index) =>
    value > 0 && index === value ? `${Math.ceil(timeLimit / 1000)}s` : word,
  );
}

/** The first run with what the second one heard. */
export function explained(recording: Recording, heard: Recording): Recording {
  const gaps = [heard.coverage.network, heard.coverage.names].filter(({ status }) => status !== "observed");
  const blind = gaps.some(({ status }) => status === "not-observed");
  return {
    ...recording,
    contacts: joined(recording.contacts, heard.contacts),
    discover: {
      status: blind ? "failed" : "made",
      reason: [
        ...(heard.exit.cause === "time-limit" ? ["it was ended at its time limit"] : []),
        ...gaps.map(({ reason }) => reason),
      ].join("; "),
      seconds: heard.seconds,
    },
  };
}

/** Of both runs, each thing once; the second one knows the names of the addresses. */
function joined(first: readonly Contact[], second: readonly Contact[]): Contact[] {
  const key = ({ address, port, protocol, kind, process }: Contact): string =>
    JSON.stringify([address, port, protocol, kind, process.command]);
  const heard = new Set(second.map(key));
  return [...second, ...first.filter((contact) => !heard.has(key(contact)))];
}
