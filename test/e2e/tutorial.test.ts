import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Registry, startRegistry } from "../../tools/setup/registry.mjs";
import { base, cli, root } from "./support.ts";

/** The tutorial as it stands, block by block, on Podman; only base image and registry are those of this machine. */

const place = mkdtempSync(join(tmpdir(), "tutorial-"));
const text = readFileSync(join(root, "docs/tutorial/README.md"), "utf8");
const blocks = [...text.matchAll(/(?:<!-- ends with (\d) -->\n)?```sh\n([\s\S]*?)```/g)].map(
  ([, code = "0", script = ""]) => ({ code: Number(code), script }),
);
let registry: Registry;
let at = place;

beforeAll(async () => {
  registry = await startRegistry({ storage: join(place, "registry") });
  mkdirSync(join(place, "bin"));
  writeFileSync(join(place, "bin/pratique"), `#!/bin/sh\nexec ${process.execPath} ${cli} "$@"\n`, {
    mode: 0o755,
  });
});
afterAll(async () => {
  await registry.stop();
  rmSync(place, { recursive: true, force: true });
});

/** A person's shell goes on where the last block ended. */
function run(script: string) {
  const here = script
    .replace(/^(pratique init .*)$/m, `$1 --base ${base("PYTHON_BASE")}`)
    .replace(/^(pratique publish )ghcr\.io/m, `$1${registry.host}`);
  const { status, stdout, stderr } = spawnSync("sh", ["-ec", `cd '${at}'\n${here}\npwd > '${place}/cwd'`], {
    encoding: "utf8",
    timeout: 280_000,
    env: {
      ...process.env,
      PATH: `${join(place, "bin")}:${process.env.PATH}`,
      PRATIQUE_ENGINE: "podman",
      CI: "true",
      ...Object.fromEntries(
        ["AUTHOR", "COMMITTER"].flatMap((who) => [
          [`GIT_${who}_NAME`, "Tutorial"],
          [`GIT_${who}_EMAIL`, "tutorial@example.org"],
        ]),
      ),
    },
  });
  if (status === 0) at = readFileSync(join(place, "cwd"), "utf8").trim();
  return { status, stdout, stderr };
}

describe("the tutorial", () => {
  it("has its steps", () => {
    expect(blocks.length).toBe(9);
    expect(blocks.filter(({ code }) => code === 1)).toHaveLength(1);
  });

  it.each(blocks.map(({ script, code }) => [script.trim().split("\n").at(-1), script, code] as const))(
    "%s",
    (last, script, code) => {
      const { status, stdout, stderr } = run(script);
      expect(status, `${stdout}\n${stderr}`).toBe(code);
      if (last === "pratique check") expect(stdout).toMatch(code === 0 ? /^CLEAR /m : /^NOT CLEAR /m);
      if (code === 1) {
        expect(stdout).toContain("example.org");
        expect(stdout).toContain("src/main.py");
      }
    },
  );

  it("goes on in CI: checked, kept, then signed and published", () => {
    const temporary = join(place, "runner");
    mkdirSync(temporary);
    const key = readFileSync(join(place, "pratique.key"), "utf8");
    const step = (script: string, env: Readonly<Record<string, string>>) =>
      spawnSync(join(root, "ci", script), {
        cwd: at,
        encoding: "utf8",
        timeout: 280_000,
        env: {
          ...process.env,
          RUNNER_TEMP: temporary,
          GITHUB_OUTPUT: join(temporary, "output"),
          GITHUB_STEP_SUMMARY: join(temporary, "summary"),
          CI: "true",
          ...env,
        },
      });
    const checked = step("github.sh", { INPUT_ENGINE: "podman" });
    expect(checked.status, checked.stderr).toBe(0);
    expect(readFileSync(join(temporary, "output"), "utf8")).toMatch(/^exit-code=0\nverdict=clear/);
    const evidence = join(temporary, "pratique-evidence");
    const published = step("github-publish.sh", {
      INPUT_PUBLISH: `${registry.host}/lab/from-ci`,
      INPUT_EVIDENCE: evidence,
      SIGNING_KEY: key,
    });
    expect(published.status, published.stderr).toBe(0);
    expect(readFileSync(join(evidence, "attestations.jsonl"), "utf8")).toContain("payload");
    expect(readdirSync(temporary).filter((name) => name.startsWith("key."))).toEqual([]);
  });

  it("ends with what is handed over", () => {
    for (const file of [
      ".pratique/index.html",
      ".pratique/attestations.jsonl",
      "job/handover.html",
      "job/job.yaml",
    ])
      expect(readFileSync(join(at, file), "utf8").length).toBeGreaterThan(100);
    expect(readFileSync(join(at, "job/job.yaml"), "utf8")).not.toMatch(/<[a-z-]+>/);
  });
});
