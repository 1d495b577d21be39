import type { Command } from "commander";
import { DEFAULT_PROFILE } from "../config/config.ts";
import { RULE_NAMES } from "../rules/registry/registry.gen.ts";
import { CATEGORIES } from "../rules/rule.ts";
import { type KnownWords, modelOf, type ProgramModel } from "./command-model.ts";
import type { Shell } from "./completion.ts";
import { FORMAT_NAMES } from "./outputs.ts";
import { write } from "./work.ts";

function model(program: Command): ProgramModel {
  const known: KnownWords = {
    formats: FORMAT_NAMES,
    profiles: [DEFAULT_PROFILE],
    rules: [...Object.keys(RULE_NAMES), ...CATEGORIES],
  };
  return modelOf(program, known);
}

/** Prints a script that lets a shell complete commands. */
export async function printCompletion(program: Command, shell: Shell): Promise<number> {
  const { completionScript } = await import("./completion.ts");
  await write(process.stdout, completionScript(shell, model(program)));
  return 0;
}

/** Prints the manual page. */
export async function printManual(program: Command): Promise<number> {
  const { manualPage } = await import("./manual.ts");
  await write(process.stdout, manualPage(model(program)));
  return 0;
}
