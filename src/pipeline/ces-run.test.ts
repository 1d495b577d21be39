import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PratiqueError } from "../errors.ts";
import { findRuntime } from "../profiles/find.ts";
import { testProfile } from "../rules/test-facts.ts";
import { NO_EXTRAS } from "../run/extras.ts";
import { type CesRunFiles, readCesRun } from "./ces-run.ts";

const profile = testProfile();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pratique-ces-"));
  mkdirSync(join(folder, "desk"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (texts: Readonly<Partial<Record<keyof CesRunFiles, string>>>): CesRunFiles => {
  const names = { options: "opt_file", arguments: "arg_file", environment: "run.env" };
  return Object.fromEntries(
    Object.entries(texts).map(([kind, text]) => {
      const path = join(folder, names[kind as keyof CesRunFiles]);
      writeFileSync(path, text);
      return [kind, path];
    }),
  );
};
async function read(texts: Parameters<typeof put>[0], id = "podman") {
  const runtime = findRuntime(profile, id);
  const files = await readCesRun(put(texts), profile);
  return { extras: files?.extrasFor(runtime) ?? NO_EXTRAS, notes: files?.notes(runtime) ?? [] };
}

describe("readCesRun", () => {
  it("reads nothing where no file is named", async () => {
    expect(await readCesRun({}, profile)).toBeUndefined();
  });

  it("takes values of an environment file as they are, quotes, dollars and blanks included", async () => {
    process.env.PRATIQUE_TEST_GIVEN = "from here";
    const text =
      '\uFEFF# note\nA="false"\nB=${HOME} # x\r\n  C= d \nA=2\nEMPTY=\nPRATIQUE_TEST_GIVEN\nPRATIQUE_TEST_NONE\n';
    const { extras } = await read({ environment: text });
    delete process.env.PRATIQUE_TEST_GIVEN;
    expect(extras.environment).toEqual({
      A: "2",
      B: "${HOME} # x",
      C: " d ",
      EMPTY: "",
      PRATIQUE_TEST_GIVEN: "from here",
    });
  });

  it("takes the words of an argument file in place of CMD, and says what it cannot know", async () => {
    const { extras, notes } = await read({ arguments: "-d 10\n-n $USER 'a b'\n" });
    expect(extras.args).toEqual(["-d", "10", "-n", "$USER", "a b"]);
    expect(notes).toEqual([expect.stringMatching(/arg_file:2: “\$” was handed/)]);
  });

  it("applies the options that it knows", async () => {
    const desk = join(folder, "desk");
    const { extras, notes } = await read({
      options: `-e A=1 --env=B='x y'\n-v ${desk}:/mnt/x:ro\n--mount type=bind,src=${desk},dst=/mnt/y,ro=true\n--mount\ntype=tmpfs,destination=/run\n--tmpfs /var/lib/rstudio-server:rw\n--memory 2G --shm-size=1g\n--pids-limit 100 -w /mnt/x --entrypoint sh --read-only\n--network=none --http-proxy=false --rm\n`,
    });
    expect(extras).toEqual({
      environment: { A: "1", B: "x y" },
      args: undefined,
      mounts: [
        { source: desk, target: "/mnt/x", readOnly: true },
        { source: desk, target: "/mnt/y", readOnly: true },
      ],
      temporary: ["/run", "/var/lib/rstudio-server"],
      entrypoint: ["sh"],
      memory: "2g",
      sharedMemory: "1g",
      processes: 100,
      workingDirectory: "/mnt/x",
      readOnlyRoot: true,
    });
    expect(notes).toEqual([]);
  });

  it("says which options make no difference to a test, and why", async () => {
    const { extras, notes } = await read({
      options: "-it\n-p 8787:8787\n--gpus all\n-v data:/mnt/d\n--cpus 2\n",
    });
    expect(extras).toEqual(NO_EXTRAS);
    expect(notes.map((note) => note.slice(folder.length + 1))).toEqual([
      "opt_file:1: -it was not applied, so it is not assessed: a test has no one at the keyboard.",
      "opt_file:2: -p was not applied, so it is not assessed: nobody opens a port of a test.",
      "opt_file:3: --gpus was not applied, so it is not assessed: a test has no GPU.",
      "opt_file:4: -v was not applied, so it is not assessed: it names a volume of the engine there, which this machine does not have.",
      "opt_file:5: --cpus was not applied, so it is not assessed: a test does not know it in podman.",
    ]);
  });

  it("reads options as the runtime means them", async () => {
    const desk = join(folder, "desk");
    const options = `--bind ${desk}:/mnt/x,${desk}:/mnt/y:ro\n--pwd /mnt/x\n--nv\n`;
    const { extras, notes } = await read({ options }, "apptainer");
    expect(extras.mounts).toEqual([
      { source: desk, target: "/mnt/x", readOnly: false },
      { source: desk, target: "/mnt/y", readOnly: true },
    ]);
    expect(extras.workingDirectory).toBe("/mnt/x");
    expect(notes).toHaveLength(1);
    expect((await read({ options }, "podman")).extras).toEqual(NO_EXTRAS);
    expect(await read({ options }, "k8s")).toEqual({ extras: NO_EXTRAS, notes: [] });
  });

  it.each([
    ["options", "-it\n--privileged\n", 2, "gives the container all rights"],
    ["options", "--network=host\n", 1, "share the machine"],
    ["options", "-v /:/host\n", 1, "the machine's own folders"],
    ["options", "-v /run/docker.sock:/x\n", 1, "control over all others"],
    ["options", "--bind /etc:/x\n", 1, "the machine's own folders"],
    ["options", "--cap-add=SYS_ADMIN\n", 1, "rights over the machine"],
    ["options", "-v ./none-of-these:/mnt/x\n", 1, "which is not there"],
    ["options", "-v .:/safe_data\n", 1, "ces-run mounts /safe_data itself"],
    ["options", "-v .:/safe_outputs/\n", 1, "ces-run mounts /safe_outputs itself"],
    ["options", "-v .:/.pratique/x\n", 1, "Nothing can be mounted"],
    ["options", "-v .:/mnt/../safe_data\n", 1, "no folder to mount at"],
    ["options", "-v .:/mnt/x\n--tmpfs /mnt/x\n", 2, "mounted at /mnt/x already"],
    ["options", "--memory lots\n", 1, "is no size"],
    ["options", '-e "A=1\n', 1, "A quote is opened"],
    ["options", "-e =1\n", 1, "no variable"],
    ["environment", "A=1\nexport B=2\n", 2, "no name for a variable"],
    ["environment", "=1\n", 1, "no name for a variable"],
    ["arguments", "a\n'b\n", 2, "A quote is opened"],
    ["environment", `A=${"x".repeat(20_000)}\n`, 1, "too long"],
  ] as const)("refuses in %s %j, naming file and line", async (kind, text, line, words) => {
    const failure = await read({ [kind]: text }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(PratiqueError);
    expect(failure).toMatchObject({ code: "run-file.refused", exitCode: 2 });
    const { message } = failure as PratiqueError;
    expect(message).toMatch(new RegExp(`^${folder}/\\w+[._]\\w+:${line}: `));
    expect(message).toContain(words);
  });

  it("never says what stands behind an equals sign of an environment file", async () => {
    const failure = await read({ environment: "export TOKEN=hidden\n" }).catch((error: unknown) => error);
    expect(JSON.stringify(failure, Object.getOwnPropertyNames(failure))).not.toContain("hidden");
  });

  it("fails on a file that cannot be read", async () => {
    for (const path of [join(folder, "none"), folder])
      await expect(readCesRun({ options: path }, profile)).rejects.toMatchObject({
        code: "run-file.unreadable",
      });
  });

  it("gives a result or a coded error whatever stands in the files", async () => {
    const line = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.constantFrom(
        "-v",
        "--mount",
        "-e A",
        "--memory",
        "--bind a:b:c:d",
        "type=tmpfs",
        "'",
        "=",
        "--pwd",
        "-w",
      ),
    );
    const text = fc.array(line, { maxLength: 6 }).map((lines) => lines.join("\n"));
    await fc.assert(
      fc.asyncProperty(text, text, text, async (options, args, environment) => {
        try {
          const { extras } = await read({ options, arguments: args, environment });
          for (const { target } of extras.mounts) expect(target).toMatch(/^\/./);
        } catch (error) {
          expect(error).toBeInstanceOf(PratiqueError);
          expect((error as PratiqueError).code).toMatch(/^run-file\./);
        }
      }),
      { numRuns: 300, seed: 20_260_722 },
    );
  });
});
