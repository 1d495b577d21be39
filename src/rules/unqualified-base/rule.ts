import { parseImageReference } from "../../dockerfile/image-reference.ts";
import { namedBase } from "../base-image.ts";
import { replacing } from "../edits.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "unqualified-base",
  title: "A base image is named without its registry",
  category: "base-image",
  needs: "dockerfile",
  severity: "info",
  requirements: ["BG-01"],
  why: "Without a registry the engine decides where the image comes from: Docker takes Docker Hub, Podman may ask or take another. The Safe Haven's guide writes the registry out.",
  fix: "Write the registry before the name: docker.io/library/python, docker.io/rocker/r-ver.",
  aliases: [],
  examples: {
    bad: [
      { title: "a short name", dockerfile: "FROM python:3.12-slim\nRUN true\n", lines: [1] },
      { title: "an owner is no registry", dockerfile: "FROM rocker/r-ver:4.4.1\nRUN true\n", lines: [1] },
    ],
    good: [
      { title: "with its registry", dockerfile: "FROM docker.io/library/python:3.12-slim\nRUN true\n" },
      { title: "a local registry", dockerfile: "FROM localhost:5000/base:1 AS base\nFROM base\nRUN true\n" },
      { title: "scratch", dockerfile: "FROM scratch\nCOPY app /app\n" },
    ],
  },
  *check(facts) {
    for (const { stage, base, parent } of facts.stages) {
      if (parent !== undefined || base === "" || base.toLowerCase() === "scratch" || base.includes("$"))
        continue;
      const { registry, repository } = parseImageReference(base);
      if (registry !== undefined || repository === "") continue;
      const place = stage.from.words[0]?.range;
      const written = stage.baseText === base && stage.from.words[0]?.raw === base;
      // Podman's own list of short names leads elsewhere for distributions; for the rest it says the same.
      const { known } = namedBase(base);
      const certain = written && known !== undefined && known.kind !== "generic";
      const whole = `docker.io/${repository.includes("/") ? "" : "library/"}${base}`;
      yield {
        message: `${repository} is named without a registry, so the engine decides where it comes from.`,
        fix: fixOf("Write the registry out, Docker Hub for example.", `FROM ${whole}`),
        ...at(facts.dockerfile, place ?? stage.from.range),
        ...(certain && place !== undefined ? { edits: [replacing(facts.dockerfile, place, whole)] } : {}),
      };
    }
  },
});
