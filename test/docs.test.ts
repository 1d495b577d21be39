import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { beforeEach, describe, expect, it } from "vitest";
import { here, output, pratique, put, root, useCommandLine } from "./cli-support.ts";
import { documents, shownCommands, wordsOf } from "./docs-commands.ts";

/**
 * Every command that the documents show is one that the command line takes. Those that do something without an engine,
 * a registry or the network do it here; the tutorial and the how-to pages are run whole, on an engine, by the tests in e2e.
 */

useCommandLine();
const shown = documents().flatMap(shownCommands);

/** Options by command, as the help has them. */
const known = new Map<string, ReadonlySet<string>>();
function optionsOf(command: string): ReadonlySet<string> {
  const before = known.get(command);
  if (before !== undefined) return before;
  const { stdout, status } = pratique([command, "--help"]);
  const options = new Set(status === 0 ? (stdout.match(/(?<![\w-])--?[a-z][\w-]*/g) ?? []) : []);
  known.set(command, options);
  return options;
}

beforeEach(() => {
  put("bin/pratique", `#!/bin/sh\nexec ${process.execPath} ${join(output, "cli/main.cjs")} "$@"\n`);
  spawnSync("chmod", ["+x", join(here(), "bin/pratique")]);
  const [, patients = ""] =
    /```yaml\n(# patients\.yaml\n[\s\S]*?)```/.exec(readFileSync(join(root, "docs/data.md"), "utf8")) ?? [];
  put("patients.yaml", patients);
  put("export.csv", "id,age,sex\n1,2,F\n");
  put("trivy/db/trivy.db", "");
  put("trivy/db/metadata.json", "{}");
  put("not-affected.json", "{}");
  put("grype.sarif", '{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"grype"}},"results":[]}]}');
  put("Dockerfile", "FROM scratch\n");
  put("train.dockerfile", "FROM scratch\n");
  put("my-project/Dockerfile", "FROM scratch\n");
  for (const name of ["home-writer", "heart-risk"])
    cpSync(join(root, "examples", name), join(here(), "examples", name), { recursive: true });
  mkdirSync(join(here(), ".pratique"));
  cpSync(join(root, "test/fixtures/reports/1.0.json"), join(here(), ".pratique/report.json"));
  cpSync(join(root, "test/fixtures/job.yaml"), join(here(), "job.yaml"));
  cpSync(join(here(), ".pratique"), join(here(), "approved"), { recursive: true });
});

describe("the documents", () => {
  it("show commands", () => {
    expect(shown.length).toBeGreaterThan(60);
    expect(shown.filter(({ block }) => block).length).toBeGreaterThan(40);
  });

  it.each(shown.map(({ at, text }) => [at, text]))("%s: %s is a command with its options", (_at, text) => {
    const [, command = "", ...words] = wordsOf(text.split(/ (?:&&|\||>|<) /)[0] ?? "");
    const options = optionsOf(command);
    expect(options.size, `there is no command ${command}`).toBeGreaterThan(0);
    for (const word of words.filter((one) => /^--?[a-z]/.test(one)))
      expect([...options]).toContain(word.split("=")[0]);
  });

  const local = shown.filter(
    ({ block, text }) =>
      block &&
      !/[<…]|:\/\/|--keyless|--attach|^pratique (?:lsp|completion|init|pin|publish)\b/.test(
        text.replace(" < ", " "),
      ),
  );
  it.each([...new Set(local.map(({ text }) => text))])("%s is no wrong use", (text) => {
    const { status, stderr } = spawnSync("/bin/sh", ["-c", text], {
      cwd: here(),
      encoding: "utf8",
      input: "",
      timeout: 30_000,
      env: { HOME: here(), PATH: join(here(), "bin"), CI: "true" },
    });
    expect([0, 1, 2, 3], stderr).toContain(status);
    expect(stderr).not.toMatch(/\[usage\.|\[internal\./);
  });

  it("lead only to what is there", () => {
    for (const document of documents()) {
      const text = readFileSync(join(root, document), "utf8").replace(/```[\s\S]*?```/g, "");
      for (const [, target = ""] of text.matchAll(/\]\(([^)\s#]+)(?:#[^)]*)?\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        expect(existsSync(join(root, dirname(document), target)), `${document} leads to ${target}`).toBe(
          true,
        );
      }
    }
  });
});
