import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ApptainerRunner, buildSif, findApptainer } from "./apptainer.ts";
import type { ContainerPlan } from "./engine.ts";

/** A program of the name that writes down how it was called, and then does what the test says. */
let folder: string;
const before = { ...process.env };
const install = (name: string, script: string): void => {
  const path = join(folder, "bin", name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
};
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pratique-apptainer-"));
  mkdirSync(join(folder, "bin"));
  process.env.PATH = `${join(folder, "bin")}:/usr/bin:/bin`;
  process.env.http_proxy = "http://proxy.example:3128";
  process.env.APPTAINER_BIND = "/etc";
});
afterEach(() => {
  process.env = { ...before };
  rmSync(folder, { recursive: true, force: true });
});

const signal = new AbortController().signal;
const plan: ContainerPlan = {
  name: "job",
  image: "sha256:0",
  labels: {},
  user: "36177:4797",
  mappedUser: undefined,
  network: "none",
  capabilities: [],
  noNewPrivileges: true,
  readOnlyRoot: true,
  mounts: [
    { source: "/rec", target: "/.pratique/recorder", readOnly: true },
    { source: "/n/passwd", target: "/etc/passwd", readOnly: true },
    { source: "/d,1", target: "/safe_data", readOnly: true },
    { source: "/h", target: "/home/shs", readOnly: false },
  ],
  temporary: ["/tmp"],
  environment: { HOME: "/home/shs", TOKEN: "hidden", APPTAINER_NAME: "x" },
  environmentFile: undefined,
  workingDirectory: "/home/shs",
  entrypoint: "/.pratique/recorder",
  command: ["run", "--", "python", "fit.py"],
  memory: "4g",
  processes: 10,
  processors: undefined,
  sharedMemory: "2g",
};

describe("findApptainer", () => {
  it("finds it, or Singularity, or neither", async () => {
    expect(await findApptainer()).toBeUndefined();
    install("singularity", "echo singularity-ce version 3.8.0");
    expect(await findApptainer()).toEqual({ name: "singularity", version: "3.8.0" });
    install("apptainer", "echo apptainer version 1.3.4-1.el9");
    expect(await findApptainer()).toEqual({ name: "apptainer", version: "1.3.4-1.el9" });
    install("apptainer", "exit 1");
    expect((await findApptainer())?.name).toBe("singularity");
    writeFileSync(join(folder, "bin", "apptainer"), "no program");
    chmodSync(join(folder, "bin", "apptainer"), 0o755);
    expect((await findApptainer())?.name).toBe("singularity");
  });
});

describe("ApptainerRunner", () => {
  const runner = () => new ApptainerRunner({ name: "apptainer", version: "1.3.4" }, "/x/image.sif", folder);
  const call = (): { args: string[]; environment: string[] } => ({
    args: readFileSync(join(folder, "args"), "utf8").split("\n").slice(0, -1),
    environment: readFileSync(join(folder, "env"), "utf8").split("\n"),
  });
  const note = (): string => `printf '%s\\n' "$@" > ${folder}/args; env > ${folder}/env`;

  it("starts the program as the plan says, and lets nothing of this machine in", async () => {
    install("apptainer", `${note()}; echo out; exit 3`);
    let printed = "";
    const one = runner();
    const result = await one.runContainer(plan, {
      signal,
      onStdout: (chunk) => {
        printed += String(chunk);
      },
    });
    expect(result).toMatchObject({ code: 3, timedOut: false });
    expect(printed).toBe("out\n");
    expect(await one.containerState("job")).toEqual({
      started: true,
      exitCode: 3,
      outOfMemory: false,
      error: "",
    });
    const { args, environment } = call();
    const text = args.join(" ");
    expect(args[0]).toBe("exec");
    expect(text).toContain("--contain");
    expect(text).toContain("--net --network none");
    expect(text).toContain("--home /h:/home/shs --pwd /home/shs");
    expect(text).toContain('--mount type=bind,source="/d,1",destination=/safe_data,ro');
    // Apptainer writes these itself.
    expect(text).not.toContain("/etc/passwd");
    expect(args.slice(args.indexOf("/x/image.sif"))).toEqual([
      "/x/image.sif",
      "/.pratique/recorder",
      "run",
      "--",
      "python",
      "fit.py",
    ]);
    expect(text).not.toContain("hidden");
    expect(environment).toContain("APPTAINERENV_TOKEN=hidden");
    for (const name of ["http_proxy", "APPTAINER_BIND", "APPTAINERENV_HOME"])
      expect(environment.filter((line) => line.startsWith(`${name}=`))).toEqual([]);
  });

  it("says what Apptainer complains of", async () => {
    install("apptainer", "echo 'FATAL:   container creation failed: no' >&2; exit 255");
    const one = runner();
    await one.runContainer(plan, { signal });
    expect((await one.containerState("job"))?.error).toContain("container creation failed");
    expect(await one.containerState("other")).toBeUndefined();
  });

  it("ends a program that is asked to end, and one whose time is up", async () => {
    install("apptainer", "exec sleep 60");
    const one = runner();
    const running = one.runContainer(plan, { signal });
    await new Promise((resolve) => setTimeout(resolve, 300));
    await one.kill("job");
    expect(await running).toMatchObject({ code: 137 });
    expect((await one.containerState("job"))?.exitCode).toBe(137);
    await one.remove("job");
    const stop = new AbortController();
    const stopped = one.runContainer(plan, { signal: stop.signal });
    stop.abort(new Error("no"));
    await expect(stopped).rejects.toMatchObject({ code: "interrupted" });
  });

  it("makes the image of an archive, and says why it could not", async () => {
    install("apptainer", note());
    await buildSif({ name: "apptainer", version: "1" }, "/x/image.tar", "/x/image.sif", signal);
    expect(call().args).toEqual(["build", "/x/image.sif", "docker-archive:/x/image.tar"]);
    install("apptainer", "echo 'FATAL: no space' >&2; exit 255");
    await expect(buildSif({ name: "apptainer", version: "1" }, "/x/a", "/x/b", signal)).rejects.toMatchObject(
      {
        code: "engine.failed",
        message: expect.stringContaining("no space"),
      },
    );
  });
});
