import { parseImageReference } from "../../dockerfile/image-reference.ts";
import { variablesIn } from "../../dockerfile/variables.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "unpinned-base",
  title: "A base image is not pinned by its digest",
  category: "base-image",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["IMG-05"],
  why: "A tag can point to another image tomorrow. With a digest the image that was checked and the image that is built later start from the same bytes, and a reviewer can see which.",
  fix: "Write the base as registry/name:tag@sha256:digest. The digest is printed by `docker buildx imagetools inspect name:tag` or `skopeo inspect`.",
  aliases: [
    "hadolint:DL3006",
    "hadolint:DL3007",
    "trivy:DS-0001",
    "checkov:CKV_DOCKER_7",
    "dockle:DKL-DI-0006",
    "buildkit:InvalidDefaultArgInFrom",
    "buildkit:UndefinedArgInFrom",
  ],
  examples: {
    bad: [
      { title: "a tag alone", dockerfile: "FROM docker.io/library/python:3.12-slim\nRUN true\n", lines: [1] },
      {
        title: "latest, said or not",
        dockerfile: "FROM gcc:latest AS build\nFROM python\nRUN true\n",
        lines: [1, 2],
      },
      { title: "an ARG without a value", dockerfile: `ARG BASE\nFROM \${BASE}\nRUN true\n`, lines: [2] },
      {
        title: "a stage copied from an image",
        dockerfile: `FROM docker.io/library/python@sha256:${"a".repeat(64)}\nCOPY --from=ghcr.io/astral-sh/uv:0.8 /uv /bin/\n`,
        lines: [2],
      },
    ],
    good: [
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
    const names = new Set<string>();
    for (const resolved of facts.stages) {
      const { stage, base, parent } = resolved;
      for (const instruction of stage.instructions) {
        if (instruction.keyword !== "COPY" && instruction.keyword !== "ADD") continue;
        const from = instruction.flags.find(({ name }) => name === "from");
        const image = from?.value;
        if (
          from === undefined ||
          image === undefined ||
          image.includes("$") ||
          !/[/:]/.test(image) ||
          image.includes("@")
        )
          continue;
        yield {
          message: `Files are copied from ${image}, which is not pinned by a digest: another build may copy other files.`,
          fix: fixOf("Add the digest.", `--from=${image}@sha256:<digest>`),
          ...at(facts.dockerfile, from.range),
        };
      }
      if (parent !== undefined) {
        if (stage.name !== undefined) names.add(stage.name);
        continue;
      }
      if (stage.name !== undefined) names.add(stage.name);
      if (base.toLowerCase() === "scratch" || stage.baseText === "") continue;
      const place = at(facts.dockerfile, stage.from.words[0]?.range ?? stage.from.range);
      if (base === "" || /[:/@]$|^[:/@]|\$/.test(base)) {
        const wanted = variablesIn(stage.baseText).join(", ");
        yield {
          message: `The base ${stage.baseText} cannot be told: ${wanted === "" ? "the name" : wanted} has no value here.`,
          fix: fixOf(
            "Give the ARG a default with a digest.",
            `ARG ${variablesIn(stage.baseText)[0] ?? "BASE"}=docker.io/library/python:3.12-slim@sha256:<digest>`,
          ),
          ...place,
        };
        continue;
      }
      const reference = parseImageReference(base);
      if (reference.digest !== undefined) {
        if (/^sha256:[0-9a-f]{64}$/.test(reference.digest)) continue;
        yield {
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
