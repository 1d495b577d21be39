import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { archive, dockerMembers, file, folder, type Member, tar } from "../src/image/test-archives.ts";
import { renderJson } from "../src/reporters/json.ts";
import { clearReport } from "../src/reporters/page/sample-report.ts";
import { here, pratique, put, useCommandLine } from "./cli-support.ts";

/** Images in archives, through the bundled command line, where no engine is in reach. */

useCommandLine();

const imageOf = (...layers: (readonly Member[])[]): Buffer =>
  archive(dockerMembers(layers.map((members) => tar(...members))));
const one = imageOf([folder("etc"), file("etc/name", "one\n")]);
const two = imageOf(
  [folder("etc"), file("etc/name", "two\n")],
  [file("root/.cache/pip/x", "y".repeat(2_000_000))],
);

describe("pratique diff", () => {
  it("ends with 1 for a difference only where that is asked for", () => {
    put("one.tar", one);
    put("two.tar", two);
    expect(pratique(["diff", "one.tar", "two.tar"])).toMatchObject({ status: 0 });
    expect(pratique(["diff", "one.tar", "two.tar", "--exit-code"])).toMatchObject({ status: 1 });
    expect(pratique(["diff", "one.tar", "one.tar", "--exit-code"])).toMatchObject({ status: 0 });
    expect(pratique(["diff", "one.tar", "missing"]).status).toBe(3);
    expect(pratique(["diff", "one.tar"]).status).toBe(2);
  });

  it("prints one document", () => {
    put("one.tar", one);
    put("two.tar", two);
    const diff = JSON.parse(pratique(["diff", "one.tar", "two.tar", "--format", "json"]).stdout);
    expect(diff).toMatchObject({ schema: "pratique-diff/1.0", differs: true, layers: { shared: 0 } });
    expect(diff.findings.came.map(({ rule }: { rule: string }) => rule)).toEqual(["cache-left-behind"]);
  });
});

describe("the evidence of a check", () => {
  const checked = renderJson(clearReport);

  it("is never replaced by what looks at a part", () => {
    put("one.tar", one);
    put("Dockerfile", "FROM scratch\n");
    for (const folder of [".pratique", "evidence"]) put(`${folder}/report.json`, checked);
    const inspected = pratique(["inspect", "one.tar"]);
    expect(inspected.stdout).toContain(".pratique/inspect/report.json");
    const named = pratique(["inspect", "one.tar", "--output", "evidence"]);
    expect(named.stdout).toContain("evidence/inspect/report.json");
    expect(pratique(["lint", "--output", "evidence"]).stderr).toBe("");
    // No engine is in reach, and what could be found out is written all the same.
    expect(pratique(["test", "."]).status).toBe(3);
    expect(pratique(["test", "localhost/job:1", "--manifest", "none.yaml"]).status).not.toBe(0);
    for (const folder of [".pratique", "evidence"])
      expect(readFileSync(join(here(), folder, "report.json"), "utf8")).toBe(checked);
    const command = (path: string): string =>
      JSON.parse(readFileSync(join(here(), path, "report.json"), "utf8")).command;
    for (const path of [".pratique/inspect", "evidence/inspect"]) expect(command(path)).toBe("inspect");
    expect(command("evidence/lint")).toBe("lint");
    expect(command(".pratique/test")).toBe("test");
    expect(pratique(["report", ".pratique/inspect"]).status).toBe(0);
  });

  it("leaves the folder to what looks at a part where there is none", () => {
    put("one.tar", one);
    for (const before of [undefined, "not JSON", "null", JSON.stringify({ command: "test" })]) {
      if (before !== undefined) put(".pratique/report.json", before);
      pratique(["inspect", "one.tar"]);
      const { command } = JSON.parse(readFileSync(join(here(), ".pratique/report.json"), "utf8"));
      expect(command).toBe("inspect");
    }
  });

  it("gives way to a new check", () => {
    put("Dockerfile", "FROM scratch\n");
    put(".pratique/report.json", checked);
    expect(pratique(["check"]).status).toBe(3);
    expect(readFileSync(join(here(), ".pratique/report.json"), "utf8")).not.toBe(checked);
  });
});

describe("pratique tree", () => {
  it("lists, on the screen and as a document, from standard input too", () => {
    put("two.tar", two);
    const list = pratique(["tree", "two.tar", "--depth", "1"]);
    expect(list).toMatchObject({ status: 0, stderr: "" });
    expect(list.stdout.split("\n").map((line) => line.slice(-5))).toEqual([" /etc", "/root", ""]);
    const document = JSON.parse(
      pratique(["tree", "-", "--json", "--larger-than", "1MB", "--glob", "x"], { input: two }).stdout,
    );
    expect(document.entries).toEqual([
      { path: "/root/.cache/pip/x", kind: "file", size: 2_000_000, mode: "644", owner: "0:0", layer: 1 },
    ]);
  });

  it("takes a file out", () => {
    put("two.tar", two);
    expect(pratique(["tree", "two.tar", "--extract", "/etc/name", "--to", "-"])).toMatchObject({
      status: 0,
      stdout: "two\n",
    });
    expect(pratique(["tree", "two.tar", "--extract", "/etc/name", "--to", "name"]).status).toBe(0);
    expect(readFileSync(`${here()}/name`, "utf8")).toBe("two\n");
  });

  it.each([
    [["--extract", "/etc/name"], "usage.bad-argument"],
    [["--to", "x"], "usage.bad-argument"],
    [["--larger-than", "much"], "usage.bad-argument"],
    [["--layer", "0"], "usage.bad-argument"],
    [["--layer", "7"], "usage.bad-argument"],
    [["--extract", "/etc", "--to", "x"], "image.no-file"],
    [["--extract", "/none", "--to", "-"], "image.no-file"],
  ])("refuses %j", (args, code) => {
    put("two.tar", two);
    const { status, stderr } = pratique(["tree", "two.tar", ...args]);
    expect(status).toBe(2);
    expect(stderr).toContain(`[${code}]`);
  });
});

describe("pratique inspect", () => {
  it("of an archive asks no engine, and shows what takes the room", () => {
    const log = `${here()}/asked`;
    put("two.tar", two);
    for (const name of ["podman", "docker"]) {
      put(`bin/${name}`, `#!/bin/sh\necho "$@" >> '${log}'\nexit 1\n`);
      chmodSync(`${here()}/bin/${name}`, 0o755);
    }
    const { stdout } = pratique(["inspect", "two.tar"], { env: { PATH: `${here()}/bin` } });
    expect(stdout).toContain("2.0 MB  /root/.cache/pip");
    expect(stdout).toContain("Caches: pip 2.0 MB");
    expect(() => readFileSync(log)).toThrow("ENOENT");
    // They would have been asked where an engine has the image.
    pratique(["inspect", "an-image"], { env: { PATH: `${here()}/bin` } });
    expect(readFileSync(log, "utf8")).toContain("info");
  });
});
