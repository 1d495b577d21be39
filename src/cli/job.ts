import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type { JobSettings } from "../config/config.ts";
import { PratiqueError } from "../errors.ts";
import { atLeast } from "../findings/finding.ts";
import { packageVersion } from "../system/package.ts";
import { terminalOptions } from "./failure.ts";
import { write } from "./work.ts";

export interface JobOptions extends Omit<JobSettings, "args" | "env"> {
  readonly config?: string;
  readonly profile?: string;
  readonly file?: string;
  readonly fromReport?: string;
  readonly output: string;
  readonly force?: boolean;
  readonly shm?: string;
}

/** Writes the files of a project's job. 1 where our own rules find what was asked for at fault. */
export async function runJob(target: string, options: JobOptions): Promise<number> {
  const { config, profile, file, fromReport, output, force, shm, shell, ...choices } = options;
  const { jobDocuments } = await import("../pipeline/job.ts");
  // Commander says true where --no-shell was not given; the image decides then.
  const given = { ...choices, sharedMemory: shm, shell: shell === false ? false : undefined };
  const documents = await jobDocuments({
    target,
    config,
    profile,
    file,
    output,
    report: fromReport,
    choices: await checked(given),
  });
  const [{ handoverMarkdown }, { handoverPage }, { renderJob }, { writeWhole }] = await Promise.all([
    import("../reporters/handover/markdown.ts"),
    import("../reporters/handover/page.tsx"),
    import("../reporters/handover/terminal.ts"),
    import("../system/files.ts"),
  ]);
  const version = packageVersion();
  const files = Object.entries({
    ...documents.files,
    "handover.md": handoverMarkdown(documents.sheet, version),
    "handover.html": handoverPage(documents.sheet, version),
  }).map(([name, text]) => ({ path: join(resolve(output), name), text }));
  const there = files.find(({ path }) => existsSync(path));
  if (there !== undefined && force !== true) {
    throw new PratiqueError(
      "output.exists",
      `${shown(there.path)} is there already, and nothing was written.`,
      {
        hint: "Write over it with --force, or name another folder with --output.",
      },
    );
  }
  for (const { path, text } of files) {
    if (text !== undefined) await writeWhole(path, text);
    // What an earlier job needed and this one does not would be taken for a part of it.
    else await rm(path, { force: true });
  }
  const written = files.filter(({ text }) => text !== undefined).map(({ path }) => shown(path));
  await write(process.stdout, renderJob(documents, written, terminalOptions(process.stdout)));
  return documents.findings.some(({ severity }) => atLeast(severity, documents.failOn)) ? 1 : 0;
}

/** The options, held to what the settings' own keys are held to. Fails with `usage.bad-argument`. */
async function checked(choices: JobSettings): Promise<JobSettings> {
  const { jobChoices } = await import("../config/schema.ts");
  const parsed = jobChoices.safeParse(choices);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const option = String(issue?.path[0] ?? "")
    .replace("sharedMemory", "shm")
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new PratiqueError("usage.bad-argument", `--${option} ${issue?.message ?? "is not right"}.`, {
    hint: "“pratique job --help” shows how it is used.",
  });
}

function shown(path: string): string {
  const inside = relative(process.cwd(), path);
  return inside.startsWith("..") ? path : inside;
}
