import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeEnvironment } from "./environment.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pratique-environment-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const write = (environment: Record<string, string>) =>
  writeEnvironment({ environment, environmentFile: join(folder, "environment") });

describe("writeEnvironment", () => {
  it("writes a file that only we can read, and takes it away", async () => {
    const given = await write({ TOKEN: "hidden value ", EMPTY: "" });
    const file = join(folder, "environment");
    expect(given.args).toEqual(["--env-file", file]);
    expect(given.variables).toEqual({});
    expect(readFileSync(file, "utf8")).toBe("TOKEN=hidden value \nEMPTY=\n");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await given.remove();
    expect(existsSync(file)).toBe(false);
  });

  it("hands over what no line can hold without saying it", async () => {
    const { args, variables } = await write({ KEY: "a\nb", LONG: "x".repeat(70_000), QUOTED: '"x"' });
    expect(args).toEqual([
      "--env-file",
      join(folder, "environment"),
      "--env",
      "KEY",
      "--env",
      "LONG",
      "--env",
      "QUOTED",
    ]);
    expect(variables).toEqual({ KEY: "a\nb", LONG: "x".repeat(70_000), QUOTED: '"x"' });
  });

  it("never puts a value on the command line", async () => {
    const name = fc.stringMatching(/^[A-Z_]{1,8}$/);
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, fc.string()), async (environment) => {
        const marked = Object.fromEntries(
          Object.entries(environment).map(([key, value]) => [key, `hidden${value}`]),
        );
        const { args, variables } = await write(marked);
        expect(args.filter((word) => word.includes("hidden"))).toEqual([]);
        const lines =
          Object.keys(marked).length === 0 ? "" : readFileSync(join(folder, "environment"), "utf8");
        const read = lines
          .split("\n")
          .filter(Boolean)
          .map((line): [string, string] => {
            const equals = line.indexOf("=");
            return [line.slice(0, equals), line.slice(equals + 1)];
          });
        expect({ ...Object.fromEntries(read), ...variables }).toEqual(marked);
      }),
      { numRuns: 50 },
    );
  });

  it("needs a place for it", async () => {
    await expect(write({}).then(({ args }) => args)).resolves.toEqual([]);
    const environmentFile = join(folder, "none", "environment");
    await expect(writeEnvironment({ environment: { A: "1" }, environmentFile })).rejects.toMatchObject({
      code: "output.not-writable",
    });
  });
});
