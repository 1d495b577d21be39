import { deflateRawSync, deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LayerEntry } from "../collector.ts";
import { apk } from "./apk.ts";
import { conda } from "./conda.ts";
import { dpkg, osRelease } from "./dpkg.ts";
import type { Ecosystem, FileFacts } from "./ecosystem.ts";
import { java } from "./java.ts";
import { julia } from "./julia.ts";
import { npm } from "./npm.ts";
import { programs } from "./programs.ts";
import { purlOf } from "./purl.ts";
import { python } from "./python.ts";
import { r } from "./r.ts";
import { rpm } from "./rpm.ts";
import { rustBuild } from "./rust.ts";

const read = (ecosystem: Ecosystem, path: string, content: string | Buffer): FileFacts =>
  ecosystem.read(Buffer.from(content), path);
const entry = (path: string, size = 100, mode = 0o644): LayerEntry => ({
  path,
  name: path.slice(path.lastIndexOf("/") + 1),
  kind: "file",
  size,
  readable: size,
  mode,
  uid: 0,
  gid: 0,
  mtime: 0,
  target: "",
  attributes: [],
});
/** `purl licence` of each package. */
const told = ({ packages = [] }: FileFacts): string[] =>
  packages.map(({ purl, version, licence }) => {
    const said = licence.expression ?? (licence.written === undefined ? "" : `“${licence.written}”`);
    return `${purlOf(purl, version)} ${said}`.trim();
  });

describe("what is read at all", () => {
  it.each([
    [dpkg, "/var/lib/dpkg/status"],
    [dpkg, "/var/lib/dpkg/status.d/base"],
    [dpkg, "/var/lib/dpkg/info/libc6:amd64.list"],
    [dpkg, "/usr/share/doc/libc6/copyright"],
    [osRelease, "/usr/lib/os-release"],
    [apk, "/lib/apk/db/installed"],
    [rpm, "/usr/lib/sysimage/rpm/rpmdb.sqlite"],
    [conda, "/opt/conda/envs/a/conda-meta/numpy-2.0-py312.json"],
    [python, "/usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA"],
    [python, "/usr/lib/python3/dist-packages/six-1.16.0.egg-info"],
    [python, "/usr/lib/python3/dist-packages/a.egg-info/PKG-INFO"],
    [python, "/usr/lib/python3/dist-packages/pip/_vendor/vendor.txt"],
    [r, "/usr/lib/R/library/MASS/DESCRIPTION"],
    [julia, "/root/.julia/environments/v1.10/Manifest.toml"],
    [julia, "/root/.julia/packages/CSV/abcde/Project.toml"],
    [npm, "/usr/lib/node_modules/npm/node_modules/@npmcli/arborist/package.json"],
    [java, "/opt/spark/jars/guava-14.0.1.jar"],
  ] as const)("%#: %s", (ecosystem, path) => {
    expect(ecosystem.wanted(entry(path))).toBeGreaterThan(0);
  });

  it.each([
    [dpkg, "/var/lib/dpkg/status.d/base.md5sums"],
    [dpkg, "/usr/share/doc/a/b/copyright"],
    [python, "/src/METADATA"],
    [julia, "/root/.julia/packages/CSV/abcde/test/Manifest.toml"],
    [julia, "/app/Project.toml"],
    [npm, "/app/package.json"],
    [npm, "/app/node_modules/a/dist/esm/package.json"],
  ] as const)("%#: not %s", (ecosystem, path) => {
    expect(ecosystem.wanted(entry(path))).toBeUndefined();
  });

  it("programs, not libraries", () => {
    const watched = (path: string, mode: number) =>
      programs.watch?.(entry(path, 1e6, mode), () => {}) !== undefined;
    expect(watched("/usr/bin/kubectl", 0o755)).toBe(true);
    expect(watched("/usr/bin/kubectl", 0o644)).toBe(false);
    expect(watched("/usr/lib/libc.so.6", 0o755)).toBe(false);
  });
});

describe("Debian", () => {
  it("has a file for each package in images without a package manager", () => {
    const text = "Package: base-files\nVersion: 12.4\nArchitecture: amd64\nMaintainer: x\n";
    expect(told(read(dpkg, "/var/lib/dpkg/status.d/base", text))).toEqual([
      "pkg:deb/base-files@12.4?arch=amd64",
    ]);
  });

  it("lists whose files those are that declare packages", () => {
    const list = "/.\n/usr/bin/pip\n/usr/share/doc\n/usr/lib/R/library/boot/DESCRIPTION\n";
    expect(read(dpkg, "/var/lib/dpkg/info/r-cran-boot:amd64.list", list).owned).toEqual([
      { type: "deb", name: "r-cran-boot", paths: ["/usr/bin/pip", "/usr/lib/R/library/boot/DESCRIPTION"] },
    ]);
  });
});

