import { isImageName, parseImageReference } from "../../dockerfile/image-reference.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { stageReferences } from "../stage-references.ts";

export default defineRule<"dockerfile">({
  id: "unpinned-base",
  title: "A base image is not pinned by its digest",
  category: "base-image",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["IMG-05", "BG-01"],
  why: "A tag can point to another image tomorrow. With a digest the image that was checked and the image that is built later start from the same bytes, and a reviewer can see which.",
  fix: "Write the base as registry/name:tag@sha256:digest. The digest is printed by `docker buildx imagetools inspect name:tag` or `skopeo inspect`.",
  aliases: [
    "hadolint:DL3006",
    "hadolint:DL3007",
    "trivy:DS-0001",
    "checkov:CKV_DOCKER_7",
    "dockle:DKL-DI-0006",
  ],
  examples: {
    bad: [
      { title: "a tag alone", dockerfile: "FROM docker.io/library/python:3.12-slim\nRUN true\n", lines: [1] },
      {
        title: "latest, said or not",
        dockerfile: "FROM gcc:latest AS build\nFROM python\nRUN true\n",
        lines: [1, 2],
      },
      {
        title: "latest through an ARG",
        dockerfile: `ARG TAG=latest\nFROM python:\${TAG}\nRUN true\n`,
        lines: [2],
      },
      {
        title: "an image that a RUN mounts",
        dockerfile: `FROM docker.io/library/python@sha256:${"a".repeat(64)}\nRUN --mount=from=ghcr.io/astral-sh/uv:0.8,source=/uv,target=/bin/uv uv sync\n`,
        lines: [2],
      },
      {
        title: "a stage copied from an image",
        dockerfile: `FROM docker.io/library/python@sha256:${"a".repeat(64)}\nCOPY --from=ghcr.io/astral-sh/uv:0.8 /uv /bin/\n`,
        lines: [2],
      },
    ],
    good: [
      {
        title: "a stage of this file",
        dockerfile: `FROM docker.io/library/python@sha256:${"a".repeat(64)} AS b\nRUN true\nFROM b\nCOPY --from=b /x /y\n`,
      },
      {
        title: "a digest",
        dockerfile: `FROM docker.io/library/python:3.12-slim@sha256:${"a".repeat(64)}\nRUN true\n`,
      },
      {
        title: "a digest in an ARG",
        dockerfile: `ARG BASE=docker.io/library/python@sha256:${"b".repeat(64)}\nFROM \${BASE} AS base\nFROM base\nRUN true\n`,
      },
      { title: "nothing to pin", dockerfile: "FROM scratch\nCOPY app /app\n" },
    ],
  },
  *check(facts) {
    for (const { flag, name: image } of stageReferences(facts.dockerfile)) {
      if (image.includes("$") || !/[/:]/.test(image) || image.includes("@")) continue;
      yield {
        aliases: [],
        message: `Files are copied from ${image}, which is not pinned by a digest: another build may copy other files.`,
        fix: fixOf(
          "Add the digest.",
          `${flag.name === "from" ? "--from=" : "from="}${image}@sha256:<digest>`,
        ),
        ...at(facts.dockerfile, flag.range),
      };
    }
    for (const { stage, base, parent } of facts.stages) {
      if (parent !== undefined) continue;
      if (base.toLowerCase() === "scratch" || stage.baseText === "") continue;
      const place = at(facts.dockerfile, stage.from.words[0]?.range ?? stage.from.range);
      // A name that cannot be told, or that is none, is another rule's.
      if (base.includes("$") || !isImageName(base)) continue;
      const reference = parseImageReference(base);
      if (reference.digest !== undefined) {
        if (/^sha256:[0-9a-f]{64}$|^sha512:[0-9a-f]{128}$/.test(reference.digest)) continue;
        yield {
          aliases: [],
          message: `The digest of ${reference.repository} is not a digest: sha256: and 64 hexadecimal digits are needed.`,
          fix: fixOf("Write the whole digest.", `FROM ${base.slice(0, base.indexOf("@"))}@sha256:<digest>`),
          ...place,
        };
        continue;
      }
      const shown = reference.repository.replace(/^library\//, "");
      const variable = /^\$\{?(\w+)\}?$/.exec(stage.baseText)?.[1];
      const latest = reference.tag === undefined || reference.tag === "latest";
      yield {
        aliases: latest ? peersOf(stage.baseText) : [],
        message: latest
          ? `${shown} has ${reference.tag === undefined ? "neither tag nor digest, which means “latest”" : "the tag “latest”"}: what it contains changes without notice.`
          : `${shown}:${reference.tag ?? ""} is pinned by a tag only, and a tag can move to another image.`,
        fix: fixOf(
          "Add the digest, and name a version.",
          variable === undefined
            ? `FROM ${pinned(base, latest)}${suffix(stage.name)}`
            : `ARG ${variable}=${pinned(base, latest)}`,
        ),
        ...place,
      };
    }
  },
});

/** The peers' rules for a base without a version; some read the name as it is written, variables and all. */
function peersOf(written: string): string[] {
  const general = ["trivy:DS-0001", "dockle:DKL-DI-0006"];
  if (written.startsWith("$")) return general;
  const { tag } = parseImageReference(written);
  if (tag === undefined) return ["hadolint:DL3006", ...general, "checkov:CKV_DOCKER_7"];
  return tag === "latest" ? ["hadolint:DL3007", ...general, "checkov:CKV_DOCKER_7"] : general;
}

const suffix = (name: string | undefined): string => (name === undefined ? "" : ` AS ${name}`);

function pinned(base: string, latest: boolean): string {
  const named = latest ? `${base.replace(/:latest$/, "")}:<version>` : base;
  const reference = parseImageReference(named);
  const host =
    reference.registry === undefined
      ? reference.repository.includes("/")
        ? "docker.io/"
        : "docker.io/library/"
      : "";
  return `${host}${named}@sha256:<digest>`;
}
