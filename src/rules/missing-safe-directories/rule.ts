import { safeDirectories } from "../../profiles/profile.ts";
import {
  at,
  copyParts,
  expandBraces,
  expandKnown,
  finalBase,
  finalSteps,
  fixOf,
  isWithin,
  listOf,
  operands,
  placedCommands,
  resolvePath,
  type Step,
} from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "missing-safe-directories",
  title: "The Safe Haven's directories are not created",
  category: "directories",
  needs: "dockerfile",
  severity: "error",
  requirements: ["DIR-01"],
  why: "The Safe Haven mounts the project's data, the place for results and the scratch space on these three directories. An image without them has nothing to mount on, and the service asks for the line by name.",
  fix: "Create all three directories in the stage that becomes the image: `RUN mkdir /safe_data /safe_outputs /scratch`.",
  aliases: [],
  examples: {
    bad: [
      { title: "none is created", dockerfile: 'FROM python:3.12-slim\nCMD ["python", "-V"]\n', lines: [1] },
      {
        title: "one is forgotten",
        dockerfile: "FROM python:3.12-slim\nRUN mkdir /safe_data /scratch\n",
        lines: [1],
      },
      {
        title: "created in a builder stage only",
        dockerfile:
          "FROM gcc:14 AS build\nRUN mkdir /safe_data /safe_outputs /scratch\nFROM python:3.12-slim\nRUN true\n",
        lines: [3],
      },
    ],
    good: [
      {
        title: "the line of the documents",
        dockerfile: "FROM python:3.12-slim\nRUN mkdir /safe_data /safe_outputs /scratch\n",
      },
      {
        title: "in other words",
        dockerfile:
          "FROM python:3.12-slim\nRUN mkdir -p /opt/app /safe_{data,outputs} && apt-get update\nWORKDIR /scratch\nWORKDIR /opt/app\n",
      },
      {
        title: "in the stage that the last one builds on",
        dockerfile:
          "FROM python:3.12-slim AS base\nRUN install -d /safe_data /safe_outputs /scratch\nFROM base\nRUN true\n",
      },
      {
        title: "in a loop",
        dockerfile:
          'FROM python:3.12-slim\nRUN for d in /safe_data /safe_outputs /scratch; do mkdir -p "$d"; done\n',
      },
    ],
  },
  *check(facts, profile) {
    const last = facts.stages.at(-1);
    if (last === undefined) return;
    const wanted = safeDirectories(profile);
    const made = new Set<string>();
    for (const step of finalSteps(facts)) {
      for (const path of createdBy(step, wanted)) {
        for (const folder of wanted) if (isWithin(path, folder)) made.add(folder);
      }
    }
    const missing = wanted.filter((folder) => !made.has(folder));
    if (missing.length === 0) return;
    const distroless = finalBase(facts)?.base === "scratch";
    yield {
      message: `The image has no ${listOf(missing)}: the Dockerfile does not create ${missing.length === 1 ? "it" : "them"}.`,
      fix: distroless
        ? fixOf(
            "WORKDIR creates a directory where there is no shell.",
            ...missing.map((folder) => `WORKDIR ${folder}`),
          )
        : fixOf("Add this line to the last stage.", `RUN mkdir ${missing.join(" ")}`),
      ...at(facts.dockerfile, last.stage.from.range),
      subjects: missing.map((folder) => `directory:${folder}`),
    };
  },
});

function createdBy(step: Step, wanted: readonly string[]): string[] {
  const { instruction } = step;
  if (instruction.keyword === "WORKDIR")
    return [resolvePath(step.folder, expandKnown(instruction.text.replace(/["']/g, ""), step.variables))];
  if (instruction.keyword === "COPY" || instruction.keyword === "ADD") {
    const { target } = copyParts(instruction);
    return target === undefined ? [] : [resolvePath(step.folder, expandKnown(target, step.variables))];
  }
  if (instruction.keyword !== "RUN") return [];
  const text = [instruction.text, ...instruction.heredocs.map(({ body }) => body)].join("\n");
  // A script in another language may create them; what it says is taken at its word.
  if (instruction.heredocs.length > 0 && /mkdir|makedirs|dir\.create|mkpath/.test(text)) {
    return wanted.filter((folder) => text.includes(folder));
  }
  return placedCommands(step).flatMap(({ command, folder }) => {
    const isMkdir =
      command.name === "mkdir" || (command.name === "busybox" && command.args[0]?.value === "mkdir");
    const isInstall =
      command.name === "install" &&
      command.args.some(({ value }) => /^-\w*d/.test(value) || value === "--directory");
    const inline = /^python|^perl$|^Rscript$/.test(command.name) && /mkdir|dir\.create/.test(text);
    if (inline) return wanted.filter((path) => text.includes(path));
    if (!isMkdir && !isInstall) return [];
    return operands(command).flatMap((word) => {
      const path = expandKnown(word, step.variables);
      if (path.includes("$")) return wanted.filter((name) => text.includes(name));
      return expandBraces(path).map((one) => resolvePath(folder, one));
    });
  });
}
