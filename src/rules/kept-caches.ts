import type { Instruction } from "../dockerfile/model.ts";
import type { ShellCommand } from "../dockerfile/shell.ts";
import { cacheMounts, isWithin } from "./helpers.ts";

/** True when the RUN keeps `folder` outside the image: a mount of a folder above counts, and /root stands for any home. */
export function isCacheMounted(instruction: Instruction, folder: string, named: string | undefined): boolean {
  const below = folder.replace(/^\/root\//, "");
  return cacheMounts(instruction).some(
    (target) =>
      isWithin(folder, target) ||
      (below !== folder && /^\/(?:root|home\/[^/]+)\//.test(`${target}/`) && isHomePart(target, below)) ||
      (named?.startsWith("/") && isWithin(named, target)),
  );
}

/** `/home/me/.cache` holds `.cache/pip`. */
function isHomePart(target: string, below: string): boolean {
  const part = target.replace(/^\/(?:root|home\/[^/]+)\/?/, "");
  return part === "" || isWithin(below, part);
}

/** `rm` and `find ... -delete` of something that `pattern` takes. */
export const removes = (command: ShellCommand, pattern: RegExp): boolean =>
  (command.name === "rm" || command.name === "find") && command.args.some(({ value }) => pattern.test(value));
