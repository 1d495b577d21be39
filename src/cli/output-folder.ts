import { join } from "node:path";

/** Where a command writes: `wanted`, or a folder of its own in it, named after `part`, where a check's evidence lies. */
export async function outputFolder(wanted: string, part: string): Promise<string> {
  return part !== "check" && (await holdsCheck(wanted)) ? join(wanted, part) : wanted;
}

/** Evidence of a check is what reviewers are given: what looks at a part of the image must not take its place. */
async function holdsCheck(folder: string): Promise<boolean> {
  const [{ readFile }, { REPORT }] = await Promise.all([
    import("node:fs/promises"),
    import("../pipeline/evidence-folder.ts"),
  ]);
  try {
    // Of any version: what this one cannot read in full is evidence too.
    const value: unknown = JSON.parse(await readFile(join(folder, REPORT), "utf8"));
    return typeof value === "object" && value !== null && "command" in value && value.command === "check";
  } catch {
    return false;
  }
}
