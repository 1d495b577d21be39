import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pack } from "tar-stream";
import { smallestProgram } from "../../../src/engine/smallest-program.ts";
import { programs } from "../../../tools/setup/faults.mjs";

/** A file of an image: its content, a link's target, or neither for a folder. */
interface File {
  readonly content?: Buffer | string;
  readonly link?: string;
  readonly mode?: number;
}

interface Image {
  readonly files: Readonly<Record<string, File>>;
  /** As the engines write an image's configuration. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly architecture?: string;
}

const program = (name: string, mode = 0o755): File => ({ content: readFileSync(join(programs, name)), mode });
const SAFE: Image["files"] = { safe_data: {}, safe_outputs: {}, scratch: {} };

/** A shell and its tools, everything in `programs/`, and files that cannot be started. */
function tools(): Image["files"] {
  const arm = smallestProgram("arm64");
  if (arm === undefined) throw new Error("there is no smallest program for arm64");
  return {
    ...SAFE,
    tmp: { mode: 0o1777 },
    etc: {},
    "etc/passwd": { content: "root:x:0:0:root:/root:/bin/sh\n" },
    bin: {},
    "bin/busybox": program("busybox"),
    ...Object.fromEntries(
      ["sh", "sleep", "cat", "ls", "env", "true", "touch"].map((name) => [
        `bin/${name}`,
        { link: "busybox" },
      ]),
    ),
    fault: program("fault"),
    "set-user-id": program("fault", 0o4755),
    "set-group-id": program("fault", 0o2755),
    bad: {},
    "bad/arm64": { content: arm, mode: 0o755 },
    "bad/windows": { content: "#!/bin/sh\r\necho hello\r\n", mode: 0o755 },
    "bad/no-interpreter": { content: "#!/opt/conda/bin/python\nprint(1)\n", mode: 0o755 },
    "bad/no-first-line": { content: "echo hello\n", mode: 0o755 },
    "bad/no-loader": program("dynamic"),
    "bad/plain": { content: "#!/bin/sh\necho hello\n", mode: 0o644 },
    "bad/private": { mode: 0o700 },
    "bad/private/run": { content: "#!/bin/sh\n", mode: 0o755 },
  };
}

/** A program that needs its libraries, and nothing beside it but these: no shell, no tools. */
const dynamic = (name: string): Image["files"] => ({
  ...SAFE,
  lib64: {},
  "lib64/ld-linux-x86-64.so.2": program("ld-linux-x86-64.so.2"),
  lib: {},
  "lib/x86_64-linux-gnu": {},
  "lib/x86_64-linux-gnu/libc.so.6": program("libc.so.6"),
  main: program(name),
});

const RUN = { Cmd: ["/fault", "nothing"] };

function describeImages() {
  const all = tools();
  return {
    tools: { files: all, config: RUN },
    bare: { files: { fault: program("fault") }, config: { Entrypoint: ["/fault"], Cmd: ["nothing"] } },
    distroless: {
      files: dynamic("dynamic"),
      config: { Entrypoint: ["/main"], Cmd: ["nothing"], User: "65532" },
    },
    "missing-library": { files: dynamic("without-library"), config: { Entrypoint: ["/main"] } },
    "shell-form": {
      files: all,
      config: { Entrypoint: ["/bin/sh", "-c", "/fault write-args; echo shell $0; exit 3"] },
    },
    healthcheck: {
      files: all,
      config: {
        ...RUN,
        Healthcheck: {
          Test: ["CMD-SHELL", "touch /tmp/health; exit 1"],
          Interval: 1e9,
          Timeout: 1e9,
          Retries: 1,
        },
      },
    },
    "stop-signal": { files: all, config: { ...RUN, StopSignal: "SIGUSR1" } },
    volume: { files: all, config: { ...RUN, Volumes: { "/data": {}, "/data/inner": {} } } },
    "volume-over": {
      files: all,
      config: {
        ...RUN,
        Volumes: { "/scratch": {}, "/safe_outputs": {}, "/safe_data": {}, "/.pratique": {}, "/tmp": {} },
      },
    },
    "no-workdir": { files: all, config: { ...RUN, WorkingDir: "/does/not/exist" } },
    "workdir-in-file": { files: all, config: { ...RUN, WorkingDir: "/fault/below" } },
    "go-settings": {
      files: all,
      config: {
        ...RUN,
        Env: [
          "GOMAXPROCS=1",
          "GOMEMLIMIT=1",
          "GOGC=1",
          "GOTRACEBACK=crash",
          "GODEBUG=gctrace=1,schedtrace=1,madvdontneed=1",
          "LD_PRELOAD=/absent.so",
          "TMPDIR=/absent",
        ],
      },
    },
    "outputs-file": {
      files: { ...all, safe_outputs: { content: "a file", mode: 0o644 } },
      config: RUN,
    },
    "outputs-link": {
      files: { ...all, safe_outputs: { link: "/etc" }, scratch: { link: "tmp" } },
      config: RUN,
    },
    "network-links": {
      files: {
        ...all,
        "etc/hosts": { link: "/nowhere/hosts" },
        "etc/resolv.conf": { link: "../run/resolv.conf" },
      },
      config: RUN,
    },
    "ours-taken": {
      files: {
        ...all,
        ".pratique": {},
        ".pratique/recorder": { content: "#!/bin/sh\nexit 0\n", mode: 0o755 },
      },
      config: RUN,
    },
    "ours-a-file": { files: { ...all, ".pratique": { content: "x", mode: 0o644 } }, config: RUN },
    user: { files: all, config: { ...RUN, User: "no-such-user:no-such-group" } },
    "other-processor": {
      files: { ...SAFE, main: all["bad/arm64"] ?? {} },
      config: { Entrypoint: ["/main"] },
      architecture: "arm64",
    },
  } satisfies Record<string, Image>;
}

export type ImageName = keyof ReturnType<typeof describeImages>;

/** Each process has tags of its own: engines are shared, by checkouts and by tests that run side by side. */
const REPOSITORY = "localhost/pratique-faults";
const TAG = "test-";

export const imageReference = (name: string): string => `${REPOSITORY}/${name}:${TAG}${process.pid}`;

/** The process whose tests an image was made for; nothing if it is no image of these tests. */
export function processOfImage(reference: string): number | undefined {
  const [repository, tag] = reference.split(/:(?=[^:]*$)/);
  return repository?.startsWith(`${REPOSITORY}/`) && tag?.startsWith(TAG)
    ? Number(tag.slice(TAG.length))
    : undefined;
}

async function tar(files: Image["files"]): Promise<Buffer> {
  const archive = pack();
  for (const [name, { content, link, mode }] of Object.entries(files)) {
    const common = { name, mtime: new Date(0) };
    if (link !== undefined) archive.entry({ ...common, type: "symlink", linkname: link });
    else if (content === undefined) archive.entry({ ...common, type: "directory", mode: mode ?? 0o755 });
    else archive.entry({ ...common, mode: mode ?? 0o644 }, content);
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** All images as one archive that Docker and Podman load; what they share is in it once. */
export async function imageArchive(): Promise<{ archive: Buffer; references: readonly string[] }> {
  const blobs: Record<string, File> = {};
  const manifest: unknown[] = [];
  const references: string[] = [];
  for (const [name, image] of Object.entries<Image>(describeImages())) {
    const layer = await tar(image.files);
    const id = createHash("sha256").update(layer).digest("hex");
    const config = JSON.stringify({
      architecture: image.architecture ?? "amd64",
      os: "linux",
      created: "2026-01-01T00:00:00Z",
      config: image.config,
      rootfs: { type: "layers", diff_ids: [`sha256:${id}`] },
      history: [{ created: "2026-01-01T00:00:00Z" }],
    });
    const configName = `${createHash("sha256").update(config).digest("hex")}.json`;
    const reference = imageReference(name);
    blobs[`${id}.tar`] = { content: layer };
    blobs[configName] = { content: config };
    manifest.push({ Config: configName, RepoTags: [reference], Layers: [`${id}.tar`] });
    references.push(reference);
  }
  blobs["manifest.json"] = { content: JSON.stringify(manifest) };
  return { archive: await tar(blobs), references };
}
