import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { StreamBytes } from "../bytes.ts";
import type { ImageFacts } from "../facts.ts";
import { inspectSource } from "../inspect.ts";
import { readArchiveStream } from "../sources/archive.ts";
import {
  archive,
  dockerMembers,
  file,
  folder,
  hardlink,
  type Member,
  symlink,
  tar,
} from "../test-archives.ts";
import type { JobUser } from "./access.ts";
import type { FitnessFacts } from "./fitness.ts";
import { elf, GLIBC, MUSL } from "./test-elf.ts";

const USER: JobUser = {
  uid: 1998602116,
  gid: 1998600502,
  home: "/",
  imageHome: true,
  writable: ["/safe_outputs", "/scratch"],
};

interface Made {
  readonly config?: object;
  readonly user?: Partial<JobUser>;
}

async function inspect(
  layers: readonly (readonly Member[])[],
  { config, user }: Made = {},
): Promise<ImageFacts> {
  const members = dockerMembers(
    layers.map((members) => tar(...members)),
    config === undefined ? {} : { config },
  );
  const { facts } = await inspectSource(
    {
      description: "a test's",
      read: (reading) =>
        readArchiveStream(new StreamBytes(Readable.from([archive(members)])), undefined, reading),
    },
    "lab/job:1",
    {
      directories: ["/safe_data", "/safe_outputs", "/scratch"],
      user: { ...USER, ...user },
      platform: { os: "linux", architecture: "amd64" },
    },
  );
  return facts;
}

async function fitness(layers: readonly (readonly Member[])[], made: Made = {}): Promise<FitnessFacts> {
  const { fitness: facts } = await inspect(layers, made);
  if (facts === undefined) throw new Error("the files were not read");
  return facts;
}

const program = (name: string, options: Parameters<typeof elf>[0] = {}, mode = 0o755): Member =>
  file(name, elf({ type: 2, ...options }), mode);
const library = (name: string, options: Parameters<typeof elf>[0] = {}, mode = 0o644): Member =>
  file(name, elf({ type: 3, ...options }), mode);
const loader = program(GLIBC.slice(1));
const start = (...words: string[]): Made => ({ config: { Cmd: words } });
const libc = library("usr/lib/x86_64-linux-gnu/libc.so.6");