describe("Alpine", () => {
  it("has everything in one file", () => {
    const text =
      "C:Q1=\nP:py3-six\nV:1.16.0-r9\nA:x86_64\nL:MIT\nF:usr/lib/python3.12/site-packages/six-1.16.0.dist-info\nR:METADATA\nR:RECORD\n\nP:musl\nV:1.2.5-r0\nA:x86_64\nL:MIT\n";
    const facts = read(apk, "/lib/apk/db/installed", text);
    expect(told(facts)).toEqual([
      "pkg:apk/py3-six@1.16.0-r9?arch=x86_64 MIT",
      "pkg:apk/musl@1.2.5-r0?arch=x86_64 MIT",
    ]);
    expect(facts.owned).toEqual([
      {
        type: "apk",
        name: "py3-six",
        paths: ["/usr/lib/python3.12/site-packages/six-1.16.0.dist-info/METADATA"],
      },
    ]);
  });
});

describe("conda", () => {
  it("has a document for each package", () => {
    const json = {
      name: "numpy",
      version: "2.0.1",
      build: "py312h1_0",
      channel: "https://conda.anaconda.org/conda-forge/linux-64",
      subdir: "linux-64",
      license: "BSD-3-Clause",
      files: ["lib/python3.12/site-packages/numpy-2.0.1.dist-info/METADATA", "../../etc/bin/x", 3],
    };
    const facts = read(conda, "/opt/conda/conda-meta/numpy-2.0.1-py312h1_0.json", JSON.stringify(json));
    expect(told(facts)).toEqual([
      "pkg:conda/numpy@2.0.1?build=py312h1_0&channel=conda-forge&subdir=linux-64 BSD-3-Clause",
    ]);
    expect(facts.owned?.[0]?.paths[0]).toBe(
      "/opt/conda/lib/python3.12/site-packages/numpy-2.0.1.dist-info/METADATA",
    );
  });
});

describe("Python", () => {
  const path = "/usr/lib/python3/dist-packages/a.dist-info/METADATA";
  it.each([
    ["Name: PyYAML\nVersion: 6.0.2\nLicense: MIT\n", "pkg:pypi/pyyaml@6.0.2 MIT"],
    ["Name: zope.interface\nVersion: 7\nLicense-Expression: ZPL-2.1\n", "pkg:pypi/zope-interface@7 ZPL-2.1"],
    [
      "Name: a\nVersion: 1\nLicense: see the file\nClassifier: License :: OSI Approved :: MIT License\n",
      "pkg:pypi/a@1 MIT",
    ],
    [
      "Name: a\nVersion: 1\nClassifier: License :: OSI Approved :: BSD License\nClassifier: License :: OSI Approved :: MIT License\n",
      "pkg:pypi/a@1 “BSD License; MIT License”",
    ],
    ["Name: a\nVersion: 1\nLicense: Copyright (c) me\n        and all others\n", "pkg:pypi/a@1"],
    ["Name: a\n", "pkg:pypi/a"],
  ])("%#", (text, wanted) => {
    expect(told(read(python, path, text))).toEqual([wanted]);
  });

  it("carries what pip lists in vendor.txt", () => {
    const text = "CacheControl==0.14.0\n  msgpack==1.1.0\n# no\nrequests==2.32.3  # why\n";
    expect(told(read(python, "/usr/lib/pip/_vendor/vendor.txt", text))).toEqual([
      "pkg:pypi/cachecontrol@0.14.0",
      "pkg:pypi/msgpack@1.1.0",
      "pkg:pypi/requests@2.32.3",
    ]);
  });
});

describe("R", () => {
  const path = "/usr/lib/R/library/a/DESCRIPTION";
  it.each([
    [
      "Package: MASS\nVersion: 7.3-58.2\nLicense: GPL-2 | GPL-3\nBuilt: R 4.2.2; ; ; unix\n",
      ["pkg:cran/MASS@7.3-58.2 GPL-2.0-only OR GPL-3.0-only"],
    ],
    [
      "Package: limma\nVersion: 3.62.1\nbiocViews: ExonArray,\n  GeneExpression\nLicense: GPL (>=2)\nBuilt: R 4.4.1\n",
      ["pkg:bioconductor/limma@3.62.1 GPL-2.0-or-later"],
    ],
    ["Package: source\nVersion: 1\nLicense: MIT\n", []],
  ])("%#", (text, wanted) => {
    expect(told(read(r, path, text))).toEqual(wanted);
  });
});

