import { familiarRepository, parseImageReference } from "../../dockerfile/image-reference.ts";
import { at, finalBase, finalPlacedCommands, fixOf } from "../helpers.ts";
import { installIn, packageName } from "../packages.ts";
import { type DockerfileFacts, defineRule } from "../rule.ts";

/** Distributions by the exact name of their repository: an application image built on one is not meant. */
const GENERIC = new Set(
  "debian ubuntu alpine fedora centos rockylinux rockylinux/rockylinux almalinux oraclelinux amazonlinux archlinux archlinux/archlinux busybox buildpack-deps photon clearlinux mageia sourcemage alt kalilinux/kali-rolling opensuse/leap opensuse/tumbleweed opensuse/archive redhat/ubi8 redhat/ubi9 redhat/ubi10 redhat/ubi8-minimal redhat/ubi9-minimal redhat/ubi10-minimal phusion/baseimage".split(
    " ",
  ),
);
/** The same in registries that keep distributions under other paths. */
const GENERIC_ELSEWHERE =
  /^(?:library\/)?(?:debian|ubuntu|alpine|fedora|centos|rockylinux|almalinux|oraclelinux|amazonlinux|archlinux)$|^ubi\d+(?:\/ubi(?:-minimal|-micro|-init)?)?$|^ubi\d+-(?:minimal|micro)$|^rhel\d*$|^centos\/centos$|^fedora\/fedora(?:-minimal)?$|^lts\/ubuntu$|^ubuntu\/ubuntu$|^docker\/library\/(?:debian|ubuntu|alpine|fedora|centos|rockylinux|almalinux|oraclelinux|amazonlinux|archlinux)$/;

function isGenericBase(text: string): boolean {
  const reference = parseImageReference(text);
  const repository = familiarRepository(reference);
  const onHub = reference.registry === undefined || /^(?:index\.)?docker\.io$/.test(reference.registry);
  return GENERIC.has(repository) || (!onHub && GENERIC_ELSEWHERE.test(repository));
}

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
      { title: "a namesake of another owner", dockerfile: "FROM ghcr.io/heartlab/ubuntu:1\nRUN true\n" },
    ],
  },
  *check(facts) {
    const start = finalBase(facts);
    if (start === undefined || !isGenericBase(start.base)) return;
    const { repository } = parseImageReference(start.base);
    const suggestion = suggest(facts);
    yield {
      message: `The image starts from ${repository.replace(/^library\//, "")}, a bare distribution: the Safe Haven asks for an image that is made for the job.`,
      fix: fixOf(`Start from ${suggestion.what}.`, `FROM ${suggestion.image}`),
      ...at(facts.dockerfile, start.stage.from.range),
    };
  },
});

function suggest(facts: DockerfileFacts): { what: string; image: string } {
  const names = new Set<string>();
  for (const { command } of finalPlacedCommands(facts)) {
    const install = installIn(command);
    if (install === undefined) continue;
    if (install.manager === "R") names.add("r-base");
    if (install.manager === "julia") names.add("julia");
    for (const spec of install.packages) names.add(packageName(spec));
  }
  if (names.has("torch"))
    return {
      what: "an image with PyTorch",
      image: "docker.io/pytorch/pytorch:2.7.1-cuda12.6-cudnn9-runtime",
    };
  if (names.has("r-base") || names.has("r-base-core") || names.has("r"))
    return { what: "an image with R", image: "docker.io/rocker/r-ver:4.4.1" };
  if (names.has("julia")) return { what: "an image with Julia", image: "docker.io/library/julia:1.11" };
  if (names.has("nodejs")) return { what: "an image with Node.js", image: "docker.io/library/node:22-slim" };
  if (names.has("octave")) return { what: "an image with Octave", image: "docker.io/gnuoctave/octave:9.2.0" };
  if ([...names].some((name) => /jdk|jre/.test(name)))
    return { what: "an image with Java", image: "docker.io/library/eclipse-temurin:21-jre" };
  return {
    what: "an image made for your language, Python for example",
    image: "docker.io/library/python:3.12-slim-bookworm",
  };
}
