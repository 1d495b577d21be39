import { describe, expect, it } from "vitest";
import * as z from "zod";
import { parseImageReference } from "../dockerfile/image-reference.ts";
import { BASE_KINDS, bases, isHeavyTag, knownBase, suggestedBase } from "./bases.ts";

const repository = z
  .string()
  .regex(/^[a-z0-9.-]+\.[a-z]+(?:\/[a-z0-9._-]+)+\*?$|^[a-z0-9.-]+(?:\/[a-z0-9._-]+)*\/\*$/);
/** By tag: a digest that nobody has looked up would be an invention. */
const byTag = z.string().regex(/^[a-z0-9.-]+\.[a-z]+(?:\/[a-z0-9._-]+)+:[\w.-]+$/);
const words = z.array(z.string().min(1)).min(1);
const schema = z.array(
  z
    .strictObject({
      name: z.string().min(1),
      repositories: z.array(repository).min(1),
      kind: z.enum(BASE_KINDS),
      purpose: z.string().min(3),
      languages: z.array(z.string().min(1)),
      packageManager: z.string().optional(),
      user: z.string().optional(),
      home: z.string().startsWith("/").optional(),
      starts: z
        .strictObject({
          server: z.string().optional(),
          service: z.string().optional(),
          prompt: z.string().optional(),
          tag: z.string().optional(),
        })
        .optional(),
      setUp: z.strictObject({ program: z.string(), does: z.string() }).optional(),
      lean: words.optional(),
      heavy: words.optional(),
      leaner: byTag.optional(),
      licence: z.string().regex(/\.$/).optional(),
      suggestedFor: words.optional(),
      suggestedForManagers: words.optional(),
      shell: z.literal(false).optional(),
      example: byTag.optional(),
      remarks: z.string().regex(/\.$/).optional(),
    })
    .refine(({ kind, leaner }) => (kind !== "grab-bag" && kind !== "builder") || leaner !== undefined, {
      message: "says what to use instead",
    })
    .refine(({ lean, heavy, leaner }) => (lean ?? heavy) === undefined || leaner !== undefined, {
      message: "names its lean variant",
    })
    .refine(({ suggestedFor, example }) => suggestedFor === undefined || example !== undefined, {
      message: "gives a line to paste",
    }),
);

const look = (text: string) => {
  const { registry, repository } = parseImageReference(text);
  return knownBase(registry, repository);
};

describe("the catalogue of base images", () => {
  it("has its shape", () => {
    expect(schema.safeParse(bases).error?.issues ?? []).toEqual([]);
  });

  it("has each repository and name once", () => {
    const all = bases.flatMap(({ repositories }) => repositories);
    expect(new Set(all).size).toBe(all.length);
    expect(new Set(bases.map(({ name }) => name)).size).toBe(bases.length);
  });

  it("recommends only images that it knows, of a kind to start from", () => {
    for (const { name, example, leaner } of bases) {
      for (const reference of [example, leaner]) {
        if (reference === undefined) continue;
        const base = look(reference);
        expect(base, `${name}: ${reference}`).toBeDefined();
        if (base === undefined) continue;
        expect(isHeavyTag(base, parseImageReference(reference).tag), reference).toBe(false);
        if (reference === leaner) expect(["application", "minimal"], reference).toContain(base.kind);
      }
    }
  });

  it.each([
    ["python:3.12", "Python"],
    ["docker.io/library/python:3.12-slim", "Python"],
    ["index.docker.io/python", "Python"],
    ["public.ecr.aws/docker/library/python:3.12", "Python"],
    ["mirror.gcr.io/library/python", "Python"],
    ["harbor.example.org/hub/library/python:3", "Python"],
    ["arm64v8/python:3.12", "Python"],
    ["quay.io/jupyter/scipy-notebook:2025-01-06", "Jupyter scipy-notebook"],
    ["ghcr.io/rocker-org/r-ver:4.4.1", "R (Rocker, versioned)"],
    ["registry.example.org/rocker/r-ver:4", "R (Rocker, versioned)"],
    ["gcr.io/distroless/python3-debian12:nonroot", "Distroless, Python"],
    ["registry.access.redhat.com/ubi9/ubi-minimal:9.4", "Red Hat UBI"],
    [
      "us-docker.pkg.dev/deeplearning-platform-release/gcr.io/pytorch-cu121",
      "Google Deep Learning Containers",
    ],
    ["localhost:5000/debian:12", "Debian"],
  ])("knows %s", (text, name) => {
    expect(look(text)?.name).toBe(name);
  });

  it.each(["ghcr.io/heartlab/ubuntu:1", "heartlab/python", "scratch", "", "localhost/base:1"])(
    "does not know %s",
    (text) => {
      expect(look(text)).toBeUndefined();
    },
  );

  it.each([
    ["python:3.12", true],
    ["python:3.12-slim-bookworm", false],
    ["python", undefined],
    ["nvidia/cuda:12.4.1-devel-ubuntu22.04", true],
    ["nvidia/cuda:12.4.1-runtime-ubuntu22.04", false],
    ["eclipse-temurin:21-jre", false],
    ["eclipse-temurin:21", true],
    ["rocker/r-ver:4.4.1", false],
    ["ghcr.io/astral-sh/uv:python3.12-bookworm", true],
    ["ghcr.io/astral-sh/uv:0.8", false],
  ])("tells whether %s is a large variant", (text, heavy) => {
    const base = look(text);
    expect(base === undefined ? "unknown" : isHeavyTag(base, parseImageReference(text).tag)).toBe(heavy);
  });

  it.each([
    [["python3", "python3-pip"], [], "Python"],
    [["python3", "torch"], ["pip"], "PyTorch"],
    [["r-base"], ["apt"], "R (Rocker, versioned)"],
    [["openjdk-17-jre-headless"], [], "Java (Temurin)"],
    [["java-17-openjdk-headless"], [], "Java (Temurin)"],
    [["texlive-latex-base"], [], "TeX Live"],
    [["octave"], [], "GNU Octave"],
    [[], ["julia"], "Julia"],
    [["curl", "git"], ["apt"], undefined],
  ])("suggests a base for %j by %j", (packages, managers, name) => {
    expect(suggestedBase(new Set(packages), new Set(managers))?.name).toBe(name);
  });
});