describe("Julia", () => {
  it.each(["deps.", ""])("reads manifests (“[[%sName]]”)", (prefix) => {
    const text = `julia_version = "1.10.4"\n\n[[${prefix}CSV]]\ndeps = ["Dates"]\ngit-tree-sha1 = "6c8"\nuuid = "336ed68f"\nversion = "0.10.14"\n\n    [${prefix}CSV.extensions]\n    version = "9"\n\n[[${prefix}Dates]]\nuuid = "ade2ca70"\n`;
    expect(told(read(julia, "/root/.julia/environments/v1.10/Manifest.toml", text))).toEqual([
      "pkg:julia/CSV@0.10.14?uuid=336ed68f",
      "pkg:julia/Dates?uuid=ade2ca70",
    ]);
  });

  it("reads what lies in a depot", () => {
    const text = 'name = "CSV"\nuuid = "336ed68f"\nversion = "0.10.14"\n\n[deps]\nDates = "ade2ca70"\n';
    expect(told(read(julia, "/root/.julia/packages/CSV/abcde/Project.toml", text))).toEqual([
      "pkg:julia/CSV@0.10.14?uuid=336ed68f",
    ]);
  });
});

describe("npm", () => {
  it.each([
    ['{"name":"@babel/core","version":"7.26.0","license":"MIT"}', ["pkg:npm/%40babel/core@7.26.0 MIT"]],
    ['{"name":"a","version":"1.0.0","license":{"type":"ISC"}}', ["pkg:npm/a@1.0.0 ISC"]],
    [
      '{"name":"a","version":"1.0.0","licenses":[{"type":"MIT"},{"type":"GPL-2.0"}]}',
      ["pkg:npm/a@1.0.0 MIT OR GPL-2.0-only"],
    ],
    ['{"name":"a","type":"module"}', []],
    ["not json", []],
    ["null", []],
  ])("%#", (text, wanted) => {
    expect(told(read(npm, "/app/node_modules/a/package.json", text))).toEqual(wanted);
  });
});

/** A zip archive with these members. */
function zipOf(members: Readonly<Record<string, string | Buffer>>): Buffer {
  const parts: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(members)) {
    const bytes = Buffer.from(content);
    const packed = deflateRawSync(bytes);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(bytes.length, 22);
    local.writeUInt16LE(name.length, 26);
    const head = Buffer.alloc(46);
    head.writeUInt32LE(0x02014b50, 0);
    head.writeUInt16LE(8, 10);
    head.writeUInt32LE(packed.length, 20);
    head.writeUInt32LE(bytes.length, 24);
    head.writeUInt16LE(name.length, 28);
    head.writeUInt32LE(offset, 42);
    central.push(head, Buffer.from(name));
    parts.push(local, Buffer.from(name), packed);
    offset += 30 + name.length + packed.length;
  }
  const table = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(members).length, 10);
  end.writeUInt32LE(table.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, table, end]);
}

