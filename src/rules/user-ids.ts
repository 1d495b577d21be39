import type { ShellCommand } from "../dockerfile/shell.ts";
import { hasOption, optionValues } from "./helpers.ts";

/** Numbers with more digits than this make the log of log-ins large enough to notice (some 30 MB and up). */
const MOST_DIGITS = 5;

/** The number that makes `useradd` write a huge log of log-ins, or nothing. */
export function largeUserId(
  command: ShellCommand,
  expand: (text: string) => string = (text) => text,
): string | undefined {
  if (command.name !== "useradd" || hasOption(command, "--no-log-init")) return undefined;
  if (command.args.some(({ value }) => value.length < 60 && /^-[a-zA-Z]*l[a-zA-Z]*$/.test(value)))
    return undefined;
  const [id] = optionValues(command, "-u", "--uid").map(expand);
  return id !== undefined && /^\d+$/.test(id) && id.replace(/^0+/, "").length > MOST_DIGITS ? id : undefined;
}
