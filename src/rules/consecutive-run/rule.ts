import type { Instruction } from "../../dockerfile/model.ts";
import { lineage } from "../../dockerfile/variables.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "consecutive-run",
  title: "Several RUN instructions follow each other",
  category: "size",
  needs: "dockerfile",
  severity: "info",
  requirements: [],
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
    ],
    good: [
      { title: "one", dockerfile: "FROM python:3.12\nRUN mkdir /safe_data && mkdir /scratch\n" },
      {
        title: "apart for the cache",
        dockerfile:
          "FROM python:3.12\nRUN mkdir /a\nCOPY requirements.txt /a/\nRUN pip install -r /a/requirements.txt\n",
      },
      { title: "two: still readable", dockerfile: "FROM python:3.12\nRUN mkdir /a\nRUN pip install numpy\n" },
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
    for (const { stage } of lineage(facts.stages).reverse()) {
      let group: Instruction[] = [];
      const groups: Instruction[][] = [];
      for (const instruction of stage.instructions) {
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
        if (first === undefined || one.length < 3) continue;
        yield {
          message: `${one.length} RUN instructions follow each other and make ${one.length} layers.`,
          fix: fixOf("Join those that belong together.", "RUN first command \\", "    && second command"),
          ...at(facts.dockerfile, first.range),
        };
      }
    }
  },
});

const flagsOf = (instruction: Instruction | undefined): string =>
  (instruction?.flags ?? []).map((flag) => `${flag.name}=${flag.value ?? ""}`).join(" ");
