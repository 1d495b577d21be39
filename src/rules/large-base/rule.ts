import { isHeavyTag } from "../../knowledge/bases.ts";
import { namedBase } from "../base-image.ts";
import { at, finalBase, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "large-base",
  title: "The last stage starts from a larger image than it needs",
  category: "size",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["IMG-08", "BG-06"],
  why: "Compilers and header files that only a build needs make the image a gigabyte larger or more, and each of them can have vulnerabilities that reviewers ask about.",
  fix: "Build in a first stage, and start the last stage from the lean variant: -slim, -runtime, -jre or Distroless.",
  aliases: [],
  examples: {
    bad: [
      { title: "the full Python image", dockerfile: "FROM python:3.12-bookworm\nRUN true\n", lines: [1] },
      {
        title: "the CUDA compiler at run time",
        dockerfile: "FROM nvidia/cuda:12.4.1-devel-ubuntu22.04\nRUN true\n",
        lines: [1],
      },
      { title: "an image for building", dockerfile: "FROM golang:1.23\nRUN go build .\n", lines: [1] },
      {
        title: "in the stage that the last one builds on",
        dockerfile: "FROM node:22 AS base\nRUN true\nFROM base\nRUN true\n",
        lines: [1],
      },
    ],
    good: [
      { title: "the lean variant", dockerfile: "FROM python:3.12-slim-bookworm\nRUN true\n" },
      { title: "with a digest", dockerfile: `FROM python:3.12-slim@sha256:${"a".repeat(64)}\nRUN true\n` },
      {
        title: "compilers in a builder stage",
        dockerfile:
          "FROM golang:1.23 AS b\nRUN go build .\nFROM gcr.io/distroless/static-debian12\nCOPY --from=b /x /x\n",
      },
      { title: "no leaner variant", dockerfile: "FROM rocker/r-ver:4.4.1\nRUN true\n" },
      { title: "nothing at all", dockerfile: "FROM scratch\nCOPY app /app\n" },
      {
        title: "not assessed: an image that nobody here knows",
        dockerfile: "FROM ghcr.io/heartlab/base:1\nRUN true\n",
      },
      {
        title: "not assessed: a digest that does not say which variant",
        dockerfile: `FROM python@sha256:${"a".repeat(64)}\nRUN true\n`,
      },
    ],
  },
  *check(facts) {
    const start = finalBase(facts);
    if (start === undefined || start.base.toLowerCase() === "scratch") return;
    const { known, name, reference } = namedBase(start.base);
    if (known === undefined) {
      yield {
        notAssessed: `the base ${name === "" ? start.stage.baseText : name} is not in the catalogue of base images, so whether there is a leaner one is not known`,
      };
      return;
    }
    const isBuilder = known.kind === "builder";
    const heavy =
      isBuilder ||
      isHeavyTag(known, reference.tag ?? (reference.digest === undefined ? "latest" : undefined));
    if (heavy === undefined) {
      yield {
        notAssessed: `${name} is named by a digest without a tag, which does not say whether it is the lean variant`,
      };
      return;
    }
    if (!heavy || known.leaner === undefined) return;
    const shown = `${name}${reference.tag === undefined ? "" : `:${reference.tag}`}`;
    yield {
      message: isBuilder
        ? `The last stage starts from ${name}, an image for ${known.purpose}: the job does not need the compiler.`
        : `${shown} is the large variant of ${known.name.replace(/ \(.*\)$/, "")}, with compilers that the job does not need.`,
      fix: isBuilder
        ? fixOf(
            "Build in a first stage and copy the program into a lean one.",
            `FROM ${start.base} AS build`,
            "RUN <build>",
            `FROM ${known.leaner}`,
            "COPY --from=build /opt/app /opt/app",
          )
        : fixOf(
            "Start from the lean variant; what must be compiled goes in a first stage.",
            `FROM ${known.leaner}`,
          ),
      ...at(facts.dockerfile, start.stage.from.range),
    };
  },
});
