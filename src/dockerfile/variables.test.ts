import { describe, expect, it } from "vitest";
import { familiarRepository, isImageName, parseImageReference } from "./image-reference.ts";
import { parseDockerfile } from "./parse.ts";
import { expand, findStage, lineage, resolveStages } from "./variables.ts";

describe("expand", () => {
  const environment = new Map([
    ["A", "x"],
    ["EMPTY", ""],
  ]);
  it.each([
    ["$A-${A}", "x-x"],
    ["${B:-d}${B-e}", "de"],
    ["${EMPTY:-d}${EMPTY-e}", "d"],
    ["${A:+y}${B:+y}", "y"],
    ["${B}", ""],
    ["${A%%x}", "${A%%x}"],
  ])("%s is %s", (text, wanted) => expect(expand(text, environment)).toBe(wanted));
});

describe("resolveStages", () => {
  it("expands bases, follows ENV through stages, and lets build arguments win", () => {
    const file = parseDockerfile(
      "ARG TAG=1\nFROM py:${TAG} AS base\nENV A=1 B=$A\nENV C=$A\nFROM base\nARG TAG\nENV T=$TAG\n",
    );
    const stages = resolveStages(file, new Map([["TAG", "2"]]));
    expect(stages.map((s) => s.base)).toEqual(["py:2", "base"]);
    const { environment } = stages[1] ?? {};
    const values = Object.fromEntries(
      [...(environment?.keys() ?? [])].map((name) => [name, environment?.get(name)?.expanded]),
    );
    expect(values).toEqual({ A: "1", B: "", C: "1", T: "2" });
    expect(lineage(stages).map((s) => s.stage.index)).toEqual([1, 0]);
  });
});

describe("parseImageReference", () => {
  it.each([
    ["python", undefined, "python", undefined, undefined],
    ["localhost:5000/a/b:1", "localhost:5000", "a/b", "1", undefined],
    ["docker.io/library/python:3.12@sha256:ab", "docker.io", "library/python", "3.12", "sha256:ab"],
    ["rocker/r-ver@sha256:cd", undefined, "rocker/r-ver", undefined, "sha256:cd"],
  ])("%s", (text, registry, repository, tag, digest) => {
    expect(parseImageReference(text)).toEqual({ text, registry, repository, tag, digest });
  });

  it("knows Docker Hub's implied folder", () => {
    expect(familiarRepository(parseImageReference("docker.io/library/Debian"))).toBe("debian");
    expect(familiarRepository(parseImageReference("ghcr.io/library/debian"))).toBe("library/debian");
  });
});

describe("isImageName", () => {
  it.each(["python", "localhost:5000/a/b_c:1.2-x", "GHCR.io/a/b--c@sha256:ab"])("%s is one", (text) =>
    expect(isImageName(text)).toBe(true),
  );
  it.each(["", ":3", "python:", "Python:3", "a//b", "a/", "-a", "a:-1", "python@", "a b"])(
    "%j is none",
    (text) => expect(isImageName(text)).toBe(false),
  );
});

describe("findStage", () => {
  it("takes the last of one name, and a name before a number", () => {
    const stages = resolveStages(
      parseDockerfile("FROM a AS 2\nFROM a AS b\nFROM a AS B\nFROM b\nFROM 2\nFROM 1\n"),
    );
    expect(["b", "B", "2", "1", "7"].map((name) => findStage(stages, name)?.stage.index)).toEqual([
      2,
      2,
      0,
      1,
      undefined,
    ]);
    expect(stages.map(({ parent }) => parent?.stage.index)).toEqual([
      undefined,
      undefined,
      undefined,
      2,
      0,
      1,
    ]);
  });

  it("is quick where thousands of stages refer to each other", () => {
    const stages = resolveStages(parseDockerfile("FROM a AS b\n".repeat(20_000)));
    for (let n = 0; n < 20_000; n++) expect(findStage(stages, String(n))?.stage.index).toBe(n);
  });
});
