import { changedProjects } from "../pipeline/changed.ts";
import { plainLine } from "../reporters/plain.ts";
import { write } from "./work.ts";

export interface ChangedOptions {
  readonly since?: string;
  readonly format: "text" | "json";
}

/** Lists the projects that differ since a commit; as JSON in the form that a matrix of jobs takes. */
export async function runChanged(folder: string, options: ChangedOptions): Promise<number> {
  const { include, all, note } = await changedProjects(folder, options.since);
  if (note !== undefined) process.stderr.write(`${plainLine(note)}\n`);
  if (options.format === "json") {
    // On one line: CI hands it on as a variable.
    await write(process.stdout, `${JSON.stringify({ include })}\n`);
    return 0;
  }
  await write(process.stdout, include.map(({ file }) => `${plainLine(file)}\n`).join(""));
  process.stderr.write(`${include.length} of ${all} to check\n`);
  return 0;
}
