import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EngineName } from "../../src/engine/engine.ts";
import type { Report } from "../../src/evidence/report.ts";
import { findRuntime } from "../../src/profiles/find.ts";
import { testProfile } from "../../src/rules/test-facts.ts";
import { base, finish, pratique, project, start } from "./support.ts";

/** Prints as JSON what the container is like from the inside. */
const PROBE = `
import grp, json, os, pwd, sys
def known(look):
    try: return look()
    except KeyError: return None
def write(folder):
    path = os.path.join(folder, "probe")
    try:
        with open(path, "w") as file: file.write("x")
        if folder not in KEPT: os.unlink(path)
        return "written"
    except OSError as error: return error.strerror
def limit(*paths):
    return next((open(path).read().strip() for path in paths if os.path.exists(path)), None)
KEPT = ["/safe_data", "/safe_outputs"]
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
mounts = {words[1]: words[2:4] for words in map(str.split, open("/proc/mounts"))}
shm = os.statvfs("/dev/shm")
folders = ["/", "/safe_data", "/safe_outputs", "/scratch", "/tmp", "/home/shs"]
print(json.dumps(dict(
    uid=os.getuid(), gid=os.getgid(), groups=os.getgroups(),
    user=known(lambda: pwd.getpwuid(os.getuid()).pw_name), group=known(lambda: grp.getgrgid(os.getgid()).gr_name),
    home=os.path.expanduser("~"), cwd=os.getcwd(),
    capabilities=[status[key].strip() for key in ("CapEff", "CapPrm", "CapBnd")],
    mounts={path: dict(kind=kind, access=options.split(",")[0]) for path, (kind, options) in mounts.items()},
    writes={folder: write(folder) for folder in folders},
    shm=shm.f_blocks * shm.f_frsize,
    memory=limit("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"),
    processes=limit("/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"),
    terminal=sys.stdin.isatty(), environment=dict(os.environ), resolv=open("/etc/resolv.conf").read())))
`;

interface Seen {
  readonly uid: number;
  readonly gid: number;
  readonly user: string | null;
  readonly home: string;
  readonly cwd: string;
  readonly capabilities: readonly string[];
  readonly mounts: Readonly<Record<string, { readonly kind: string; readonly access: string } | undefined>>;
  readonly writes: Readonly<Record<string, string>>;
  readonly shm: number;
  readonly memory: string;
  readonly processes: string;
  readonly terminal: boolean;
  readonly environment: Readonly<Record<string, string>>;
  readonly resolv: string;
}

/** Numbers of the kernel, from linux/capability.h. */
const CAPABILITIES: Readonly<Record<string, number>> = {
  CHOWN: 0,
  DAC_OVERRIDE: 1,
  FOWNER: 3,
  FSETID: 4,
  KILL: 5,
  SETGID: 6,
  SETUID: 7,
  SETPCAP: 8,
  NET_BIND_SERVICE: 10,
  SYS_CHROOT: 18,
  SETFCAP: 31,
};
const BYTES: Readonly<Record<string, number>> = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 };
const bytes = (size: string): number => Number(size.slice(0, -1)) * (BYTES[size.at(-1) ?? ""] ?? 1);

