import type { Instruction } from "../../dockerfile/model.ts";
import type { ResolvedStage } from "../../dockerfile/variables.ts";
import { instructionBelow } from "../edits.ts";
import { at, fixOf, isWithin, listOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { createdDirectories } from "../safe-directories.ts";

const VARIABLES = ["TMPDIR", "TMP", "TEMP"] as const;

export default defineRule<"dockerfile">({
  id: "temporary-files-not-on-scratch",
  title: "Temporary files do not go to the scratch space",
  category: "directories",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["DIR-09"],
  why: "Space inside the container is small and may become read-only, while /scratch is made for temporary files. Programs look at different variables, so all three have to be set.",
  fix: "Set TMPDIR, TMP and TEMP to /scratch with ENV.",
  aliases: [],
  examples: {
    bad: [
      { title: "none is set", dockerfile: "FROM python:3.12\nRUN true\n", lines: [1] },
      {
        title: "only TMP, as the documents have it",
        dockerfile: "FROM python:3.12\nENV TMP=/scratch\n",
        lines: [2],
      },
      {
        title: "somewhere else",
        dockerfile: "FROM python:3.12\nENV TMP=/scratch TEMP=/scratch \\\n    TMPDIR=/var/tmp\n",
        lines: [3],
      },
    ],
    good: [
      {
        title: "all three",
        dockerfile: "FROM python:3.12\nENV TMPDIR=/scratch TMP=/scratch TEMP=/scratch\n",
      },
      {
        title: "below it, through a variable",
        dockerfile: `FROM python:3.12 AS a\nENV S=/scratch\nENV TMPDIR=$S/tmp TMP=\${S} TEMP=\${S}/\nFROM a\nRUN true\n`,
      },
    ],
  },
  *check(facts, profile) {
    const last = facts.stages.at(-1);
    if (last === undefined) return;
    const scratch = profile.directories.scratch.value;
    const set = VARIABLES.map((name) => ({ name, entry: last.environment.get(name) }));
    const wrong = set.filter(
      ({ entry }) => entry === undefined || !isWithin(entry.expanded.replace(/\/+$/, ""), scratch),
    );
    if (wrong.length === 0) return;
    const elsewhere = wrong.find(({ entry }) => entry !== undefined)?.entry;
    const some = set.find(({ entry }) => entry !== undefined)?.entry;
    // Programs must not be sent to a folder that is not there, nor away from one that somebody chose.
    const edit =
      elsewhere === undefined && createdDirectories(facts, [scratch]).has(scratch)
        ? instructionBelow(
            facts.dockerfile,
            lastBuilding(last),
            `ENV ${wrong.map(({ name }) => `${name}=${scratch}`).join(" ")}`,
          )
        : undefined;
    yield {
      message:
        elsewhere === undefined
          ? `${listOf(wrong.map(({ name }) => name))} ${wrong.length === 1 ? "is" : "are"} not set, so temporary files may end up outside ${scratch}.`
          : `${listOf(wrong.map(({ name }) => name))} ${wrong.length === 1 ? "does" : "do"} not point to ${scratch}, so temporary files end up elsewhere.`,
      fix: fixOf("Set all three.", `ENV TMPDIR=${scratch} TMP=${scratch} TEMP=${scratch}`),
      ...at(facts.dockerfile, elsewhere?.word.range ?? some?.word.range ?? last.stage.from.range),
      subjects: ["config:temporary-files", "temporary-files"],
      ...(edit === undefined ? {} : { edits: [edit] }),
    };
  },
});

/**
 * The last instruction of the stage that builds something. Variables set below it do not reach the build itself, whose
 * temporary files would otherwise stay in the image.
 */
function lastBuilding({ stage }: ResolvedStage): Instruction {
  const builds = stage.instructions.findLast(({ keyword }) =>
    /^(?:RUN|COPY|ADD|WORKDIR|ENV|ARG|SHELL|ONBUILD)$/.test(keyword),
  );
  return builds ?? stage.from;
}
