import { expect, it } from "vitest";
import { parseDockerfile } from "../dockerfile/parse.ts";
import type { Finding } from "../findings/finding.ts";
import { dockerfileFacts, testProfile } from "../rules/test-facts.ts";
import rule from "../rules/unpinned-base/rule.ts";
import { applyEdits } from "./apply.ts";
import { pinEdit, pinnable } from "./pin.ts";

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