describe("Java", () => {
  const pom = (group: string, name: string, version: string) => ({
    [`META-INF/maven/${group}/${name}/pom.properties`]: `#made\nversion=${version}\ngroupId=${group}\nartifactId=${name}\n`,
  });
  const manifest = (text: string) => ({ "META-INF/MANIFEST.MF": `Manifest-Version: 1.0\r\n${text}\r\n` });
  const jar = (path: string, members: Readonly<Record<string, string | Buffer>>) =>
    told(read(java, path, zipOf(members)));

  it("knows Maven's coordinates, and the licence of the archive's own", () => {
    const members = {
      ...manifest("Bundle-License: https://www.apache.org/licenses/LICEN\r\n SE-2.0.txt\r\n"),
      ...pom("com.google.guava", "guava", "32.1.3-jre"),
      ...pom("com.google.code", "shaded", "1"),
    };
    expect(jar("/opt/guava-32.1.3-jre.jar", members)).toEqual([
      "pkg:maven/com.google.guava/guava@32.1.3-jre Apache-2.0",
      "pkg:maven/com.google.code/shaded@1",
    ]);
  });

  it("falls back to the manifest, then to the name", () => {
    const vendor = manifest("Implementation-Vendor-Id: org.example\r\nImplementation-Version: 2.1\r\n");
    expect(jar("/opt/tool.jar", vendor)).toEqual(["pkg:maven/org.example/tool@2.1"]);
    expect(jar("/opt/tool-1.5.jar", { "A.class": "x" })).toEqual(["pkg:generic/tool@1.5"]);
    expect(jar("/opt/tool.jar", { "A.class": "x" })).toEqual([]);
  });

  it("looks into archives within, and says where it stops", () => {
    const inner = zipOf(pom("org.example", "inner", "1"));
    const outer = { ...pom("org.example", "outer", "1"), "BOOT-INF/lib/inner-1.jar": inner };
    expect(jar("/opt/outer.jar", outer)).toEqual([
      "pkg:maven/org.example/outer@1",
      "pkg:maven/org.example/inner@1",
    ]);
    let deep = inner;
    for (let depth = 0; depth < 6; depth++) deep = zipOf({ "a-1.jar": deep });
    expect(read(java, "/opt/deep.jar", deep).problem).toMatch(/too many/);
  });

  it("names what is too large to be looked into", () => {
    expect(java.wanted(entry("/opt/a-1.2.jar", 1e9))).toBe(4);
    const facts = read(java, "/opt/a-1.2.jar", zipOf({ a: "" }).subarray(0, 4));
    expect(told(facts)).toEqual(["pkg:generic/a@1.2"]);
    expect(facts.problem).toMatch(/more than 32 MB/);
  });

  it("does not unpack what never ends", () => {
    const bomb = zipOf({ "META-INF/MANIFEST.MF": Buffer.alloc(50_000_000) });
    expect(jar("/opt/a-1.jar", { "b-1.jar": bomb })).toEqual(["pkg:generic/a@1", "pkg:generic/b@1"]);
  });
});

/** A program for Linux with some data that is written to, and a section. */
function program(data: Buffer, section: Buffer = Buffer.alloc(0), padding = 0): Buffer {
  const head = Buffer.alloc(8192 + padding);
  head.write("\x7fELF", 0, "latin1");
  head[4] = 2;
  head[5] = 1;
  const names = Buffer.from("\0.dep-v0\0");
  const start = head.length;
  const sectionAt = start + data.length;
  const namesAt = sectionAt + section.length;
  const table = Buffer.alloc(128);
  const write = (at: number, name: number, offset: number, size: number) => {
    table.writeUInt32LE(name, at);
    table.writeBigUInt64LE(BigInt(offset), at + 24);
    table.writeBigUInt64LE(BigInt(size), at + 32);
  };
  write(0, 1, sectionAt, section.length);
  write(64, 0, namesAt, names.length);
  head.writeBigUInt64LE(64n, 32);
  head.writeBigUInt64LE(BigInt(namesAt + names.length), 40);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(2, 56);
  head.writeUInt16LE(64, 58);
  head.writeUInt16LE(2, 60);
  head.writeUInt16LE(1, 62);
  head.writeUInt32LE(1, 64);
  head.writeUInt32LE(5, 68);
  head.writeUInt32LE(1, 120);
  head.writeUInt32LE(6, 124);
  head.writeBigUInt64LE(BigInt(start), 128);
  head.writeBigUInt64LE(BigInt(data.length), 152);
  return Buffer.concat([head, data, section, names, table]);
}

function goData(modules: string): Buffer {
  const text = (words: Buffer) =>
    Buffer.concat([Buffer.from([(words.length & 0x7f) | 0x80, words.length >> 7]), words]);
  const head = Buffer.alloc(32);
  head.write("\xff Go buildinf:", 0, "latin1");
  head[15] = 2;
  const mark = Buffer.alloc(16, 0x30);
  return Buffer.concat([
    Buffer.alloc(64),
    head,
    text(Buffer.from("go1.22.3")),
    text(Buffer.concat([mark, Buffer.from(modules), mark])),
  ]);
}

/** What is told of a program that passes in chunks of this size. */
function watched(bytes: Buffer, chunk: number): FileFacts[] {
  const facts: FileFacts[] = [];
  const sink = programs.watch?.(entry("/bin/a", bytes.length, 0o755), (found) => facts.push(found));
  for (let at = 0; at < bytes.length; at += chunk)
    if (sink?.write(bytes.subarray(at, at + chunk)) === false) break;
  sink?.end?.();
  return facts;
}

