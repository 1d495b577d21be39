import type { Command, Option } from "commander";

/** What the command line understands, as data: for completion and the manual page. */
export interface CommandModel {
  readonly name: string;
  readonly description: string;
  readonly usage: string;
  readonly arguments: readonly ArgumentModel[];
  readonly options: readonly OptionModel[];
}

export interface ArgumentModel {
  readonly name: string;
  readonly description: string;
  readonly values: Values;
}

export interface OptionModel {
  /** `-o, --output <folder>` */
  readonly flags: string;
  readonly short: string | undefined;
  readonly long: string;
  readonly description: string;
  /** The same with choices, default and variable. */
  readonly details: string;
  /** Undefined where it takes none. */
  readonly values: Values | undefined;
}

/** What may stand for a value: one of some words, or a file, or a folder, or anything. */
export type Values = readonly string[] | "file" | "folder" | "any";

/** Words that commander does not know of. */
export interface KnownWords {
  readonly formats: readonly string[];
  readonly profiles: readonly string[];
  readonly rules: readonly string[];
}

export interface ProgramModel {
  readonly description: string;
  readonly version: string;
  readonly commands: readonly CommandModel[];
}

/** Reads the program's commands and options; hidden ones are left out. */
export function modelOf(program: Command, known: KnownWords): ProgramModel {
  const help = program.createHelp();
  return {
    description: program.description(),
    version: program.version() ?? "",
    commands: program.commands.map((command) => ({
      name: command.name(),
      description: command.description(),
      usage: help.commandUsage(command),
      arguments: command.registeredArguments.map((argument) => ({
        name: argument.name(),
        description: argument.description,
        values: argument.argChoices ?? placeholder(argument.name(), known),
      })),
      options: help
        .visibleOptions(command)
        .map((option) => optionOf(option, help.optionDescription(option), known)),
    })),
  };
}

/** Options whose placeholder does not say what they take. */
const BY_OPTION = new Set(["--engine", "--profile"]);

function optionOf(option: Option, details: string, known: KnownWords): OptionModel {
  const { flags, short, long = "", argChoices } = option;
  const [, name] = /<([^>]+)>/.exec(flags) ?? [];
  return {
    flags,
    short,
    long,
    description: option.description,
    details,
    values:
      name === undefined ? undefined : (argChoices ?? placeholder(BY_OPTION.has(long) ? long : name, known)),
  };
}

function placeholder(name: string, known: KnownWords): Values {
  if (name === "format") return known.formats;
  if (name === "rule" || name === "rules") return known.rules;
  if (name === "--profile") return known.profiles;
  if (name === "--engine") return ["podman", "docker"];
  if (name === "folder") return "folder";
  return /^(?:file|target|targets|image|before|after|evidence)$/.test(name) ? "file" : "any";
}
