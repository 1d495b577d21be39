import type { Location } from "../../findings/finding.ts";
import { shellWord } from "../../findings/shell-word.ts";
import type { NetworkAttempt, RunExit } from "../../run/recording.ts";
import { plainText } from "../plain.ts";

export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "unknown";
  if (seconds < 120) return `${Math.round(seconds * 10) / 10} s`;
  const whole = Math.round(seconds);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  const rest = whole % 60;
  return [hours > 0 ? `${hours} h` : "", minutes > 0 ? `${minutes} min` : "", rest > 0 ? `${rest} s` : ""]
    .filter(Boolean)
    .join(" ");
}

// Not by Intl: it takes 30 ms to load, and the words it makes change with the version of Node, but a page that is made anew must
// be the same to the byte.

/** `12,345` for a count. */
export const grouped = (count: number): string =>
  String(count).replace(/^\d+/, (digits) => digits.replace(/\B(?=(?:\d{3})+$)/g, ","));

const MONTHS = "January February March April May June July August September October November December".split(
  " ",
);

/** `22 July 2026` for an ISO date, `22 July 2026 at 14:05 UTC` for an ISO time; anything else as it is. */
export function when(iso: string): string {
  const date = /^\d{4}-\d{2}-\d{2}(?:T[\d:.]{5,20}Z?)?$/.test(iso) ? new Date(iso) : undefined;
  if (date === undefined || Number.isNaN(date.getTime())) return plainText(iso, 60);
  const day = `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  return iso.includes("T") ? `${day} at ${date.toISOString().slice(11, 16)} UTC` : day;
}

export const commandLine = (argv: readonly string[]): string =>
  plainText(argv.map(shellWord).join(" "), 4000);

export function placeOf(location: Location): string {
  if ("file" in location) return plainText(`${location.file}:${location.startLine}`, 500);
  if ("imagePath" in location) {
    return location.imagePath === "config"
      ? "the image’s configuration"
      : plainText(`in the image: ${location.imagePath}`, 500);
  }
  return plainText(`${location.process.command} (process ${location.process.pid})`, 500);
}

/** How a run ended, as the rest of a sentence that starts with the program. */
export function exitWords({ cause, code, signal, detail }: RunExit): string {
  const more = detail === "" ? "" : ` (${plainText(detail, 300)})`;
  switch (cause) {
    case "exited":
      return code === 0
        ? `ended normally, exit code 0${more}`
        : `failed, exit code ${code ?? "unknown"}${more}`;
    case "signal":
      return `was ended by ${plainText(signal ?? "a signal", 40)}${more}`;
    case "time-limit":
      return `was still running at the time limit and was stopped${more}`;
    case "memory":
      return `needed more memory than allowed and was stopped${more}`;
    case "not-found":
      return `could not start: the program was not found${more}`;
    case "not-executable":
      return `could not start: the file is not executable${more}`;
    case "missing-interpreter":
      return `could not start: its interpreter is missing${more}`;
    case "wrong-architecture":
      return `could not start: it was built for another processor${more}`;
    case "not-started":
      return `was not started${more}`;
    case "unknown":
      return `ended, and it is not known how${more}`;
  }
}

/** An id for use in an address; requirement and rule ids keep their shape. */
export const anchor = (prefix: string, id: string): string =>
  `${prefix}-${id.replace(/[^A-Za-z0-9._-]/g, "-")}`;

export function targetOf({ host, address, port }: Pick<NetworkAttempt, "host" | "address" | "port">): string {
  const name = host ?? (address === null ? "unknown" : address);
  const bracketed = port !== null && name.includes(":") ? `[${name}]` : name;
  return plainText(port === null ? bracketed : `${bracketed}:${port}`, 300);
}

export const byTime = (attempts: readonly NetworkAttempt[]): NetworkAttempt[] =>
  attempts.toSorted((a, b) => a.firstAt - b.firstAt);