describe("programs", () => {
  const MODULES =
    "path\texample.org/tool\nmod\texample.org/tool\t(devel)\t\ndep\tgolang.org/x/sys\tv0.20.0\th1:a=\ndep\tgithub.com/a/b\tv1.0.0\n=>\tgithub.com/c/b\tv1.0.1\th1:b=\n";
  const go = program(goData(MODULES));
  const modules = [
    "pkg:golang/stdlib@1.22.3",
    "pkg:golang/example.org/tool",
    "pkg:golang/golang.org/x/sys@v0.20.0",
    "pkg:golang/github.com/c/b@v1.0.1",
  ];

  it.each([100, 5000, 1_000_000])("say what Go built them of, in chunks of %i bytes", (chunk) => {
    expect(watched(go, chunk).map(told)).toEqual([modules]);
  });

  it("say so when they are large, and only the part that holds it is kept", () => {
    const large = program(goData(MODULES), Buffer.alloc(0), 20 * 1024 * 1024);
    expect(watched(large, 1_000_000).map(told)).toEqual([modules]);
  });

  it("built by an old Go are named as not read", () => {
    const old = Buffer.from(go);
    old[old.indexOf("\xff Go buildinf:", 0, "latin1") + 15] = 0;
    expect(watched(old, 5000)).toEqual([{ problem: expect.stringContaining("Go before 1.18") }]);
  });

  it("say what Rust built them of, without what only builds", () => {
    const json = {
      packages: [
        { name: "serde", version: "1.0.200", source: "crates.io" },
        { name: "cc", version: "1", source: "crates.io", kind: "build" },
        { name: 3 },
      ],
    };
    const rust = program(Buffer.alloc(64), deflateSync(Buffer.from(JSON.stringify(json))));
    expect(watched(rust, 5000).map(told)).toEqual([["pkg:cargo/serde@1.0.200"]]);
  });

  it("of other kinds are let go at once", () => {
    expect(watched(Buffer.alloc(100_000, "#!/bin/sh\n"), 1000)).toEqual([]);
    expect(watched(program(Buffer.alloc(64)), 1000)).toEqual([]);
  });
});

describe("hostile bytes", () => {
  const seeds = [
    zipOf({ "META-INF/MANIFEST.MF": "Implementation-Version: 1\n", "a-1.jar": zipOf({ b: "c" }) }),
    program(goData("mod\ta\tv1\t\n"), deflateSync(Buffer.from('{"packages":[]}'))),
  ];
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
    fc
      .tuple(
        fc.constantFrom(...seeds),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 12 }),
        fc.nat(),
      )
      .map(([seed, changes, cut]) => {
        const copy = Buffer.from(seed);
        for (const [at, value] of changes) {
          // Mostly where the tables are.
          const place = at % 2 === 0 ? at % 200 : copy.length - 1 - (at % Math.min(copy.length, 400));
          copy[place] = value;
        }
        return cut % 4 === 0 ? copy.subarray(0, cut % copy.length) : copy;
      }),
  );

  it.each([
    [dpkg, "/var/lib/dpkg/status"],
    [dpkg, "/var/lib/dpkg/info/a.list"],
    [dpkg, "/usr/share/doc/a/copyright"],
    [osRelease, "/etc/os-release"],
    [apk, "/lib/apk/db/installed"],
    [rpm, "/var/lib/rpm/rpmdb.sqlite"],
    [conda, "/c/conda-meta/a.json"],
    [python, "/a.dist-info/METADATA"],
    [python, "/_vendor/vendor.txt"],
    [r, "/a/DESCRIPTION"],
    [julia, "/Manifest.toml"],
    [npm, "/node_modules/a/package.json"],
    [java, "/a-1.jar"],
    [programs, "/bin/a"],
  ] as const)("%#: never fail in %o %s", (ecosystem, path) => {
    fc.assert(
      fc.property(bytes, (any) => {
        for (const { name, version } of ecosystem.read(any, path).packages ?? []) {
          expect(name).toMatch(/^[^\s\p{C}]+$/u);
          expect(version).toMatch(/^[^\s\p{C}]*$/u);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("are not inflated without end", () => {
    expect(rustBuild(deflateSync(Buffer.alloc(50_000_000)))).toEqual([]);
    expect(rustBuild(Buffer.from("no zlib"))).toEqual([]);
  });
});