/** One image in every runtime of the profile, and with files for `ces-run`. */
export function defineRuntimesSuite(engine: EngineName): void {
  const profile = testProfile();
  const made = project({
    Dockerfile: [
      `FROM ${base("PYTHON_BASE")}`,
      "RUN mkdir /safe_data /safe_outputs /scratch",
      "WORKDIR /opt/app",
      "COPY probe.py /opt/app/",
      'ENTRYPOINT ["python"]',
      'CMD ["/opt/app/probe.py"]',
      "",
    ].join("\n"),
    "probe.py": PROBE,
    ".dockerignore": "*\n!probe.py\n",
    "pratique.yaml": "version: 1\ntest: { data: data, timeout: 60s, env: { GIVEN: 'a \"b\" ' } }\n",
    "data/a.csv": "x\n1\n",
    opt_file:
      "-e FROM_OPTIONS=hidden-option\n-v ./desk:/mnt/x\n--mount\ntype=tmpfs,destination=/run/extra\n-it\n",
    arg_file: "-c\n\"import os, time; time.sleep(3); print(os.path.ismount('/run/extra'))\"\n",
    "run.env": 'FROM_FILE="hidden-value"\n',
    "desk/note.txt": "x\n",
  });
  afterAll(() => made.dispose());
  const common = ["--engine", engine, "--output", made.output, "--format", "json"];

  describe("the runtimes of the profile", () => {
    let report: Report;
    beforeAll(async () => {
      const env = { http_proxy: "http://proxy.example:3128", HTTPS_PROXY: "http://proxy.example:3128" };
      ({ report } = await pratique(["check", made.folder, "--matrix", ...common], { env }));
    });
    const seenIn = (id: string): Seen => {
      const run = [report.recording, ...report.others].find((one) => one?.runtime === id);
      return JSON.parse(run?.log.tail.at(-1) ?? "null");
    };

    it.each(Object.keys(profile.runtimes))("%s is as the profile says", (id) => {
      const runtime = findRuntime(profile, id);
      const seen = seenIn(id);
      expect(seen).toMatchObject({
        uid: runtime.user.value,
        gid: runtime.group.value,
        user: runtime.user.value === 0 ? "root" : runtime.passwdEntry.value ? "shs" : null,
        home: runtime.home.value,
        cwd: runtime.workingDirectory.value === "home" ? runtime.home.value : "/opt/app",
        terminal: false,
        shm: bytes(runtime.sharedMemory.value),
        environment: { ...runtime.environment.value, GIVEN: 'a "b" ', HOME: runtime.home.value },
      });
      const mask = runtime.capabilities.value.reduce((sum, name) => sum + 2 ** (CAPABILITIES[name] ?? 63), 0);
      for (const hex of seen.capabilities) expect(Number.parseInt(hex, 16)).toBe(mask);
      if (report.notes.every((note) => !note.startsWith("Limits of memory"))) {
        expect(Number(seen.memory)).toBe(bytes(runtime.memory.value));
        expect(Number(seen.processes)).toBe(runtime.processes.value);
      }
      const readOnly = runtime.rootFileSystem.value === "read-only";
      expect(seen.mounts["/"]?.access).toBe(readOnly ? "ro" : "rw");
      for (const folder of ["data", "outputs", "scratch", "home"] as const) {
        const mount = runtime.mounts.find(({ value }) => value.directory === folder)?.value;
        const path = folder === "home" ? "/home/shs" : profile.directories[folder].value;
        const wanted = mount && (mount.access === "read-only" ? "ro" : "rw");
        expect([path, seen.mounts[path]?.access]).toEqual([path, wanted]);
        if (wanted === "rw") expect([path, seen.writes[path]]).toEqual([path, "written"]);
        if (wanted === "ro") expect([path, seen.writes[path]]).toEqual([path, "Read-only file system"]);
      }
      for (const path of runtime.temporary.value) expect(seen.mounts[path]?.kind).toBe("tmpfs");
      expect(seen.resolv).toContain(`nameserver ${runtime.nameserver.value}`);
      expect(Object.keys(seen.environment).filter((name) => /_proxy$/i.test(name))).toEqual([]);
    });

    it("are told apart in one table, and the cluster's decides", () => {
      expect(report.runtimes.map(({ id, decides }) => `${id}${decides ? "*" : ""}`)).toEqual([
        "k8s*",
        "podman",
        "apptainer",
        "ood",
        "future",
      ]);
      const cell = (id: string, requirement: string): string | undefined =>
        report.runtimes.find((one) => one.id === id)?.requirements.find((one) => one.id === requirement)
          ?.status;
      // The probe writes to the data: refused where they are read-only, and no matter where they are not.
      expect(["k8s", "podman", "apptainer", "ood"].map((id) => cell(id, "DIR-10"))).toEqual([
        "fail",
        "fail",
        "fail",
        "not-assessed",
      ]);
      // Root says nothing of other users.
      expect([cell("k8s", "UID-05"), cell("podman", "UID-05")]).toEqual(["pass", "not-assessed"]);
      // A folder that is not mounted keeps nothing, though the program could write there.
      expect([cell("k8s", "DIR-07"), cell("future", "DIR-08.RO")]).toEqual(["pass", "fail"]);
      const finding = report.findings.filter(({ rule }) => rule === "safe-data-written");
      expect(finding.map(({ runtimes }) => runtimes)).toEqual([["k8s", "podman", "apptainer"]]);
      const imitated = report.runtimes.filter((one) => !one.imitated).map(({ id }) => id);
      expect(imitated).toEqual(engine === "podman" ? ["podman", "ood"] : []);
      // The job may write to the data in ood: to a copy.
      expect(readdirSync(join(made.folder, "data"))).toEqual(["a.csv"]);
      expect(readFileSync(join(made.output, "index.html"), "utf8")).toContain(
        "Requirements that a test run shows, by runtime",
      );
    });
  });

  describe("files for ces-run", () => {
    const files = ["--opt-file", "opt_file", "--arg-file", "arg_file", "--env-file", "run.env"];

    it("are applied, and no value of theirs stands on a command line", async () => {
      const args = ["test", ".", "--runtime", "podman", ...files, ...common];
      const child = start(args, { cwd: made.folder });
      let running = true;
      let looks = 0;
      const commands = new Set<string>();
      const looking = (async () => {
        while (running) {
          for (const text of commandLines()) if (/hidden-(?:option|value)/.test(text)) commands.add(text);
          looks++;
          await sleep(150);
        }
      })();
      const { stdout, stderr } = await finish(child);
      running = false;
      await looking;
      const report: Report = JSON.parse(stdout);
      expect(report.recording?.exit.code, stderr).toBe(0);
      expect(report.recording?.log.tail).toEqual(["True"]);
      expect(report.recording?.argv.slice(0, 2)).toEqual(["python", "-c"]);
      expect(report.notes).toContain(
        "opt_file:5: -it was not applied, so it is not assessed: a test has no one at the keyboard.",
      );
      expect(looks).toBeGreaterThan(10);
      expect([...commands]).toEqual([]);
      // What the check before this test left in other runtimes stays its own, and is not taken for this one's.
      const ofRuntimes = (folder: string): string[] =>
        readdirSync(folder).filter((name) => /^safe_outputs_|^test-/.test(name));
      expect(ofRuntimes(made.output)).toContain("safe_outputs_ood");
      expect(ofRuntimes(join(made.output, "test"))).toEqual([]);
      expect(stdout + stderr).not.toMatch(/hidden-(?:option|value)/);
      expect(existsSync(join(made.output, ".run")) ? readdirSync(join(made.output, ".run")) : []).toEqual([]);
    });

    it("are refused before anything is built where they open the container to its machine", async () => {
      const bad = project({ Dockerfile: "FROM scratch\n", opt_file: "-it\n--pid=host\n" });
      try {
        const args = ["test", ".", "--runtime", "podman", "--opt-file", "opt_file", "--engine", engine];
        const { code, stderr } = await pratique(args, { cwd: bad.folder });
        expect(code).toBe(2);
        expect(stderr).toContain("opt_file:2: “--pid” lets the container share the machine's own.");
        expect(stderr).toContain("[run-file.refused]");
        expect(stderr).not.toContain("build");
      } finally {
        bad.dispose();
      }
    });
  });
}

function commandLines(): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      return [readFileSync(`/proc/${pid}/cmdline`, "utf8")];
    } catch {
      // Ended while we looked.
      return [];
    }
  });
}
