import { safeDirectories } from "../../profiles/profile.ts";
import { namedBase } from "../base-image.ts";
import { instructionBelow } from "../edits.ts";
import { at, finalBase, fixOf, listOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { createdDirectories, rootInstruction } from "../safe-directories.ts";

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
    const made = createdDirectories(facts, wanted);
    const missing = wanted.filter((folder) => !made.has(folder));
    if (missing.length === 0) return;
    const base = finalBase(facts)?.base ?? "";
    const distroless = base === "scratch" || namedBase(base).known?.shell === false;
    const above = rootInstruction(facts);
    // With -p the build goes on where the base image has one of them already.
    const edit = distroless
      ? undefined
      : above && instructionBelow(facts.dockerfile, above, `RUN mkdir -p ${missing.join(" ")}`);
    yield {
      message: `The image has no ${listOf(missing)}: the Dockerfile does not create ${missing.length === 1 ? "it" : "them"}.`,
      fix: distroless
        ? fixOf(
            "Make them in an earlier stage, which has a shell, and copy them. WORKDIR is not enough: Podman keeps no folder that it leaves empty.",
            "# In a stage called build",
            `RUN mkdir ${missing.join(" ")}`,
            "# In the last stage",
            ...missing.map((folder) => `COPY --from=build ${folder} ${folder}`),
          )
        : fixOf("Add this line to the last stage.", `RUN mkdir ${missing.join(" ")}`),
      ...at(facts.dockerfile, last.stage.from.range),
      subjects: missing.map((folder) => `directory:${folder}`),
      ...(edit === undefined ? {} : { edits: [edit] }),
    };
  },
});
