import { expect, it } from "vitest";
import { parseDockerfile } from "../dockerfile/parse.ts";
import type { Finding } from "../findings/finding.ts";
import { dockerfileFacts, testProfile } from "../rules/test-facts.ts";
import rule from "../rules/unpinned-base/rule.ts";
import { applyEdits } from "./apply.ts";
import { defaultBehind, followedTag, imagesIn, pinEdit, pinnable, taggedName } from "./pin.ts";

/** Pins every base that can be. */
function pinAll(text: string): string {
  const dockerfile = parseDockerfile(text);
  const findings = [...rule.check(dockerfileFacts(text), testProfile())] as Finding[];
  const places = findings
    .map((finding) => pinnable(dockerfile, finding))
    .filter((place) => place !== undefined);
  return applyEdits(
    text,
    places.map((place) => [pinEdit(dockerfile, place, "sha256:abc")]),
  ).text;
}

it.each([
  ["FROM python:3.12-slim\n", "FROM python:3.12-slim@sha256:abc\n"],
  [
    "FROM --platform=linux/amd64 ghcr.io/lab/x AS y",
    "FROM --platform=linux/amd64 ghcr.io/lab/x@sha256:abc AS y",
  ],
  ["from python:3 \\\r\n  as a\r\nFROM a\r\n", "from python:3@sha256:abc \\\r\n  as a\r\nFROM a\r\n"],
  [
    "FROM a:1\nCOPY --chown=1 --from=ghcr.io/astral-sh/uv:0.8 /uv /bin/\n",
    "FROM a:1@sha256:abc\nCOPY --chown=1 --from=ghcr.io/astral-sh/uv:0.8@sha256:abc /uv /bin/\n",
  ],
])("pins %j", (before, after) => {
  expect(pinAll(before)).toBe(after);
  expect(pinAll(after)).toBe(after);
});

it.each([
  "ARG V=3\nFROM python:$V\n",
  "ARG BASE=python:3\nFROM ${BASE}\n",
  'FROM "python:3"\n',
  "FROM pyth\\\non:3\n",
  "FROM python:3@sha256:short\n",
  "FROM scratch\n",
])("leaves %j alone", (text) => expect(pinAll(text)).toBe(text));

const DIGEST = `sha256:${"a".repeat(64)}`;

it("finds the images of a file, and neither its stages nor what is another build's", () => {
  const dockerfile = parseDockerfile(`FROM --platform=linux/amd64 python:3 AS base
FROM base
COPY --from=base /a /a
COPY --from=0 /a /a
COPY --from=tools /b /b
COPY --from=ghcr.io/lab/tool:1@${DIGEST} /c /c
RUN --mount=type=cache,target=/x --mount=type=bind,from=ghcr.io/astral-sh/uv:0.8,source=/uv,target=/uv true
FROM $BASE
FROM "julia:1"
FROM scratch
FROM later
FROM r-base:4 AS later
`);
  expect(
    imagesIn(dockerfile).map(({ written, range }) => [written, range?.start, range?.end.column]),
  ).toEqual([
    ["python:3", { line: 1, column: 29 }, 37],
    [`ghcr.io/lab/tool:1@${DIGEST}`, { line: 6, column: 13 }, 103],
    ["ghcr.io/astral-sh/uv:0.8", { line: 7, column: 57 }, 81],
    ["$BASE", { line: 8, column: 6 }, 11],
    ["julia:1", undefined, undefined],
    ["later", { line: 11, column: 6 }, 11],
    ["r-base:4", { line: 12, column: 6 }, 14],
  ]);
});

it.each([
  ["FROM python:3.12", "3.12"],
  ["FROM python", "latest"],
  [`FROM python:3.12@${DIGEST}`, "3.12"],
  [`FROM python@${DIGEST}`, undefined],
  [`# Pinned on Monday (python:3.11-slim).\nFROM python@${DIGEST}`, "3.11-slim"],
  [`# docker.io/library/python:3.11\n# Needed for the wheels.\nFROM docker.io/python@${DIGEST}`, "3.11"],
  [`# julia:1.9\nFROM python@${DIGEST}`, undefined],
  [`# python:3.11\n\nARG A\nFROM python@${DIGEST}`, undefined],
  [`# python:3.11\nFROM python:3.12@${DIGEST}`, "3.12"],
])("knows which tag is followed in %j", (text, tag) => {
  const dockerfile = parseDockerfile(text);
  const [image] = imagesIn(dockerfile);
  expect(image && followedTag(dockerfile, image)).toBe(tag);
});

it.each([
  ["python", "python:3"],
  ["localhost:5000/lab/tool", "localhost:5000/lab/tool:3"],
  [`ghcr.io/lab/tool:1@${DIGEST}`, "ghcr.io/lab/tool:1"],
  [`ghcr.io/lab/tool@${DIGEST}`, "ghcr.io/lab/tool:3"],
])("names %s by its tag", (written, name) => expect(taggedName(written, "3")).toBe(name));

it.each([
  ["ARG B=python:3\nFROM $B", "python:3", 7],
  ["ARG A=1 B=python:3\nFROM ${B} AS x", "python:3", 11],
  ["ARG B\nARG B=python:3\nFROM ${B}", "python:3", 7],
  ["ARG B=python:3\nARG B\nFROM ${B}", undefined, undefined],
  ["ARG B=gpu\nFROM python:3 AS gpu\nFROM ${B}", undefined, undefined],
  ["ARG B=scratch\nFROM $B", undefined, undefined],
  ["ARG V=3\nARG B=python:$V\nFROM $B", undefined, undefined],
  ["ARG B=python\nFROM $B:3", undefined, undefined],
  ["FROM python:3\nARG B=julia:1\nFROM $B", undefined, undefined],
])("looks behind the variable in %j", (text, written, column) => {
  const dockerfile = parseDockerfile(text);
  const image = imagesIn(dockerfile).at(-1);
  const found = image && defaultBehind(dockerfile, image);
  expect([found?.written, found?.range?.start.column]).toEqual([written, column]);
});