describe("libraries of the program that starts the job", () => {
  it("are found in the system's folders, through links, and one after the other", async () => {
    const { start: found } = await fitness(
      [
        [
          loader,
          libc,
          symlink("lib", "usr/lib"),
          program("bin/job", { interpreter: GLIBC, needed: ["liba.so.1", "libc.so.6"] }),
          symlink("usr/lib/liba.so.1", "liba.so.1.2"),
          library("usr/lib/liba.so.1.2", { needed: ["libb.so"] }),
          library("usr/lib/libb.so", { needed: ["libc.so.6", "liba.so.1"] }),
        ],
      ],
      start("/bin/job"),
    );
    expect(found).toMatchObject({ missingLibraries: [], missingLoaders: [], closed: [], notFollowed: [] });
    expect(found.programs).toEqual([{ path: "/bin/job", architecture: "amd64", libraries: 4 }]);
  });

  it("are missing with the file that needs them, whichever it is", async () => {
    const { start: found, absentLibraries } = await fitness(
      [
        [
          loader,
          program("bin/job", { interpreter: GLIBC, needed: ["liba.so", "libgone.so.1"] }),
          library("usr/lib/liba.so", { needed: ["libgone.so.2"] }),
        ],
      ],
      start("/bin/job"),
    );
    expect(found.missingLibraries).toEqual([
      { name: "libgone.so.1", neededBy: "/bin/job" },
      { name: "libgone.so.2", neededBy: "/usr/lib/liba.so" },
    ]);
    expect([...absentLibraries.keys()]).toEqual(["libgone.so.1", "libgone.so.2"]);
  });

  it.each<[string, Member[], Made["config"]?]>([
    [
      "RUNPATH",
      [program("opt/bin/job", { interpreter: GLIBC, needed: ["liba.so"], runpath: "$ORIGIN/../own" })],
    ],
    ["RPATH", [program("opt/bin/job", { interpreter: GLIBC, needed: ["liba.so"], rpath: "/opt/own" })]],
    [
      "what its program's RPATH says",
      [
        program("opt/bin/job", {
          interpreter: GLIBC,
          needed: ["libfirst.so"],
          rpath: "$" + "{ORIGIN}/../own",
        }),
        library("opt/own/libfirst.so", { needed: ["liba.so"] }),
      ],
    ],
    [
      "LD_LIBRARY_PATH",
      [program("opt/bin/job", { interpreter: GLIBC, needed: ["liba.so"] })],
      { Env: ["LD_LIBRARY_PATH=/usr/nothing:/opt/own"] },
    ],
    [
      "ld.so.conf",
      [
        program("opt/bin/job", { interpreter: GLIBC, needed: ["liba.so"] }),
        file("etc/ld.so.conf", "# all\ninclude /etc/ld.so.conf.d/*.conf\n"),
        file("etc/ld.so.conf.d/own.conf", "/opt/own # ours\n"),
      ],
    ],
    [
      "ldconfig's cache",
      [
        program("opt/bin/job", { interpreter: GLIBC, needed: ["liba.so"] }),
        file("etc/ld.so.cache", "glibc-ld.so.cache1.1\0\x01liba.so\0/opt/own/liba.so\0"),
      ],
    ],
    ["the whole path", [program("opt/bin/job", { interpreter: GLIBC, needed: ["/opt/own/liba.so"] })]],
    [
      "musl's own list",
      [
        program("opt/bin/job", { interpreter: MUSL, needed: ["liba.so", "libc.musl-x86_64.so.1"] }),
        program("lib/ld-musl-x86_64.so.1"),
        symlink("lib/libc.musl-x86_64.so.1", "ld-musl-x86_64.so.1"),
        file("etc/ld-musl-x86_64.path", "/lib\n/opt/own\n"),
      ],
    ],
  ])("are found by %s", async (_title, members, config = {}) => {
    const own = library("opt/own/liba.so");
    const made = { config: { Cmd: ["/opt/bin/job"], ...config } };
    const there = await fitness([[loader, own, ...members]], made);
    expect(there.start.missingLibraries).toEqual([]);
    expect(there.start.programs).toHaveLength(1);
    // Elsewhere the same library is of no use.
    const moved = await fitness([[loader, { ...own, name: "opt/other/liba.so" }, ...members]], made);
    expect(moved.start.missingLibraries.map(({ name }) => name.replace(/.*\//, ""))).toEqual(["liba.so"]);
  });

  it("are not those for another machine, nor those that a layer has taken away", async () => {
    const job = program("bin/job", { interpreter: GLIBC, needed: ["liba.so"] });
    const foreign = library("usr/lib/liba.so", { machine: 183 });
    const first = await fitness([[loader, job, foreign]], start("/bin/job"));
    expect(first.start.missingLibraries).toEqual([{ name: "liba.so", neededBy: "/bin/job" }]);
    expect(first.machines.get("arm64")).toEqual({ count: 1, paths: ["/usr/lib/liba.so"] });
    const gone = await fitness(
      [[loader, job, library("usr/lib/liba.so")], [file("usr/lib/.wh.liba.so")]],
      start("/bin/job"),
    );
    expect(gone.start.missingLibraries).toHaveLength(1);
    const linked = await fitness(
      [[loader, job, library("opt/x.so"), hardlink("usr/lib/liba.so", "opt/x.so")]],
      start("/bin/job"),
    );
    expect(linked.start.missingLibraries).toEqual([]);
  });

  it("need their loader: a program for glibc does not start on Alpine", async () => {
    const { start: found } = await fitness(
      [
        [
          program("bin/job", { interpreter: GLIBC, needed: ["libc.so.6"] }),
          program("lib/ld-musl-x86_64.so.1"),
        ],
      ],
      start("/bin/job"),
    );
    expect(found.missingLoaders).toEqual([{ loader: GLIBC, program: "/bin/job" }]);
    expect(found.missingLibraries).toEqual([]);
  });

  it("are none where a program is linked statically", async () => {
    const { start: found } = await fitness([[program("job")]], start("/job"));
    expect(found).toMatchObject({
      programs: [{ path: "/job", architecture: "amd64", libraries: 0 }],
      missingLibraries: [],
    });
  });

  it("may ask for one another in a circle, and for more than there can be", async () => {
    const many = Array.from({ length: 500 }, (_, index) => `lib${index}.so`);
    const rpath = many
      .slice(0, 300)
      .map((one) => `/${one}`)
      .join(":");
    const made = async (needed: readonly string[]) =>
      await fitness(
        [
          [
            loader,
            program("job", { interpreter: GLIBC, needed: ["a.so"], rpath }),
            library("usr/lib/a.so", { needed: ["b.so"], rpath }),
            library("usr/lib/b.so", { needed: ["a.so", ...needed], rpath }),
          ],
        ],
        start("/job"),
      );
    expect((await made([])).start).toMatchObject({ missingLibraries: [], notFollowed: [] });
    expect((await made(["c.so"])).start.missingLibraries).toEqual([
      { name: "c.so", neededBy: "/usr/lib/b.so" },
    ]);
    // It then says that it has not looked everywhere, and calls nothing missing.
    expect((await made(many)).start).toMatchObject({
      missingLibraries: [],
      notFollowed: ["the libraries of /job"],
    });
  });
});

describe("what starts the job", () => {
  const python = [
    loader,
    libc,
    program("usr/bin/python3", { interpreter: GLIBC, needed: ["libc.so.6"] }),
    program("usr/bin/env"),
    program("usr/bin/tini"),
    program("bin/sh"),
  ];
  const env = { Env: ["PATH=/usr/bin:/bin"], WorkingDir: "/opt/app" };

  it("is followed through scripts, env, wrappers and a simple shell line", async () => {
    const layers = [
      [...python, file("opt/app/main.py", "x"), file("opt/app/run", "#!/usr/bin/env -S python3 -u\n", 0o755)],
    ];
    const paths = async (...Cmd: string[]): Promise<string[]> =>
      (await fitness(layers, { config: { ...env, Cmd } })).start.programs.map(({ path }) => path);
    expect(await paths("/opt/app/run")).toEqual(["/opt/app/run", "/usr/bin/env", "/usr/bin/python3"]);
    expect(await paths("tini", "--", "python3", "main.py")).toEqual(["/usr/bin/tini", "/usr/bin/python3"]);
    expect(await paths("env", "A=1", "python3")).toEqual(["/usr/bin/env", "/usr/bin/python3"]);
    expect(await paths("/bin/sh", "-c", "exec python3 main.py")).toEqual(["/bin/sh", "/usr/bin/python3"]);
  });

  it("is said to be unknown where a shell does more", async () => {
    const config = { ...env, Cmd: ["/bin/sh", "-c", "cd /x && python3 main.py"] };
    const { start: found } = await fitness([python], { config });
    expect(found.notFollowed).toEqual(["what “sh -c” is told to do"]);
  });

  it("lacks a script that was not copied, but not one that is mounted", async () => {
    const missing = async (...Cmd: string[]) =>
      (await fitness([python], { config: { ...env, Cmd } })).start.missingScript;
    expect(await missing("python3", "-u", "main.py")).toBe("/opt/app/main.py");
    expect(await missing("python3", "/safe_data/main.py")).toBeUndefined();
    expect(await missing("python3", "-m", "job")).toBeUndefined();
    expect(await missing("python3", "-c", "x.py")).toBeUndefined();
    expect(await missing("python3")).toBeUndefined();
  });

  it("lacks a program behind a wrapper", async () => {
    const { start: found } = await fitness([python], { config: { ...env, Cmd: ["tini", "--", "Rscript"] } });
    expect(found.missingPrograms).toEqual([{ name: "Rscript", startedBy: "/usr/bin/tini" }]);
  });

  it("may be closed to the job's user: a library, a script, a folder on the way", async () => {
    const closed = async (layers: Member[][], Cmd: string[], user: Partial<JobUser> = {}) =>
      (await fitness(layers, { config: { ...env, Cmd }, user })).start.closed;
    const job = program("usr/bin/job", { interpreter: GLIBC, needed: ["liba.so"] });
    const own = library("usr/lib/liba.so", {}, 0o640);
    expect(await closed([[loader, job, own]], ["job"])).toEqual([
      { path: "/usr/lib/liba.so", closedBy: undefined },
    ]);
    expect(await closed([[loader, job, own]], ["job"], { uid: 0 })).toEqual([]);
    expect(await closed([[loader, job, { ...own, uid: 1000 }]], ["job"], { uid: 1000 })).toEqual([]);
    expect(await closed([[loader, job, { ...own, gid: 1000 }]], ["job"], { gid: 1000 })).toEqual([]);
    const script = [...python, folder("opt/app", 0o750), file("opt/app/main.py", "x")];
    expect(await closed([script], ["python3", "main.py"])).toEqual([
      { path: "/opt/app/main.py", closedBy: "/opt/app" },
    ]);
  });
});

describe("folders and places", () => {
  const state = async (members: Member[], Env: string[], user: Partial<JobUser> = {}, more: object = {}) =>
    Object.fromEntries(
      (
        await fitness([[program("job"), ...members]], { config: { Cmd: ["/job"], Env, ...more }, user })
      ).folders.map(({ variable, path, state: one }) => [variable, `${path} ${one}`]),
    );

  it("are writable, mounted, creatable, closed or none of it", async () => {
    const members = [
      folder("tmp", 0o1777),
      folder("opt/own", 0o777),
      folder("root", 0o700),
      folder("home/me", 0o755),
      symlink("cache", "opt/own"),
    ];
    const variables = [
      "HOME=/root",
      "TMPDIR=/scratch/tmp",
      "TMP=/safe_data",
      "XDG_CACHE_HOME=/cache",
      "MPLCONFIGDIR=/tmp/a/b",
      "NUMBA_CACHE_DIR=/root/.numba",
      "XDG_DATA_HOME=/opt/gone",
      "WANDB_DIR=relative",
    ];
    expect(await state(members, variables, {}, { WorkingDir: "/home/me" })).toEqual({
      HOME: "/root closed",
      WORKDIR: "/home/me not-writable",
      TMPDIR: "/scratch/tmp mounted",
      TMP: "/safe_data mounted-read-only",
      XDG_CACHE_HOME: "/cache writable",
      MPLCONFIGDIR: "/tmp/a/b creatable",
      NUMBA_CACHE_DIR: "/root/.numba closed",
      XDG_DATA_HOME: "/opt/gone not-writable",
    });
    expect(await state(members, ["HOME=/root"], { uid: 0 })).toMatchObject({ HOME: "/root writable" });
    expect(await state(members, ["HOME=/root"], { imageHome: false, home: "/scratch" })).toMatchObject({
      HOME: "/scratch mounted",
    });
  });

  it("that the job needs may be closed: by a variable, or where tools install for one user", async () => {
    const members = [
      folder("root", 0o700),
      file("root/miniconda3/bin/python", "x", 0o755),
      file("root/.local/lib/python3.12/site-packages/numpy/__init__.py", ""),
      folder("opt/hf", 0o700),
      file("opt/hf/models", "x"),
      folder("opt/empty", 0o700),
      file("opt/open/a", "x"),
    ];
    const Env = [
      "PATH=/root/miniconda3/bin:/bin",
      "HF_HOME=/opt/hf",
      "TORCH_HOME=/opt/empty",
      "NLTK_DATA=/opt/open",
    ];
    const { closedPlaces } = await fitness([[program("bin/job"), ...members]], {
      config: { Cmd: ["job"], Env },
    });
    expect(closedPlaces).toEqual([
      { path: "/root/miniconda3/bin", variable: "PATH", closedBy: "/root" },
      { path: "/opt/hf", variable: "HF_HOME", closedBy: "/opt/hf" },
      { path: "/root/.local/lib", variable: undefined, closedBy: "/root" },
      { path: "/root/miniconda3", variable: undefined, closedBy: "/root" },
    ]);
    expect((await fitness([members], { user: { uid: 0 } })).closedPlaces).toEqual([]);
  });
});

describe("owners, marks and what is left", () => {
  it("are found in the finished image, and large numbers in any layer", async () => {
    const base = [
      program("usr/bin/su", {}, 0o4755),
      program("opt/gone", {}, 0o4755),
      program("opt/mine", {}, 0o755),
      { ...program("opt/theirs"), uid: 1000 },
      { ...file("opt/large", "x"), uid: 70_000 },
      { ...folder("opt/largest"), gid: 65_536 },
      { ...file("opt/most", "x"), uid: 65_535 },
      file("opt/open", "x", 0o666),
      folder("tmp", 0o1777),
      folder("opt/all", 0o777),
      folder("scratch", 0o777),
      { ...program("opt/group", {}, 0o775), gid: 0 },
      { ...program("opt/lab", {}, 0o775), gid: 50 },
      file("app/Dockerfile", "FROM x"),
      file("usr/lib/python3/dist-packages/x/Dockerfile", "FROM x"),
      file("etc/shadow", "root::1::::::\nlp:*:1::::::\nme:$6$abc:1::::::\n", 0o640),
    ];
    const found = await fitness([base, [file("opt/.wh.gone"), file("opt/.wh.large")]]);
    expect(found.setUserId).toEqual({ count: 1, paths: ["/usr/bin/su"] });
    expect(found.changeablePrograms).toEqual({ count: 2, paths: ["/opt/theirs", "/opt/lab"] });
    expect(found.worldWritable).toEqual({ count: 2, paths: ["/opt/open", "/opt/all"] });
    expect(found.largeIds).toEqual({ count: 2, paths: ["/opt/large", "/opt/largest"] });
    expect(found.leftOvers).toEqual({ count: 1, paths: ["/app/Dockerfile"] });
    expect(found.openAccounts).toEqual(["root"]);
    expect(JSON.stringify(found)).not.toContain("$6$abc");
  });

  it("are what lower layers put into the place's folders, too", async () => {
    const found = await fitness([
      [folder("safe_data"), file("safe_data/patients.csv", "x"), file("safe_data/kept.csv", "x")],
      [file("safe_data/.wh.patients.csv")],
    ]);
    expect(found.deletedBelowMounts).toEqual({ count: 1, paths: ["/safe_data/patients.csv"] });
    expect((await inspect([[folder("safe_data")]])).fitness?.deletedBelowMounts.count).toBe(0);
  });

  it("are libraries that are nowhere, but for the driver's and a display's", async () => {
    const { absentLibraries, machines } = await fitness([
      [
        library("usr/lib/cv2.abi3.so", { needed: ["libGL.so.1", "libcuda.so.1"] }),
        library("usr/lib/python3/lib-dynload/_tkinter.cpython-311-x86_64-linux-gnu.so", {
          needed: ["libtk8.6.so"],
        }),
        library("usr/lib/other.so", { needed: ["libsomewhere.so.1"] }),
        library("opt/deep/libsomewhere.so.1"),
        library("opt/arm.so", { machine: 183, needed: ["libarm.so"] }),
      ],
    ]);
    expect([...absentLibraries]).toEqual([["libGL.so.1", { count: 1, paths: ["/usr/lib/cv2.abi3.so"] }]]);
    expect([...machines].map(([name, { count }]) => [name, count])).toEqual([
      ["amd64", 4],
      ["arm64", 1],
    ]);
  });

  it("are compilers on the job's PATH", async () => {
    const { buildTools } = await fitness([[program("usr/bin/gcc"), program("opt/bin/make")]], {
      config: { Env: ["PATH=/usr/bin"] },
    });
    expect(buildTools).toEqual(["gcc"]);
  });
});
