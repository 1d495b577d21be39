import { lineage, type ResolvedStage } from "../../dockerfile/variables.ts";
import type { Draft } from "../../findings/finding.ts";
import { baseUser } from "../base-image.ts";
import {
  allSteps,
  at,
  expandKnown,
  finalBase,
  finalSteps,
  fixOf,
  lastInstruction,
  type Step,
} from "../helpers.ts";
import { type DockerfileFacts, defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "root-user",
  title: "The image is set to run as root",
  category: "users",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["IMG-09", "BG-04"],
  why: "The Safe Haven starts jobs as a user of its own and refuses root. An image that is already built for an ordinary user shows the problems with permissions on the laptop, not inside.",
  fix: "Make a system user without a fixed id and select it before the start command.",
  aliases: [
    "hadolint:DL3002",
    "trivy:DS-0002",
    "checkov:CKV_DOCKER_3",
    "checkov:CKV_DOCKER_8",
    "dockle:CIS-DI-0001",
  ],
  examples: {
    bad: [
      { title: "no USER", dockerfile: "FROM python:3.12\nRUN true\n", lines: [1] },
      {
        title: "root at the end",
        dockerfile: "FROM python:3.12\nUSER nobody\nRUN true\nUSER root\nRUN true\n",
        lines: [4],
      },
      { title: "root by number", dockerfile: "FROM python:3.12\nUSER 0:0\n", lines: [2] },
      {
        title: "root through an ARG",
        dockerfile: `FROM python:3.12\nARG WHO=root\nUSER \${WHO}\n`,
        lines: [3],
      },
      {
        title: "in a builder stage",
        dockerfile:
          "FROM python:3.12 AS a\nUSER nobody\nUSER root\nRUN true\nFROM python:3.12\nUSER nobody\n",
        lines: [3],
      },
    ],
    good: [
      {
        title: "a system user",
        dockerfile:
          "FROM python:3.12\nRUN groupadd --system nonroot && useradd --system --gid nonroot nonroot\nUSER nonroot\n",
      },
      {
        title: "the base image's own user",
        dockerfile:
          "FROM quay.io/jupyter/scipy-notebook:2025-01-06\nRUN true\nFROM gcr.io/distroless/python3-debian12:nonroot\nCOPY a.py /\n",
      },
      { title: "in a parent stage", dockerfile: "FROM python:3.12 AS a\nUSER nobody\nFROM a\nRUN true\n" },
      {
        title: "a builder stage that says nothing",
        dockerfile: "FROM python:3.12 AS a\nRUN true\nFROM python:3.12\nUSER nobody\n",
      },
      {
        title: "root only in between",
        dockerfile: "FROM python:3.12\nUSER root\nRUN true\nUSER nobody:nogroup\n",
      },
    ],
  },
  *check(facts) {
    yield* builderStages(facts);
    const last = facts.stages.at(-1);
    if (last === undefined) return;
    const instruction = lastInstruction(facts, "USER");
    const fix = fixOf(
      "Make a user and select it.",
      "RUN groupadd --system nonroot \\",
      "    && useradd --no-log-init --system --gid nonroot nonroot",
      "USER nonroot",
    );
    if (instruction === undefined) {
      if (baseUser(finalBase(facts)?.base ?? "") !== undefined) return;
      const anywhere = facts.dockerfile.instructions.some(({ keyword }) => keyword === "USER");
      yield {
        // Some are content with a USER in any stage.
        aliases: [...(anywhere ? [] : ["trivy:DS-0002", "checkov:CKV_DOCKER_3"]), "dockle:CIS-DI-0001"],
        message:
          "No USER is set, so the image runs as root unless its base says otherwise; the Safe Haven never runs jobs as root.",
        fix,
        ...at(facts.dockerfile, last.stage.from.range),
        subjects: ["config:user"],
      };
      return;
    }
    const step = finalSteps(facts).find((one) => one.instruction === instruction);
    if (step === undefined || !isRoot(step)) return;
    yield {
      message: "The last USER is root; the Safe Haven never runs jobs as root.",
      aliases: ["hadolint:DL3002", "trivy:DS-0002", "checkov:CKV_DOCKER_8", "dockle:CIS-DI-0001"],
      fix,
      ...at(facts.dockerfile, instruction.range),
      subjects: ["config:user"],
    };
  },
});

/** Stages that do not become the image: root does no harm there, but nobody has to say so. */
function* builderStages(facts: DockerfileFacts): Iterable<Draft> {
  const final = new Set(lineage(facts.stages));
  const last = new Map<ResolvedStage, Step>();
  for (const step of allSteps(facts)) {
    if (step.instruction.keyword === "USER" && !final.has(step.stage)) last.set(step.stage, step);
  }
  for (const step of last.values()) {
    if (!isRoot(step)) continue;
    yield {
      severity: "info",
      aliases: ["hadolint:DL3002"],
      message: "This builder stage ends as root; nothing of that reaches the image.",
      fix: "Take USER root out, or build as an ordinary user.",
      ...at(facts.dockerfile, step.instruction.range),
    };
  }
}

function isRoot({ instruction, variables }: Step): boolean {
  const user = expandKnown(instruction.text.replace(/["']/g, ""), variables).trim().split(":")[0] ?? "";
  return /^(?:root|0+)$/i.test(user);
}
