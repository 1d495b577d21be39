import type { CommandModel, ProgramModel } from "./command-model.ts";
import { EXAMPLES } from "./examples.ts";

/** The manual page of the program and all its commands, as roff for man(1). */
export function manualPage({ description, version, commands }: ProgramModel): string {
  return [
    `.TH PRATIQUE 1 "" "pratique ${version}" "User Commands"`,
    ".SH NAME",
    `pratique \\- ${roff(description.replace(/\.$/, "").replace(/^./, (letter) => letter.toLowerCase()))}`,
    ".SH SYNOPSIS",
    ".B pratique",
    "\\fIcommand\\fR [\\fIoptions\\fR]",
    ".SH COMMANDS",
    ...commands.flatMap(commandLines),
    ".SH EXIT STATUS",
    ...EXIT_CODES.flatMap(([code, meaning]) => [".TP", `.B ${code}`, roff(meaning)]),
    ".SH FILES",
    ...FILES.flatMap(([name, meaning]) => [".TP", `.B ${roff(name)}`, roff(meaning)]),
    ".SH ENVIRONMENT",
    ...ENVIRONMENT.flatMap(([name, meaning]) => [".TP", `.B ${name}`, roff(meaning)]),
    "",
  ].join("\n");
}

function commandLines({ name, description, usage, arguments: given, options }: CommandModel): string[] {
  return [
    `.SS ${roff(usage)}`,
    `${roff(description.replace(/^./, (letter) => letter.toUpperCase()))}.`,
    ...given.flatMap(({ name: word, description: meaning }) => [
      ".TP",
      `\\fI${roff(word)}\\fR`,
      roff(meaning),
    ]),
    ...options.flatMap(({ flags, details: meaning }) => [".TP", `\\fB${roff(flags)}\\fR`, roff(meaning)]),
    ...(EXAMPLES[name] ?? []).flatMap(([line, meaning]) => [
      ".PP",
      `${roff(meaning.replace(/^./, (letter) => letter.toUpperCase()))}:`,
      ".PP",
      ".nf",
      `.RS 4\n${roff(line)}\n.RE`,
      ".fi",
    ]),
  ];
}

const EXIT_CODES = [
  ["0", "Clear: no finding at or above --fail-on; for check, the verdict is clear or clear with advice."],
  ["1", "Findings; for check also an open verdict (not clear, incomplete)."],
  ["2", "Wrong use or settings: something was asked for that cannot be."],
  ["3", "The machine or another program failed."],
  ["129, 130, 143", "Stopped by a signal, after clearing up."],
] as const;

const FILES = [
  ["pratique.yaml", "Settings of a project."],
  [".pratique/", "Evidence of the last check: report.json and index.html."],
] as const;

const ENVIRONMENT = [
  ["PRATIQUE_ENGINE", "Engine to use: podman or docker."],
  ["PRATIQUE_KEY_PASSPHRASE", "Passphrase of the key for sign."],
  ["PRATIQUE_DEBUG", "1 shows where in the program an error arose."],
  ["NO_COLOR", "Set to anything: no colours."],
] as const;

/** Text that means itself: backslashes, hyphens, and lines that begin like a request. */
const roff = (text: string): string =>
  text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("“", "\\(lq")
    .replaceAll("”", "\\(rq")
    .replace(/^([.'])/, "\\&$1");
