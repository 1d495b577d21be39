import { describe, expect, it } from "vitest";
import { processorTime } from "../../test/processor-time.ts";
import { unnoticedFailures } from "./flow.ts";
import { parseDockerfile } from "./parse.ts";
import { shellCommands } from "./shell.ts";

/** Names of the commands whose failure is lost, in order, with how. */
function lost(run: string, stops = false): string[] {
  const instruction = parseDockerfile(`FROM x\nRUN ${run}\n`).instructions.find(
    ({ keyword }) => keyword === "RUN",
  );
  if (instruction === undefined) return [];
  const failures = unnoticedFailures(instruction, stops);
  return shellCommands(instruction).flatMap(({ name, range }) => {
    const how = failures.get(`${range.start.line}:${range.start.column}`);
    return how === undefined || name === "set" || name === "exit"
      ? []
      : [how === "forgiven" ? `${name}!` : name];
  });
}

describe("unnoticedFailures", () => {
  it.each([
    ["a && b && c", []],
    ["a; b", ["a"]],
    ["a; b; exit 0", ["a", "b"]],
    ["a || true", ["a!"]],
    ["a && b || :", ["a!", "b!"]],
    ["a || true && b", ["a!"]],
    ["a || exit 1; b", []],
    ["a || exit 0", ["a!"]],
    ["a || b", []],
    ["a || b; c", ["b"]],
    ["a || (echo no; exit 1)", ["echo"]],
    ["a && (b || true)", ["b!"]],
    ["(a; b) && c", ["a"]],
    ["{ a; b; }; c", ["a", "b"]],
    ["if a; then b; fi", []],
    ["if a; then b; else c; fi; d", ["b", "c"]],
    ["for x in 1 2; do a; done", ["a"]],
    ["for x in 1 2; do a || exit 1; done", []],
    ["while a; do b; done", ["b"]],
    ["a & wait", []],
    ["a; if [ $? -ne 0 ]; then exit 1; fi", []],
    ["set -e; a; b", []],
    ["set -eux; a; b", []],
    ["set -x; a; b", ["a"]],
    ["set -o errexit; a; b", []],
    ["set -e && a; b", []],
    ["set -e; a && b; c", ["a"]],
    ["set -e; a || exit 1; b", []],
    ["set -e; a || true; b", ["a!"]],
    ["set -e; set +e; a; b", ["a"]],
    ["set -e; for x in 1; do a; done; b", []],
    ["f() { a; b; }; f", []],
  ])("%s", (run, expected) => {
    expect(lost(run)).toEqual(expected);
  });

  it("knows a shell that stops, and scripts in heredocs", () => {
    expect(lost("a; b", true)).toEqual([]);
    expect(lost("<<EOF\na\nb\nEOF")).toEqual(["a"]);
    expect(lost("<<EOF\nset -e\na\nb\nEOF")).toEqual([]);
    expect(lost("<<EOF\n#!/bin/bash -eu\na\nb\nEOF")).toEqual([]);
  });

  it("reads deep nesting and long scripts without recursion", () => {
    const time = processorTime(() => {
      lost("a; ".repeat(20_000));
      lost("a && ".repeat(20_000));
      lost(`${"( ".repeat(500)}a${" )".repeat(500)}`);
    });
    expect(time).toBeLessThan(4000);
  });
});
