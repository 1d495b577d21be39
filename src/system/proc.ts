import { readFileSync } from "node:fs";

/**
 * The fields of /proc/<pid>/stat that follow the program's name, so that the process's state is the first (proc(5)
 * counts it as the third). Undefined when there is no such process, or no /proc.
 */
export function statFields(pid: number | string): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name may hold blanks and brackets of its own.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}

/** What this process may at most raise a limit to, by its name in /proc/self/limits; undefined where there is no /proc. */
export function hardLimit(name: string): number | "unlimited" | undefined {
  let text: string;
  try {
    text = readFileSync("/proc/self/limits", "utf8");
  } catch {
    return undefined;
  }
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  const [, hard] = line?.slice(name.length).trim().split(/\s+/) ?? [];
  if (hard === "unlimited") return hard;
  return hard !== undefined && /^\d+$/.test(hard) ? Number(hard) : undefined;
}
