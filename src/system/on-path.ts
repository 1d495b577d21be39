import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const known = new Map<string, boolean>();

/** Whether a program of this name can be started. Looks, and starts nothing; each name is looked for once. */
export function isOnPath(program: string): boolean {
  const before = known.get(program);
  if (before !== undefined) return before;
  const found = (process.env.PATH ?? "").split(delimiter).some((folder) => {
    if (folder === "") return false;
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  known.set(program, found);
  return found;
}
