import { availableParallelism } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EngineName } from "../../src/engine/engine.ts";
import type { Report } from "../../src/evidence/report.ts";
import { base, pratique, project } from "./support.ts";

/** Writes as JSON what the container is like, and a result into the folder that is named. */
const PROBE = `
import json, os, sys
def limit(*paths):
    return next((open(path).read().split()[0] for path in paths if os.path.exists(path)), None)
def write(folder):
    try:
        with open(os.path.join(folder, "probe"), "w") as file: file.write("x")
        return "written"
    except OSError as error: return error.strerror
shm = os.statvfs("/dev/shm")
folder = sys.argv[1]
with open(os.path.join(folder, "result.csv"), "w") as file: file.write("a\\n1\\n")
print(json.dumps(dict(
    argv=sys.argv[1:], uid=os.getuid(), gid=os.getgid(), cwd=os.getcwd(), host=os.uname().nodename,
    environment=dict(os.environ), shm=shm.f_blocks * shm.f_frsize,
    memory=limit("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"),
    quota=limit("/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/cpu/cpu.cfs_quota_us"),
    writes={path: write(path) for path in ["/safe_data", "/scratch", "/work", "/opt"]})))
`;

const MANIFEST = `apiVersion: batch/v1
kind: Job
metadata: {generateName: nsh-2024-0000-fit-, namespace: nsh-2024-0000-ns}
spec:
  template:
    spec:
      activeDeadlineSeconds: 60
      restartPolicy: Never
      securityContext: {runAsUser: 1998602199, runAsGroup: 1998600599}
      containers:
        - name: fit
          image: tre-ghcr-proxy.nsh.loc:5003/lab/fit:1
          command: ["/bin/sh", "-c", 'mkdir -p "$OUTPUT_DIR" && exec "$@"', "job"]
          args: ["python", "/opt/probe.py", "$(OUTPUT_DIR)", "$(NONE) $$(SEED)", "it's"]
          workingDir: /work
          securityContext: {readOnlyRootFilesystem: true}
          env:
            - {name: JOB_ID, valueFrom: {fieldRef: {fieldPath: "metadata.labels['job-name']"}}}
            - {name: OUTPUT_DIR, value: "/safe_outputs/$(JOB_ID)"}
            - {name: SEED, value: "1"}
            - {name: DB, valueFrom: {secretKeyRef: {name: db, key: pw}}}
          resources:
            limits: {cpu: 500m, memory: 256Mi, nvidia.com/gpu: 1}
          volumeMounts:
            - {mountPath: /safe_data, name: shared-data, readOnly: true}
            - {mountPath: /safe_outputs, name: user-output}
            - {mountPath: /work, name: work}
            - {mountPath: /dev/shm, name: dshm}
      volumes:
        - {name: shared-data, persistentVolumeClaim: {claimName: pvc-nsh-2024-0000-shared}}
        - {name: user-output, persistentVolumeClaim: {claimName: pvc-nsh-2024-0000-users-test}}
        - {name: work, emptyDir: {}}
        - {name: dshm, emptyDir: {medium: Memory, sizeLimit: 32Mi}}
`;

/** A container that is started as a job manifest says. */
export function defineManifestSuite(engine: EngineName): void {
  const made = project({
    Dockerfile: [
      `FROM ${base("PYTHON_BASE")}`,
      "RUN mkdir /safe_data /safe_outputs",
      "COPY probe.py /opt/",
      'ENTRYPOINT ["false"]',
      "",
    ].join("\n"),
    "probe.py": PROBE,
    ".dockerignore": "*\n!probe.py\n",
    "pratique.yaml":
      "version: 1\ntest: { args: [no], env: { NO: x }, memory: 1g, expect: { outputs: [result.csv] } }\n",
    "job.yaml": MANIFEST,
    "small.yaml": MANIFEST.replace("256Mi", "64Mi").replace(
      '"python", "/opt/probe.py", "$(OUTPUT_DIR)"',
      `"python", "-c", "b = b'x' * 200_000_000"`,
    ),
    "slow.yaml": MANIFEST.replace("Seconds: 60", "Seconds: 2")
      .replace('"python", "/opt/probe.py", "$(OUTPUT_DIR)"', '"sleep", "30"')
      .replace(', "$(NONE) $$(SEED)", "it\'s"', ""),
  });
  afterAll(() => made.dispose());
  const test = async (manifest: string): Promise<Report> => {
    const options = ["--engine", engine, "--output", made.output, "--format", "json"];
    const { report } = await pratique([
      "test",
      made.folder,
      "--manifest",
      join(made.folder, manifest),
      ...options,
    ]);
    return report;
  };

  describe("a job manifest", () => {
    let report: Report;
    beforeAll(async () => {
      report = await test("job.yaml");
    });

    it("says how the container is started", () => {
      expect(report.recording?.exit).toMatchObject({ code: 0 });
      const seen = JSON.parse(report.recording?.log.tail.at(-1) ?? "null");
      const folder = "/safe_outputs/nsh-2024-0000-fit-abcde";
      expect(seen).toMatchObject({
        argv: [folder, "$(NONE) $(SEED)", "it's"],
        uid: 1998602199,
        gid: 1998600599,
        cwd: "/work",
        shm: 32 * 1024 ** 2,
        memory: String(256 * 1024 ** 2),
        environment: { OUTPUT_DIR: folder, SEED: "1", HOSTNAME: "nsh-2024-0000-fit-abcde-fghij" },
        host: "nsh-2024-0000-fit-abcde-fghij",
      });
      if (availableParallelism() > 1) expect(Number(seen.quota)).toBe(50_000);
      expect(seen.environment).not.toHaveProperty("NO");
      expect(seen.environment).not.toHaveProperty("DB");
      expect(seen.writes).toMatchObject({ "/safe_data": "Read-only file system", "/work": "written" });
      expect(seen.writes["/scratch"]).not.toBe("written");
      expect(seen.writes["/opt"]).toBe("Read-only file system");
    });

    it("finds the results in the job's own folder, and says what it could not show", () => {
      expect(
        report.expectations.flatMap(({ expectations }) => expectations.map(({ status }) => status)),
      ).toEqual(["met"]);
      const notes = report.notes.join("\n");
      for (const words of ["container “fit” of job.yaml", "DB comes from elsewhere", "GPUs"])
        expect(notes).toContain(words);
    });

    it("holds the job to its memory and its time", async () => {
      const small = await test("small.yaml");
      expect(small.recording?.exit.cause).toBe("memory");
      const slow = await test("slow.yaml");
      expect(slow.recording?.exit.cause).toBe("time-limit");
    });
  });
}
