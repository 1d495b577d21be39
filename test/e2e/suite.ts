import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { EngineName } from "../../src/engine/engine.ts";
import { withoutMeasured } from "../../src/evidence/measured.ts";
import type { Report } from "../../src/evidence/report.ts";
import { isFileLocation } from "../../src/findings/finding.ts";
import { fences, isShown } from "../documents/read.ts";
import {
  base,
  finish,
  type Holdings,
  holdings,
  leftBehind,
  pratique,
  printed,
  project,
  root,
  start,
} from "./support.ts";

interface Expected {
  readonly verdict: Report["verdict"];
  readonly exitCode: number;
  readonly mustFail: readonly string[];
  readonly mustPass: readonly string[];
  readonly findings: readonly string[];
  /** How many expectations of its settings are met: all of them. */
  readonly expectationsMet?: number;
}

const GOOD_LINES = [
  "RUN mkdir /safe_data /safe_outputs /scratch",
  "ENV HOME=/scratch TMPDIR=/scratch TMP=/scratch TEMP=/scratch",
];

/** Everything that must hold on an engine, the same for each. */
export function defineSuite(engine: EngineName): void {
  const dockerfile = (...lines: string[]): string =>
    [`FROM ${base("PYTHON_BASE")}`, ...GOOD_LINES, ...lines, ""].join("\n");
  const check = (folder: string, output: string, ...more: string[]) =>
    pratique(["check", folder, "--engine", engine, "--output", output, "--format", "json", ...more]);

  let before: Holdings;
  beforeAll(() => {
    before = holdings(engine);
  });
  const cases: { dispose(): void }[] = [];
  const make = (files: Readonly<Record<string, string>>) => {
    const made = project(files);
    cases.push(made);
    return made;
  };
  afterEach(() => {
    for (const made of cases.splice(0)) made.dispose();
  });
  const expectNothingLeft = async (output: string): Promise<void> => {
    expect(await leftBehind(engine, before, output)).toEqual([]);
  };

  describe("the examples", () => {
    const examples = readdirSync(join(root, "examples"), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    const output = mkdtempSync(join(tmpdir(), "examples-"));
    afterAll(() => rmSync(output, { recursive: true, force: true }));

    it.each(examples.map((entry) => entry.name))("%s comes out as it says", async (name) => {
      const expected: Expected = JSON.parse(
        readFileSync(join(root, "examples", name, "expected.json"), "utf8"),
      );
      const folder = join(output, name);
      const { code, report } = await check(join("examples", name), folder);
      const status = new Map(report.requirements.map((r) => [r.id, r.status]));
      expect({ verdict: report.verdict, code }).toEqual({
        verdict: expected.verdict,
        code: expected.exitCode,
      });
      expect(expected.mustFail.filter((id) => status.get(id) !== "fail")).toEqual([]);
      expect(expected.mustPass.filter((id) => status.get(id) !== "pass")).toEqual([]);
      const rules = new Set(report.findings.map((finding) => finding.rule));
      expect(expected.findings.filter((rule) => !rules.has(rule))).toEqual([]);
      const expectations = report.expectations.flatMap((run) => run.expectations);
      expect(expectations.filter((one) => one.status !== "met")).toEqual([]);
      expect(expectations).toHaveLength(expected.expectationsMet ?? 0);
      expect(report.recording?.user).toEqual({ uid: 1998602116, gid: 1998600502 });
      expect(report.recording?.coverage).toMatchObject({
        network: { status: "observed" },
        names: { status: "observed" },
        writes: { status: "observed" },
      });
      expect(report.requirements.filter((r) => r.status === "not-assessed" && r.reason === "")).toEqual([]);
      expect(report.build?.bases.every((image) => /^sha256:[0-9a-f]{64}$/.test(image.digest ?? ""))).toBe(
        true,
      );
      expect(JSON.parse(readFileSync(join(folder, "report.json"), "utf8"))).toEqual(report);
      expect(readFileSync(join(folder, "index.html"), "utf8")).toContain(report.summary.slice(0, 20));
      await expectNothingLeft(folder);
    });

    it("says the same of the same thing, but for what is measured", async () => {
      const folder = join(output, "twice");
      const first = await check("examples/home-writer", folder);
      const second = await check("examples/home-writer", folder);
      expect(withoutMeasured(second.report)).toEqual(withoutMeasured(first.report));
      expect(first.report.files).toContainEqual({
        kind: "source",
        path: "src/waiting_times.py",
        sha256: createHash("sha256")
          .update(readFileSync(join(root, "examples/home-writer/src/waiting_times.py")))
          .digest("hex"),
      });
      expect(first.report.tools?.map(({ name }) => name)).toEqual(
        expect.arrayContaining(["node", engine, "pratique-recorder"]),
      );
    });

    it("says which process wanted which host, and for how long it waited", async () => {
      const report: Report = JSON.parse(readFileSync(join(output, "clinical-notes", "report.json"), "utf8"));
      const attempt = report.recording?.attempts.find((entry) => entry.host === "huggingface.co");
      expect(attempt).toMatchObject({ protocol: "dns" });
      expect(attempt?.process.command).toContain("count_tokens.py");
      expect(attempt?.secondsLost).toBeGreaterThan(5);
      const finding = report.findings.find((entry) => entry.rule === "no-runtime-download");
      const places = (finding?.proofs ?? []).flatMap((proof) =>
        isFileLocation(proof.location) ? [proof.location.file] : [],
      );
      expect(places).toContain("src/count_tokens.py");
      expect(finding?.fix).toContain("HF_HUB_OFFLINE=1");
    });

    it("prints what README.md shows", async () => {
      const { stdout } = await pratique(["report", join(output, "clinical-notes")]);
      const sample = fences("README.md").find(({ text }) => text.startsWith("NOT CLEAR"))?.text ?? "";
      expect(sample).toContain("no-runtime-download");
      expect(isShown(sample, stdout), stdout).toBe(true);
    });
  });

  describe("the run", () => {
    it("has the user, mounts and limits of the profile", async () => {
      const made = make({
        Dockerfile: dockerfile("COPY probe.py /app/", 'CMD ["python", "/app/probe.py"]'),
        "pratique.yaml": "version: 1\ntest:\n  data: data\n  env: {WANTED: yes}\n  timeout: 60s\n",
        "data/a.csv": "x\n1\n",
        ".dockerignore": "data\npratique.yaml\n",
        "probe.py": [
          "import json, os, pwd, sys",
          "def passwd():",
          "    try: return pwd.getpwuid(os.getuid()).pw_name",
          "    except KeyError: return None",
          "def write(path):",
          "    try: open(path, 'w').close(); return 'written'",
          "    except OSError as e: return e.strerror",
          "status = dict(line.split(':', 1) for line in open('/proc/self/status'))",
          "print(json.dumps(dict(uid=os.getuid(), gid=os.getgid(), passwd=passwd(),",
          "  caps=[status[k].strip() for k in ('CapEff', 'CapPrm', 'CapBnd')], nnp=status['NoNewPrivs'].strip(),",
          "  data=os.listdir('/safe_data'), todata=write('/safe_data/x'), outputs=write('/safe_outputs/x'),",
          "  scratch=write('/scratch/x'), tty=sys.stdin.isatty(), stdin=sys.stdin.read(), home=os.environ.get('HOME'),",
          "  wanted=os.environ.get('WANTED'), resolv=open('/etc/resolv.conf').read(),",
          "  proxies=[k for k in os.environ if k.lower().endswith('_proxy')])))",
        ].join("\n"),
      });
      const { report } = await check(made.folder, made.output);
      const seen = JSON.parse(report.recording?.log.tail.at(-1) ?? "null");
      expect(seen).toMatchObject({
        uid: 1998602116,
        gid: 1998600502,
        passwd: null,
        caps: ["0000000000000000", "0000000000000000", "0000000000000000"],
        nnp: "1",
        data: ["a.csv"],
        todata: "Read-only file system",
        outputs: "written",
        scratch: "written",
        tty: false,
        stdin: "",
        home: "/scratch",
        wanted: "yes",
        proxies: [],
      });
      expect(seen.resolv).toContain("ndots:5");
      expect(report.recording?.failedWrites).toMatchObject([
        { path: "/safe_data/x", reason: "read-only file system" },
      ]);
      expect(readdirSync(join(made.output, "safe_outputs"))).toEqual(["x"]);
      await expectNothingLeft(made.output);
    });

    it("records connections to addresses, by process, and leaves local ones alone", async () => {
      const made = make({
        Dockerfile: dockerfile("COPY net.py /app/", 'CMD ["python", "/app/net.py"]'),
        ".dockerignore": "pratique.yaml\n",
        "net.py": [
          "import socket, threading",
          "server = socket.create_server(('127.0.0.1', 0))",
          "threading.Thread(target=lambda: server.accept(), daemon=True).start()",
          "socket.create_connection(server.getsockname()).close()",
          "s = socket.socket(); s.settimeout(2)",
          "try: s.connect(('192.0.2.7', 443))",
          "except OSError as e: print('no', e)",
          "open('/tmp/stray', 'w').write('x')",
        ].join("\n"),
      });
      const { report, code } = await check(made.folder, made.output);
      expect(report.recording?.attempts).toMatchObject([
        { host: null, address: "192.0.2.7", port: 443, protocol: "tcp", count: 1 },
      ]);
      expect(report.recording?.attempts[0]?.secondsLost).toBeGreaterThan(1);
      expect(report.recording?.strayWrites).toMatchObject([{ path: "/tmp/stray" }]);
      expect({ code, verdict: report.verdict }).toEqual({ code: 1, verdict: "not-clear" });
    });

    it("says who lived how long and used what, who read standard input, and what was read and written", async () => {
      const made = make({
        Dockerfile: dockerfile(
          "COPY lives.py /app/",
          "RUN cp /bin/true /app/special && chmod 4755 /app/special",
          'CMD ["python3", "/app/lives.py"]',
        ),
        "pratique.yaml": "version: 1\ntest:\n  data: data\n  lineage: true\n  timeout: 120s\n",
        "data/a.csv": "x\n1\n",
        ".dockerignore": "data\npratique.yaml\n",
        "lives.py": [
          "import os, socket, subprocess, time",
          "subprocess.run(['sh', '-c', 'exit 3'])",
          "killed = subprocess.Popen(['sleep', '60']); time.sleep(0.5); killed.kill(); killed.wait()",
          "subprocess.run(['/app/special'])",
          "server = socket.socket(); server.bind(('0.0.0.0', 6006)); server.listen()",
          "own = socket.socket(); own.bind(('127.0.0.1', 0)); own.listen()",
          "open('/safe_data/a.csv').read()",
          "memory = bytearray(200_000_000); time.sleep(0.5)",
          "open('/tmp/stray', 'w').write('x' * 1000)",
          "open('/tmp/gone', 'w').write('x' * 2000); os.unlink('/tmp/gone')",
          "open('/safe_outputs/r.csv', 'w').write('a,b\\n')",
          "shared = open('/dev/shm/full', 'wb')",
          "try:",
          "    for i in range(100): shared.write(b'x' * 1_000_000); shared.flush()",
          "except OSError as error: print(error.strerror)",
          "time.sleep(1)",
          "try: input()",
          "except EOFError: print('nobody answered')",
        ].join("\n"),
      });
      const { report } = await check(made.folder, made.output);
      const { recording } = report;
      if (recording === null) throw new Error("there is no recording");
      const tree = recording.processTree;
      const main = tree[0];
      expect(main).toMatchObject({ parent: 0, exitCode: 0, measured: "exit" });
      expect(main?.command).toContain("lives.py");
      expect(main?.peakMemory).toBeGreaterThan(200_000_000);
      expect(tree.find(({ command }) => command === "sh -c exit 3")).toMatchObject({
        parent: main?.pid,
        exitCode: 3,
        measured: "exit",
      });
      const sleeper = tree.find(({ command }) => command === "sleep 60");
      expect(sleeper).toMatchObject({ parent: main?.pid, exitCode: null });
      expect(sleeper?.endedAt).toBeGreaterThan(sleeper?.startedAt ?? 0);
      expect(recording.input).toMatchObject({ stdinRead: true, stdinReaders: [{ pid: main?.pid }] });
      expect(recording.listens).toMatchObject([{ address: "0.0.0.0", port: 6006, count: 1 }]);
      expect(recording.setUserId).toMatchObject([{ path: "/app/special", kind: "user" }]);
      const { limits, peaks, full, samples, cpuSeconds } = recording.usage;
      expect(limits).toMatchObject({ sharedMemory: 64 * 1024 ** 2, memory: 4 * 1024 ** 3 });
      expect(peaks.memory).toBeGreaterThan(200_000_000);
      expect(peaks.sharedMemory).toBeGreaterThan(66_000_000);
      expect(full.map(({ path }) => path)).toEqual(["/dev/shm"]);
      expect(cpuSeconds).toBeGreaterThan(0);
      expect(samples.at.length).toBeGreaterThan(3);
      const sizes = new Map(
        recording.strayWrites.map(({ path, operation, bytes }) => [path + operation, bytes]),
      );
      expect([sizes.get("/tmp/straycreate"), sizes.get("/tmp/gonecreate")]).toEqual([1000, 2000]);
      expect(recording.strayWrites.every(({ survives }) => !survives)).toBe(true);
      expect(recording.failedWrites).toContainEqual(
        expect.objectContaining({ path: "/dev/shm/full", reason: "no space left on device" }),
      );
      expect(recording.reads).toMatchObject([
        { path: "/safe_data/a.csv", bytes: 4, sha256: createHash("sha256").update("x\n1\n").digest("hex") },
      ]);
      expect(recording.outputs.list).toEqual([
        { path: "r.csv", bytes: 4, sha256: createHash("sha256").update("a,b\n").digest("hex") },
      ]);
      expect(report.findings.map(({ rule }) => rule)).toEqual(
        expect.arrayContaining(["input-read", "port-opened", "set-user-id-used", "no-space-left"]),
      );
      await expectNothingLeft(made.output);
    });

    it("is stopped at the time limit", async () => {
      const made = make({
        Dockerfile: dockerfile('CMD ["sleep", "600"]'),
        "pratique.yaml": "version: 1\ntest:\n  timeout: 3s\n",
        ".dockerignore": "pratique.yaml\n",
      });
      const { report, code } = await check(made.folder, made.output);
      expect(report.recording?.exit.cause).toBe("time-limit");
      expect(report.recording?.seconds).toBeLessThan(15);
      expect(report.findings.map((finding) => finding.rule)).toContain("job-fails");
      expect(code).toBe(1);
      await expectNothingLeft(made.output);
    });

    it("says when memory ran out", async () => {
      const made = make({
        Dockerfile: dockerfile('CMD ["python", "-c", "x = bytearray(10**9); print(len(x))"]'),
        "pratique.yaml": "version: 1\ntest:\n  memory: 64m\n",
        ".dockerignore": "pratique.yaml\n",
      });
      const { report, code } = await check(made.folder, made.output);
      expect(report.recording?.exit).toMatchObject({ cause: "memory", signal: "SIGKILL" });
      // Podman's monitor leaves such a file where it was started.
      expect(existsSync(join(root, "oom"))).toBe(false);
      expect(code).toBe(1);
      await expectNothingLeft(made.output);
    });

    it("tries a read-only root on demand, and judges only what is foreseen by it", async () => {
      const made = make({
        Dockerfile: dockerfile(
          "RUN mkdir -m 777 /work",
          'CMD ["sh", "-c", "echo x > /work/file; echo y > /safe_outputs/file"]',
        ),
      });
      const { report } = await check(made.folder, made.output, "--foreseen");
      expect(report.recording?.strayWrites).toMatchObject([{ path: "/work/file" }]);
      expect(report.others.find(({ runtime }) => runtime === "future")?.failedWrites).toMatchObject([
        { path: "/work/file", reason: "read-only file system" },
      ]);
      expect(report.findings.map((finding) => finding.rule)).toContain("read-only-root");
      expect(report.requirements.find((r) => r.id === "DIR-08.RO")?.status).not.toBe("pass");
      await expectNothingLeft(made.output);
    });

    it("is judged by what the engine shows where the recorder is missing, and says so", async () => {
      const made = make({ Dockerfile: dockerfile('CMD ["true"]') });
      const args = ["check", made.folder, "--engine", engine, "--output", made.output, "--format", "json"];
      const { report, code } = await pratique(args, { env: { PRATIQUE_RECORDER: "/nonexistent" } });
      expect(report.recording?.exit.code).toBe(0);
      expect(report.recording?.coverage.network.status).toBe("not-observed");
      expect(report.requirements.find((r) => r.id === "OFF-01")?.status).toBe("not-assessed");
      expect({ code, verdict: report.verdict }).toEqual({ code: 1, verdict: "incomplete" });
      expect(report.notes.join("\n")).toContain("recorder");
      await expectNothingLeft(made.output);
    });

    it("starts nothing where the image names no program", async () => {
      const made = make({ Dockerfile: "FROM scratch\nCOPY job /job\n", job: "x" });
      const { report, code } = await check(made.folder, made.output);
      expect(report.recording?.exit).toMatchObject({ code: null, cause: "not-started" });
      expect(report.recording?.coverage.network.status).toBe("not-observed");
      expect(report.requirements.filter((r) => r.status === "pass").map((r) => r.id)).not.toContain("OFF-01");
      expect(code).toBe(1);
      await expectNothingLeft(made.output);
    });

    it("names a program that is not there", async () => {
      const made = make({ Dockerfile: dockerfile('CMD ["no-such-program"]') });
      const { report, code } = await check(made.folder, made.output);
      expect(report.recording?.exit.cause).toBe("not-found");
      expect(report.findings.map((finding) => finding.rule)).toContain("program-not-found");
      expect(code).toBe(1);
      await expectNothingLeft(made.output);
    });
  });

  describe("what goes wrong", () => {
    it("a build that fails is a finding at its instruction", async () => {
      const made = make({ Dockerfile: dockerfile("RUN echo working && false", 'CMD ["true"]') });
      const { report, code } = await check(made.folder, made.output);
      const finding = report.findings.find((entry) => entry.rule === "build-fails");
      expect(finding?.location).toMatchObject({ file: "Dockerfile", startLine: 4 });
      expect(code).toBe(1);
      expect(readFileSync(join(made.output, "build.log"), "utf8")).toContain("working");
      await expectNothingLeft(made.output);
    });

    it("keeps the values of secrets out of what the engine printed", async () => {
      const secrets = [`ghp_${"aB3dE5fG7h".repeat(4).slice(0, 36)}`, "correct-horse-battery"];
      const made = make({
        Dockerfile: dockerfile(
          `ARG DEPLOY_TOKEN=${secrets[0]}`,
          `ENV DB_PASSWORD=${secrets[1]}`,
          "RUN false",
        ),
      });
      const { code, stdout, stderr } = await pratique([
        "check",
        made.folder,
        "--engine",
        engine,
        "--output",
        made.output,
        "--verbose",
      ]);
      expect(code).toBe(1);
      const log = readFileSync(join(made.output, "build.log"), "utf8");
      expect(log).toMatch(/ENV DB_PASSWORD=\(hidden\)/);
      for (const secret of secrets) expect(log + stdout + stderr).not.toContain(secret);
    });

    it("a project without a Dockerfile, and a folder that is not there", async () => {
      const made = make({ "readme.txt": "x" });
      const empty = await pratique(["check", made.folder, "--engine", engine]);
      expect([empty.code, empty.stderr]).toEqual([2, expect.stringContaining("[project.no-dockerfile]")]);
      const missing = await pratique(["check", join(made.folder, "missing"), "--engine", engine]);
      expect([missing.code, missing.stderr]).toEqual([2, expect.stringContaining("[project.not-found]")]);
    });

    it("an unknown key in the settings", async () => {
      const made = make({ Dockerfile: dockerfile(), "pratique.yaml": "version: 1\ntest:\n  timout: 5s\n" });
      const { code, stderr } = await pratique(["check", made.folder, "--engine", engine]);
      expect(code).toBe(2);
      expect(stderr).toContain("pratique.yaml:3");
      expect(stderr).toContain("timeout");
    });

    it("an output folder that cannot be written", async () => {
      const made = make({ Dockerfile: dockerfile(), file: "in the way" });
      const { code, stderr } = await pratique([
        "check",
        made.folder,
        "--engine",
        engine,
        "--output",
        join(made.folder, "file"),
      ]);
      expect([code, stderr]).toEqual([3, expect.stringContaining("[output.not-writable]")]);
    });

    it("an engine that is not installed, not started or not permitted", async () => {
      const made = make({ Dockerfile: dockerfile('CMD ["true"]') });
      const tools = mkdtempSync(join(tmpdir(), "tools-"));
      const args = ["check", made.folder, "--engine", engine, "--output", made.output];
      const fake = (words: string): void => {
        writeFileSync(join(tools, engine), `#!/bin/sh\necho '${words}' >&2\nexit 125\n`);
        chmodSync(join(tools, engine), 0o755);
      };
      try {
        const absent = await pratique(args, { env: { PATH: tools } });
        expect([absent.code, absent.stderr]).toEqual([3, expect.stringContaining("[engine.not-installed]")]);
        fake("Error: Cannot connect to the daemon. Is the docker daemon running?");
        const stopped = await pratique(args, { env: { PATH: `${tools}:/usr/bin:/bin` } });
        expect([stopped.code, stopped.stderr]).toEqual([3, expect.stringContaining("[engine.not-started]")]);
        fake("Got permission denied while trying to connect to the socket");
        const refused = await pratique(args, { env: { PATH: `${tools}:/usr/bin:/bin` } });
        expect([refused.code, refused.stderr]).toEqual([
          3,
          expect.stringContaining("[engine.not-permitted]"),
        ]);
        // What could be done without an engine was done, and the report says what was not.
        const report: Report = JSON.parse(readFileSync(join(made.output, "report.json"), "utf8"));
        expect(report.steps.map((step) => [step.id, step.status])).toEqual([
          ["lint", "done"],
          ["build", "failed"],
          ["inspect", "not-assessed"],
          ["test", "not-assessed"],
          ["scan", "not-assessed"],
        ]);
        expect(report.verdict).toBe("incomplete");
      } finally {
        rmSync(tools, { recursive: true, force: true });
      }
    });
  });

  describe("an end that nobody planned", () => {
    /** Long enough in each step to be caught there. */
    const slow = () =>
      make({
        Dockerfile: dockerfile(
          `RUN echo ${Math.random()} && sleep 4`,
          "RUN python -c 'import os; [os.makedirs(f\"/opt/f/{i}\") for i in range(6000)]'",
          'CMD ["sleep", "20"]',
        ),
        "pratique.yaml": "version: 1\ntest:\n  timeout: 30s\n",
        ".dockerignore": "pratique.yaml\n",
      });
    const steps = [
      { step: "lint", wait: 0 },
      { step: "build", wait: 1500 },
      { step: "inspect", wait: 300 },
      { step: "test", wait: 2500 },
    ] as const;

    it.each(steps)("Ctrl-C in $step leaves nothing behind", async ({ step, wait }) => {
      const made = slow();
      const child = start(["check", made.folder, "--engine", engine, "--output", made.output]);
      const ended = finish(child);
      await printed(child, `${step}: `);
      await sleep(wait);
      child.kill("SIGINT");
      const { code, stderr } = await ended;
      expect([code, stderr]).toEqual([130, expect.stringContaining("[interrupted]")]);
      await expectNothingLeft(made.output);
    });

    it.each(steps)("kill -9 in $step is cleared up by the next run", async ({ step, wait }) => {
      const made = slow();
      const child = start(["check", made.folder, "--engine", engine, "--output", made.output]);
      const ended = finish(child);
      await printed(child, `${step}: `);
      await sleep(wait);
      child.kill("SIGKILL");
      await ended;
      const next = make({ Dockerfile: dockerfile('CMD ["true"]') });
      const { report } = await check(next.folder, next.output);
      expect(report.recording?.exit.code).toBe(0);
      await expectNothingLeft(next.output);
      await expectNothingLeft(made.output);
    });
  });
}
