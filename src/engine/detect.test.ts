import { describe, expect, it } from "vitest";
import { classify } from "./detect.ts";

describe("classify", () => {
  it.each([
    [
      "docker",
      "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
      "engine.not-started",
    ],
    [
      "docker",
      "failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct and if the daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory",
      "engine.not-started",
    ],
    [
      "docker",
      "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
      "engine.not-permitted",
    ],
    ["podman", "Error: cannot find newuidmap: exec: not found", "engine.not-permitted"],
    ["podman", "Error: no subuid ranges found for user “me” in /etc/subuid", "engine.not-permitted"],
    [
      "podman",
      "Cannot connect to Podman. Please verify your connection to the Linux system using `podman system connection list`",
      "engine.not-started",
    ],
    [
      "podman",
      "Error: unable to connect to Podman socket: dial unix: connection refused",
      "engine.not-started",
    ],
    ["podman", "Error: runtime: out of memory", "engine.failed"],
    ["docker", "", "engine.failed"],
  ] as const)("%s: %s", (program, stderr, code) => {
    const error = classify(program, stderr);
    expect(error.code).toBe(code);
    expect(error.exitCode).toBe(3);
    expect(error.hint).toMatch(/\S/);
  });
});
