import type { Instruction } from "../../dockerfile/model.ts";
import { shellCommands } from "../../dockerfile/shell.ts";
import { lineage } from "../../dockerfile/variables.ts";
import { at, fixOf } from "../helpers.ts";
import { installIn } from "../packages.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "consecutive-run",
  title: "Several RUN instructions follow each other",
  category: "size",
  needs: "dockerfile",
  severity: "info",
  keywords: ["RUN"],
  requirements: ["BG-02"],
  why: "Each RUN becomes a layer that keeps what it leaves behind. The Safe Haven's guide asks to group related commands, so that a layer is one step that can be reviewed.",
  fix: "Join related commands with && in one RUN.",
  aliases: ["hadolint:DL3059"],
  examples: {
    bad: [
      {
        title: "three in a row",
        dockerfile: "FROM python:3.12\nRUN mkdir /safe_data\nRUN mkdir /safe_outputs\nRUN mkdir /scratch\n",
        lines: [2],
      },
      { title: "two short ones", dockerfile: "FROM x\nRUN /a.sh\nRUN /b.sh && c\n", lines: [2] },
    ],
    good: [
      {
        title: "long chains",
        dockerfile: "FROM x\nRUN a && b && c\nRUN d && e && f\n",
      },
      { title: "one", dockerfile: "FROM python:3.12\nRUN mkdir /safe_data && mkdir /scratch\n" },
      {
        title: "apart for the cache",
        dockerfile:
          "FROM python:3.12\nRUN mkdir /a\nCOPY requirements.txt /a/\nRUN pip install -r /a/requirements.txt\n",
      },
      {
        title: "two, one of which takes long",
        dockerfile: "FROM python:3.12\nRUN mkdir /a\nRUN pip install numpy\n",
      },
      {
        title: "with different mounts",
        dockerfile:
          "FROM python:3.12\nRUN --mount=type=cache,target=/a x\nRUN y\nRUN --mount=type=secret,id=b z\n",
      },
      {
        title: "builder stages are free",
        dockerfile: "FROM gcc AS b\nRUN a\nRUN b\nRUN c\nFROM python:3.12\nRUN true\n",
      },
    ],
  },
  *check(facts) {
    const stages = lineage(facts.stages).reverse();
    // A part of a file, without FROM, is looked at as if it were the last stage.
    const parts = stages.length === 0 ? [facts.dockerfile] : stages.map(({ stage }) => stage);
    for (const part of parts) {
      let group: Instruction[] = [];
      const groups: Instruction[][] = [];
      for (const instruction of part.instructions) {
        const joins = instruction.keyword === "RUN" && instruction.heredocs.length === 0;
        if (joins && (group.length === 0 || flagsOf(group[0]) === flagsOf(instruction))) {
          group.push(instruction);
          continue;
        }
        groups.push(group);
        group = joins ? [instruction] : [];
      }
      groups.push(group);
      for (const one of groups) {
        const [first] = one;
        if (first === undefined || !isWorthJoining(one)) continue;
        yield {
          message: `${one.length} RUN instructions follow each other and make ${one.length} layers.`,
          fix: fixOf("Join those that belong together.", "RUN first command \\", "    && second command"),
          ...at(facts.dockerfile, first.range),
        };
      }
    }
  },
});

/** Two may stand apart for the builder's cache when one of them installs something; three are too many. */
function isWorthJoining(group: readonly Instruction[]): boolean {
  const short = group.filter((instruction) => shellCommands(instruction).length <= LONG);
  if (group.length > 2) return short.length > 0;
  return (
    short.length === 2 &&
    !short.some((one) => shellCommands(one).some((command) => installIn(command) !== undefined))
  );
}

/** A chain of more commands than this is a step of its own. */
const LONG = 2;

const flagsOf = (instruction: Instruction | undefined): string =>
  instruction === undefined || instruction.flags.length === 0
    ? ""
    : instruction.flags.map((flag) => `${flag.name}=${flag.value ?? ""}`).join(" ");
