import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { statFields } from "./proc.ts";

/**
 * Who started something, in a form that outlives the starter: host, boot, process id and its start time. A process id
 * alone may be handed out again.
 */
export interface Owner {
  readonly host: string;
  readonly boot: string;
  readonly pid: number;
  readonly start: string;
}

export function currentOwner(pid: number = process.pid): Owner {
  return { host: hostname().slice(0, 63), boot: bootId(), pid, start: startTime(pid) ?? "" };
}

/** One word, fit for a container label. */
export const formatOwner = (owner: Owner): string =>
  [owner.host.replace(/[^\w.-]/g, "_"), owner.boot, owner.pid, owner.start].join("/");

export function parseOwner(text: string): Owner | undefined {
  const [host, boot, pid, start] = text.split("/");
  if (host === undefined || boot === undefined || start === undefined || !/^\d+$/.test(pid ?? ""))
    return undefined;
  return { host, boot, pid: Number(pid), start };
}

/** True when the owner surely no longer runs; false when it does or lives on another machine. */
export function isGone(owner: Owner): boolean {
  const here = currentOwner();
  if (owner.host !== here.host.replace(/[^\w.-]/g, "_")) return false;
  if (owner.boot !== here.boot) return true;
  return !isAlive(owner);
}

export function isAlive(owner: Pick<Owner, "pid" | "start">): boolean {
  const start = startTime(owner.pid);
  return start !== undefined && start === owner.start;
}

function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").slice(0, 8);
  } catch {
    return "noboot";
  }
}

/** Field 22 of /proc/<pid>/stat; where there is no /proc, whether the process answers signal 0. */
function startTime(pid: number): string | undefined {
  const fields = statFields(pid);
  if (fields !== undefined) return fields[19];
  if (process.platform === "linux") return undefined;
  try {
    process.kill(pid, 0);
    return "alive";
  } catch {
    return undefined;
  }
}
