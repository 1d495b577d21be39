import { parseImageReference } from "../../dockerfile/image-reference.ts";
import type { Range } from "../../dockerfile/model.ts";
import { at, fixOf, someOf } from "../helpers.ts";
import { type DockerfileFacts, defineRule } from "../rule.ts";
import { stageIndex, stageReferences } from "../stage-references.ts";

const LISTED = { baseRegistries: ["docker.io", "ghcr.io", "*.example.org"] } as const;

export default defineRule<"dockerfile">({
  id: "unlisted-registry",
  title: "An image comes from a registry that is not on the list",
  category: "base-image",
  needs: "dockerfile",
  severity: "error",
  requirements: [],
  why: "A site that lists the registries it trusts does not take images that are built on others. Without a list in the settings this rule says nothing.",
  fix: "Take the image from a registry of the list, or ask for the other to be added.",
  aliases: ["hadolint:DL3026", "scout:approved-base-images"],
  examples: {
    bad: [
      {
        title: "a base image",
        profile: LISTED,
        dockerfile: "FROM quay.io/biocontainers/samtools:1.20 AS a\nRUN true\nFROM python:3.12\nRUN true\n",
        lines: [1],
      },
      {
        title: "in COPY and in a mount",
        profile: LISTED,
        dockerfile:
          "FROM python:3.12\nCOPY --from=gcr.io/tools/x:1 /a /b\nRUN --mount=type=bind,from=localhost:5000/y:1,target=/y true\n",
        lines: [2, 3],
      },
      {
        title: "Docker Hub, where it is not listed",
        profile: { baseRegistries: ["ghcr.io"] },
        dockerfile: "FROM rocker/r-ver:4.4.1\nRUN true\n",
        lines: [1],
      },
    ],
    good: [
      {
        title: "listed ones",
        profile: LISTED,
        dockerfile:
          "FROM python:3.12 AS a\nCOPY --from=ghcr.io/astral-sh/uv:0.8 /uv /bin/\nFROM images.example.org/lab/base:1\nCOPY --from=a /x /y\n",
      },
      {
        title: "stages and scratch",
        profile: { baseRegistries: [] },
        dockerfile: "FROM scratch AS a\nFROM a\nCOPY x /x\n",
      },
      { title: "no list", dockerfile: "FROM quay.io/a/b:1\nRUN true\n" },
    ],
  },
  *check(facts, profile) {
    const listed = profile.baseRegistries;
    if (listed === undefined) return;
    for (const { name, range } of imagesUsed(facts)) {
      const registry = parseImageReference(name).registry?.toLowerCase() ?? "docker.io";
      if (listed.some((entry) => covers(entry.toLowerCase(), registry))) continue;
      yield {
        message: `${name.slice(0, 120)} comes from ${registry.slice(0, 80)}, which is not on the list of registries.`,
        fix: fixOf(
          listed.length === 0
            ? "Build on a stage of this file: no registry is listed."
            : `Take it from a registry of the list: ${someOf(listed)}.`,
        ),
        ...at(facts.dockerfile, range),
      };
    }
  },
});

/** Images by name: bases and what files are copied from, stages and names in variables left out. */
function imagesUsed({ dockerfile, stages }: DockerfileFacts): { name: string; range: Range }[] {
  const find = stageIndex(dockerfile);
  const bases = stages
    .filter(({ base, parent }) => parent === undefined && base !== "" && base.toLowerCase() !== "scratch")
    .map(({ base, stage }) => ({ name: base, range: stage.from.words[0]?.range ?? stage.from.range }));
  const sources = stageReferences(dockerfile)
    .filter(({ name, stage }) => find(name, stage.index) === undefined && !/^\d+$/.test(name))
    .map(({ name, flag }) => ({ name, range: flag.range }));
  return [...bases, ...sources].filter(({ name }) => !name.includes("$"));
}

const DOCKER_HUB = new Set(["docker.io", "index.docker.io", "registry-1.docker.io", "hub.docker.com"]);

/** `*` stands for the rest at either end. */
function covers(entry: string, registry: string): boolean {
  if (entry === "*" || entry === registry) return true;
  if (DOCKER_HUB.has(entry) && DOCKER_HUB.has(registry)) return true;
  if (entry.startsWith("*")) return registry.endsWith(entry.slice(1));
  return entry.endsWith("*") && registry.startsWith(entry.slice(0, -1));
}
