import { expect } from "vitest";
import type { FaultCase } from "../harness.ts";

/** Of the programs that cannot be started, those that stand for the others in `npm test`. */
const EXAMPLES = ["bad/arm64", "bad/windows", "bad/absent"];

/** Programs that cannot be started, by what stands in the way. */
const unstartable = {
  "bad/arm64": ["wrong-architecture", 126],
  "bad/no-first-line": ["wrong-architecture", 126],
  "bad/windows": ["missing-interpreter", 127],
  "bad/no-interpreter": ["missing-interpreter", 127],
  "bad/no-loader": ["missing-interpreter", 127],
  "bad/plain": ["not-executable", 126],
  "bad/private/run": ["not-executable", 126],
  bad: ["not-executable", 126],
  "bad/absent": ["not-found", 127],
} as const;

/** Images, as odd as Dockerfiles can make them. */
export const imageFaults: readonly FaultCase[] = [
  ...Object.entries(unstartable).map(
    ([path, [cause, code]]): FaultCase => ({
      name: `/${path} cannot be started`,
      onDemand: !EXAMPLES.includes(path),
      args: [`/${path}`],
      expect: { exit: { cause, code }, coverage: "any" },
    }),
  ),
  {
    name: "FROM scratch, with nothing but the program",
    image: "bare",
    expect: { exit: { code: 0 } },
  },
  {
    name: "an image without a shell, with a user of its own",
    image: "distroless",
    args: ["own-filter"],
    expect: { exit: { code: 0 }, printed: ["filter: ok"] },
  },
  {
    name: "a shared library that is missing",
    image: "missing-library",
    args: [],
    expect: { exit: { code: 127, cause: "exited" }, printed: ["libabsent.so"] },
  },
  {
    name: "ENTRYPOINT in shell form takes no arguments",
    image: "shell-form",
    args: ["ignored"],
    expect: { exit: { code: 3 }, printed: ["shell ignored"] },
  },
  {
    name: "HEALTHCHECK is not run, as Kubernetes does not",
    image: "healthcheck",
    args: ["sleep", "3"],
    expect: {
      exit: { code: 0 },
      also: ({ recording }) => {
        expect(recording.strayWrites).toEqual([]);
        expect(recording.processes.map(({ command }) => command)).toEqual(["sleep 3"]);
      },
    },
  },
  {
    name: "STOPSIGNAL changes nothing at the time limit",
    image: "stop-signal",
    args: ["/fault", "hears-term"],
    test: { timeout: "2s" },
    expect: { exit: { cause: "time-limit" }, printed: ["heard SIGTERM"] },
  },
  {
    name: "VOLUME is a folder of the container's own, and goes with it",
    onDemand: true,
    image: "volume",
    args: ["sh", "-c", "touch /data/inner/x; ls -ld /data"],
    expect: { exit: {} },
  },
  {
    name: "VOLUME over the Safe Haven's folders and ours",
    image: "volume-over",
    args: ["sh", "-c", "touch /scratch/a /safe_outputs/b /tmp/c"],
    expect: {
      exit: { code: 0 },
      also: ({ recording }) => expect(recording.outputs.files).toBe(1),
    },
  },
  {
    name: "WORKDIR that does not exist",
    image: "no-workdir",
    args: ["sh", "-c", "pwd"],
    // A rootless Podman may not make it below a root folder whose ids are mapped anew.
    expect: ({ rootless }) =>
      rootless ? { error: "engine.failed" } : { exit: { code: 0 }, printed: ["/does/not/exist"] },
  },
  {
    name: "WORKDIR below a file",
    onDemand: true,
    image: "workdir-in-file",
    expect: { error: "engine.failed" },
  },
  {
    name: "settings for Go and the loader in the image do not change the recorder",
    image: "go-settings",
    args: ["sh", "-c", "touch /tmp/x; /fault count-arguments"],
    expect: { exit: { code: 0 }, stray: ["/tmp/x"] },
  },
  {
    name: "/safe_outputs is a file in the image",
    onDemand: true,
    image: "outputs-file",
    expect: { error: "engine.failed" },
  },
  {
    name: "/safe_outputs is a link in the image",
    image: "outputs-link",
    args: ["sh", "-c", "touch /safe_outputs/x"],
    // The engines put files of their own there, to mount ours on.
    expect: {
      exit: { code: 0 },
      also: ({ recording }) => expect(recording.outputs.files).toBeGreaterThan(0),
    },
  },
  {
    name: "resolv.conf and hosts are links to nowhere",
    onDemand: true,
    image: "network-links",
    args: ["sh", "-c", "cat /etc/resolv.conf"],
    expect: { exit: { code: 0 }, printed: ["ndots:5"] },
  },
  {
    name: "a recorder of the image's own is not the one that is used",
    image: "ours-taken",
    args: ["sh", "-c", "touch /tmp/x"],
    expect: { exit: { code: 0 }, stray: ["/tmp/x"] },
  },
  {
    name: "a file where our folder would be",
    onDemand: true,
    image: "ours-a-file",
    expect: { error: "engine.failed" },
  },
  {
    name: "USER that nobody knows is not asked for",
    onDemand: true,
    image: "user",
    expect: { exit: { code: 0 } },
  },
  {
    name: "an image for another processor",
    onDemand: true,
    image: "other-processor",
    expect: { exit: { cause: "wrong-architecture", code: 126 }, coverage: "any" },
  },
];
