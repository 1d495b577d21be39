import { nearest } from "../../config/nearest.ts";
import { assignments, type ResolvedStage } from "../../dockerfile/variables.ts";
import type { Draft, Severity } from "../../findings/finding.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { type VariableUse, variableUses } from "../variable-uses.ts";
import { variablesOfBase } from "./bases.ts";

/** Set by builders for every stage, without being asked. */
const ALWAYS = /^(?:PATH|(?:https?|ftp|no|all)_proxy|BUILDKIT_\w+|SOURCE_DATE_EPOCH)$/i;
/** Set by builders where the stage asks for it with ARG. */
const ON_REQUEST = /^(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)$/;
/** What base images with a language or a scheduler in them often set. */
const OFTEN_INHERITED =
  /^(?:HOME|USER|LANG|LC_ALL|SHELL|TZ|CRAN|\w*_(?:HOME|VERSION|PATH|ROOT|PREFIX|DIR)|NB_\w+|MAMBA_\w+|CONDA_\w+|\w*PATH)$/;
const MOST_NAMES = 200;

export default defineRule<"dockerfile">({
  id: "undefined-variable",
  title: "A variable is used that nothing sets",
  category: "syntax",
  needs: "dockerfile",
  severity: "warning",
  requirements: [],
  why: "A builder puts nothing in the place of a variable that it does not know, and says no word: files land in another folder, and paths lose a part.",
  fix: "Set the variable with ARG or ENV above the line, or correct its name.",
  aliases: ["buildkit:UndefinedVar"],
  mentions: ["$"],
  examples: {
    bad: [
      { title: "set nowhere", dockerfile: "FROM alpine:3.20\nCOPY $foo .\n", lines: [2] },
      {
        title: "a mistyped name",
        dockerfile: "FROM quay.io/lab/base:1\nARG VERSION=1\nENV APP=/opt/$VERSOIN PATH=$PAHT:/opt/bin\n",
        lines: [3, 3],
      },
      {
        title: "set too late, or in another stage",
        dockerfile: `FROM debian:12 AS a\nWORKDIR /$NAME\nENV NAME=x\nFROM debian:12\nCOPY --chown=$NAME:0 a /b\nLABEL a="\${NAME}"\n`,
        lines: [2, 5, 6],
      },
      {
        title: "an ARG above FROM, and the platform, without ARG in the stage",
        dockerfile:
          "ARG RELEASE=1\nFROM quay.io/lab/base:$RELEASE\nUSER u$RELEASE\nADD tool-$TARGETARCH /opt/tool\n",
        lines: [3, 4],
      },
      {
        title: "in a file that COPY writes",
        dockerfile: "FROM debian:12\nCOPY <<EOF /run.sh\n#!/bin/sh\necho $1 $name\nEOF\n",
        lines: [4],
      },
      {
        title: "which a base image may set",
        dockerfile: "FROM quay.io/lab/base:1\nEXPOSE $port\n",
        lines: [2],
      },
    ],
    good: [
      {
        title: "set above, inherited, or asked for",
        dockerfile: `FROM alpine:3.20 AS a\nARG A\nENV B=$A C=\${D:-x}\nFROM a\nARG TARGETARCH\nCOPY tool-$TARGETARCH$B /opt/$A\n`,
      },
      { title: "there by itself", dockerfile: "FROM scratch\nENV PATH=/a:$PATH X=$HTTP_PROXY\n" },
      {
        title: "for the shell",
        dockerfile:
          "FROM alpine:3.20\nRUN echo $x\nCMD echo $y\nENV P='$z' Q=\\$z\nCOPY <<'EOF' /a\n$x\nEOF\n",
      },
      {
        title: "what base images set, and what is set too late to be meant",
        dockerfile:
          "FROM python:3.12\nLABEL v=$PYTHON_VERSION\nFROM nvidia/cuda:12.4.1-base-ubuntu22.04\nENV LD_LIBRARY_PATH=/x:$LD_LIBRARY_PATH D=$CUDA_HOME\nENV CUDA_HOMES=x\n",
      },
    ],
  },
  *check(facts) {
    const { dockerfile } = facts;
    const globals = new Set(dockerfile.globalArgs.flatMap(assignments).map(({ name }) => name));
    const bases = new Map<ResolvedStage, string>();
    for (const stage of facts.stages) {
      const base = stage.parent === undefined ? stage.base : bases.get(stage.parent);
      bases.set(stage, base ?? stage.base);
    }
    const told = new Set<string>();
    for (const use of variableUses(facts)) {
      if (use.defined || use.setBeside || ALWAYS.test(use.name)) continue;
      const said = judge(use, globals, variablesOfBase(bases.get(use.stage) ?? ""));
      const key = `${use.name} ${use.range.start.line}:${use.range.start.column}`;
      if (said === undefined || told.has(key)) continue;
      told.add(key);
      yield { ...said, ...at(dockerfile, use.range) };
    }
  },
});

function judge(
  { name, within, known, instruction }: VariableUse,
  globals: ReadonlySet<string>,
  ofBase: readonly string[] | undefined,
): Draft | undefined {
  const shown = name.slice(0, 60);
  if (ofBase?.includes(name) === true) return undefined;
  if (globals.has(name) || ON_REQUEST.test(name)) {
    const why = globals.has(name) ? "an ARG above FROM counts only there" : "a stage has to ask for it";
    return {
      message: `${shown} has no value in this stage: ${why}.`,
      fix: fixOf("Declare it in the stage, above this line.", `ARG ${shown}`),
    };
  }
  const guess = nearest(name, [...known(MOST_NAMES), "PATH"]);
  if (guess !== undefined && isTypo(name, guess))
    return {
      message: `${shown} is set nowhere above; ${guess} is.`,
      fix: fixOf("This may be what was meant.", `$${guess}`),
    };
  const appended = within === name;
  if (ofBase === undefined && (appended || OFTEN_INHERITED.test(name))) return undefined;
  const severity: Severity = ofBase === undefined || appended ? "info" : "warning";
  return {
    severity,
    message: `${shown} is set nowhere above${ofBase === undefined ? ", unless the base image sets it" : ""}: ${instruction.keyword} gets nothing in its place.`,
    fix: fixOf(
      appended ? "Say what stands for it while it is not set." : "Set it above this line.",
      appended ? `\${${shown}:-}` : `ARG ${shown}=<value>`,
    ),
  };
}

/** Near enough to be the same word: names such as A and B are near each other by being short. */
const isTypo = (name: string, guess: string): boolean =>
  name.length > 3 &&
  guess.length > 3 &&
  Math.abs(name.length - guess.length) <= 2 &&
  sharesStart(name, guess);

const sharesStart = (a: string, b: string): boolean => a[0]?.toLowerCase() === b[0]?.toLowerCase();
