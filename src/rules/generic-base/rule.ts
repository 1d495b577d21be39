import { findStage } from "../../dockerfile/variables.ts";
import { suggestedBase } from "../../knowledge/bases.ts";
import { namedBase } from "../base-image.ts";
import { at, finalBase, finalPlacedCommands, finalSteps, fixOf, flagValue } from "../helpers.ts";
import { installIn, packageName } from "../packages.ts";
import { type DockerfileFacts, defineRule } from "../rule.ts";
import { startCommand } from "../start-command.ts";

export default defineRule<"dockerfile">({
  id: "generic-base",
  title: "The image starts from a bare distribution",
  category: "base-image",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["IMG-01", "IMG-02"],
  why: "The Safe Haven asks for a well-known image made for the job (Python, R, PyTorch, ...). Such an image is leaner, its contents are known to reviewers, and less has to be installed and explained.",
  fix: "Start the last stage from an application image such as docker.io/library/python, docker.io/rocker/r-ver or docker.io/pytorch/pytorch. Builder stages may start from anything.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "Ubuntu with Python on top",
        dockerfile: "FROM ubuntu:24.04\nRUN apt-get update && apt-get install -y python3\n",
        lines: [1],
      },
      {
        title: "through an ARG and a stage",
        dockerfile: `ARG OS=docker.io/library/debian:12-slim\nFROM \${OS} AS base\nRUN true\nFROM base\nRUN true\n`,
        lines: [2],
      },
      {
        title: "a compiled program on a distribution",
        dockerfile:
          'FROM golang:1.23 AS build\nRUN go build -o /fit .\nFROM debian:12-slim\nCOPY --from=build /fit /usr/bin/fit\nCMD ["fit"]\n',
        lines: [3],
      },
      {
        title: "a distribution in another registry",
        dockerfile: "FROM public.ecr.aws/docker/library/alpine:3.20\nRUN true\n",
        lines: [1],
      },
    ],
    good: [
      { title: "an application image", dockerfile: "FROM python:3.12-slim-bookworm\nRUN true\n" },
      {
        title: "a distribution in a builder stage",
        dockerfile: "FROM debian:12 AS build\nRUN true\nFROM rocker/r-ver:4.4.1\nCOPY --from=build /x /x\n",
      },
      {
        title: "names that only mention a distribution",
        dockerfile: "FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04\nRUN true\n",
      },
      { title: "nothing at all", dockerfile: 'FROM scratch\nCOPY app /app\nENTRYPOINT ["/app"]\n' },
      { title: "an image that nobody here knows", dockerfile: "FROM heartlab/base:1\nRUN true\n" },
      { title: "a namesake of another owner", dockerfile: "FROM ghcr.io/heartlab/ubuntu:1\nRUN true\n" },
    ],
  },
  *check(facts) {
    const start = finalBase(facts);
    if (start === undefined) return;
    const { known, name } = namedBase(start.base);
    if (known?.kind !== "generic") return;
    const { what, image } = suggestion(facts);
    yield {
      message: `The image starts from ${name}, a bare distribution: the Safe Haven asks for an image that is made for the job.`,
      fix: fixOf(`Start from ${what}.`, `FROM ${image}`),
      ...at(facts.dockerfile, start.stage.from.range),
    };
  },
});

/** Programs that a job starts, with the package that would bring them. */
const STARTED: readonly (readonly [program: RegExp, name: string])[] = [
  [/^python[\d.]*$/, "python3"],
  [/^(?:Rscript|R|r)$/, "r-base"],
  [/^julia$/, "julia"],
  [/^octave(?:-cli)?$/, "octave"],
  [/^java$/, "default-jre"],
  [/^node$/, "nodejs"],
  [/^quarto$/, "quarto"],
  [/^spark-submit$/, "spark"],
];
/** Names of an R or npm package say nothing about the system: R has a package “torch” too. */
const NAMES_COUNT = /^(?:apt|apk|dnf|zypper|conda|pip|uv)$/;

/** What to start from instead, told from what is installed, else from what is started or copied. */
function suggestion(facts: DockerfileFacts): { what: string; image: string } {
  const names = new Set<string>();
  const managers = new Set<string>();
  for (const { command } of finalPlacedCommands(facts)) {
    const install = installIn(command);
    if (install === undefined) continue;
    managers.add(install.manager);
    if (NAMES_COUNT.test(install.manager)) for (const spec of install.packages) names.add(packageName(spec));
  }
  const installed = suggestedBase(names, managers);
  if (installed !== undefined) return described(installed);
  const program = (startCommand(facts)?.words[0]?.[0] ?? "").replace(/^.*\//, "");
  const started = STARTED.find(([pattern]) => pattern.test(program))?.[1];
  const needed = started === undefined ? undefined : suggestedBase(new Set([started]), new Set());
  if (needed !== undefined) return described(needed);
  if (copiesFromBuilder(facts))
    return { what: "an image for compiled programs", image: "gcr.io/distroless/cc-debian12:nonroot" };
  return {
    what: "an image made for your language, Python for example",
    image: "docker.io/library/python:3.12-slim-bookworm",
  };
}

const described = ({ name, example }: { readonly name: string; readonly example: string }) => ({
  what: `an image with ${name.replace(/ \(.*\)$/, "")}`,
  image: example,
});

function copiesFromBuilder(facts: DockerfileFacts): boolean {
  return finalSteps(facts).some(({ instruction }) => {
    const from = flagValue(instruction, "from");
    const stage = from === undefined ? undefined : findStage(facts.stages, from);
    return stage !== undefined && namedBase(stage.base).known?.kind === "builder";
  });
}
