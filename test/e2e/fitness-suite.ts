import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { EngineName } from "../../src/engine/engine.ts";
import { elf, GLIBC } from "../../src/image/fitness/test-elf.ts";
import {
  archive,
  dockerMembers,
  file,
  folder,
  type Member,
  symlink,
  tar,
} from "../../src/image/test-archives.ts";
import { base, pratique, runIn } from "./support.ts";

/** Rules that the images below are about; what else is said of so small an image is no matter here. */
const OTHERS = /^(?:image-temporary-files|image-root-user)$/;

/** Whether an image suits the job's user and machine, of images that are given to the engine as they are. */
export function defineFitnessSuite(engine: EngineName): void {
  describe(`the fitness of an image, with ${engine}`, () => {
    const made = mkdtempSync(join(tmpdir(), "pratique-fitness-"));
    const images: string[] = [];
    afterAll(() => {
      if (images.length > 0) execFileSync(engine, ["rmi", "--force", ...images], { stdio: "ignore" });
      rmSync(made, { recursive: true, force: true });
    });

    function load(name: string, layers: readonly (readonly Member[])[], config: object): string {
      const image = `localhost/pratique-fitness-${name}:1`;
      const path = join(made, `${name}.tar`);
      const tars = layers.map((members) => tar(...members));
      writeFileSync(path, archive(dockerMembers(tars, { names: [image], config })));
      images.push(image);
      execFileSync(engine, ["load", "--input", path], { stdio: "ignore", timeout: 120_000 });
      return image;
    }

    async function inspected(image: string) {
      const options = ["--engine", engine, "--output", join(made, "out"), "--format", "json"];
      const { report, code } = await pratique(["inspect", image, ...options]);
      const rules = report.findings.map(({ rule }) => rule).filter((rule) => !OTHERS.test(rule));
      return { report, code, rules: [...new Set(rules)].sort() };
    }

    it("is none where a program lacks a library, another is for Arm, and much is closed or open", async () => {
      const image = load(
        "unfit",
        [
          [
            folder("bin"),
            file("bin/job", elf({ type: 2, interpreter: GLIBC, needed: ["libgone.so.1"] }), 0o755),
            file("bin/helper", elf({ type: 2 }), 0o4755),
            file("bin/arm", elf({ type: 2, machine: 183 }), 0o755),
            { ...file("bin/theirs", elf({ type: 2 }), 0o755), uid: 70_000 },
            folder("lib64"),
            file(GLIBC.slice(1), elf(), 0o755),
            folder("root", 0o700),
            folder("root/miniconda3"),
            file("root/miniconda3/python", "x", 0o755),
            folder("opt"),
            file("opt/open.sh", "x", 0o666),
            folder("safe_data"),
            file("safe_data/patients.csv", "x"),
            folder("safe_outputs"),
            folder("scratch"),
          ],
          [folder("safe_data"), file("safe_data/.wh.patients.csv")],
        ],
        {
          Cmd: ["/bin/job"],
          Env: ["PATH=/bin:/root/miniconda3", "MPLCONFIGDIR=/opt/mpl"],
          Volumes: { "/proc/own": {} },
        },
      );
      const { report, code, rules } = await inspected(image);
      expect(code).toBe(1);
      expect(report.verdict).toBe("not-clear");
      expect(rules).toEqual([
        "foreign-programs",
        "image-changeable-programs",
        "image-folders-not-writable",
        "image-safe-directories-not-empty",
        "image-volume-in-system-folder",
        "job-files-closed",
        "large-file-owners",
        "program-libraries-missing",
        "set-user-id-files",
        "world-writable-files",
      ]);
      expect(report.fitness).toMatchObject({
        user: { uid: 1998602116, gid: 1998600502 },
        programs: [{ path: "/bin/job", architecture: "amd64", libraries: 1 }],
        missing: [{ what: "library", name: "libgone.so.1", neededBy: "/bin/job" }],
        closed: [{ path: "/root/miniconda3", variable: "PATH", closedBy: "/root" }],
        machines: { arm64: { count: 1, paths: ["/bin/arm"] } },
        deletedBelowMounts: { count: 1, paths: ["/safe_data/patients.csv"] },
        largeIds: { count: 1, paths: ["/bin/theirs"] },
        setUserId: { count: 1, paths: ["/bin/helper"] },
      });
    });

    it("is given where all is there, also through links and with musl", async () => {
      const image = load(
        "fit",
        [
          [
            folder("usr"),
            folder("usr/bin"),
            folder("lib"),
            symlink("bin", "usr/bin"),
            file(
              "usr/bin/job",
              elf({ type: 2, interpreter: "/lib/ld-musl-x86_64.so.1", needed: ["libc.musl-x86_64.so.1"] }),
              0o755,
            ),
            file("lib/ld-musl-x86_64.so.1", elf(), 0o755),
            symlink("lib/libc.musl-x86_64.so.1", "ld-musl-x86_64.so.1"),
            folder("safe_data"),
            folder("safe_outputs"),
            folder("scratch"),
          ],
        ],
        { Cmd: ["job"], Env: ["PATH=/bin", "HOME=/scratch"] },
      );
      const { report, rules } = await inspected(image);
      expect(rules).toEqual([]);
      expect(report.fitness).toMatchObject({
        programs: [{ path: "/usr/bin/job", libraries: 2 }],
        missing: [],
        closed: [],
        notAssessed: [],
      });
    });

    it("finds the libraries that the image's own loader finds", async () => {
      for (const [image, program] of [
        [base("PYTHON_BASE"), "/usr/bin/python3.11"],
        [base("R_BASE"), "/usr/bin/bash"],
      ] as const) {
        const { report, rules } = await inspected(image);
        const listed = runIn(engine, image, ["/lib64/ld-linux-x86-64.so.2", "--list", program]);
        const found = report.fitness?.programs.find(({ path }) => path === program);
        // The kernel's own part is no file.
        expect(found?.libraries).toBe(listed.filter((line) => line.includes("/")).length);
        expect(report.fitness).toMatchObject({ missing: [], closed: [], absentLibraries: {} });
        expect(rules).toEqual([
          "image-folders-not-writable",
          "image-safe-directories",
          "image-starts-no-job",
        ]);
      }
    });
  });
}
