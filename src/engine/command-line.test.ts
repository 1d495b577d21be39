import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { engineFailure, lastWords } from "./command-line.ts";

describe("lastWords", () => {
  it.each([
    ["Error: no such image\n", "no such image"],
    [
      "docker: Error response from daemon: no.\nSee 'docker run --help'.\n",
      "Error response from daemon: no.",
    ],
    ["first\r\n\r\nlast \r\n\r\n", "last"],
    ["warning\nRun 'docker run --help' for more information", "warning"],
    ["", ""],
    ["\n \n", ""],
  ])("of %j are %j", (stderr, wanted) => expect(lastWords(stderr)).toBe(wanted));

  it("are one line of bounded length", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(lastWords(text)).not.toContain("\n");
      }),
    );
    expect(lastWords("x".repeat(1_000_000))).toHaveLength(600);
  });
});

describe("engineFailure", () => {
  it.each([
    [{ stderr: "Error: x", code: 125, timedOut: true }, "engine.failed", /did not answer in time/],
    [
      { stderr: "write /var: no space left on device", code: 1, timedOut: false },
      "engine.no-space",
      /no space/,
    ],
    [{ stderr: "Error: strange", code: 1, timedOut: false }, "engine.failed", /: strange$/],
    [{ stderr: "", code: 42, timedOut: false }, "engine.failed", /: exit code 42$/],
  ])("%j", (result, code, message) => {
    const error = engineFailure("podman", "It could not be done", result);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(/podman/);
  });
});
