import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Question } from "../init/answers.ts";
import { type InitCommandOptions, initWith, type Prompter } from "./init.ts";
import { terminalPrompter } from "./prompts.ts";

let top = "";
let folder = "";
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "init-cli-"));
  folder = join(top, "study");
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

// With its digest: no registry is asked.
const BASE = `docker.io/rocker/r-ver:4.4.1@sha256:${"1".repeat(64)}`;
const OPTIONS: InitCommandOptions = { model: [], language: "r", base: BASE };

async function init(options: Partial<InitCommandOptions> = {}, prompter?: Prompter) {
  let printed = "";
  const code = await initWith(
    options.from === undefined ? folder : undefined,
    { ...OPTIONS, ...options },
    prompter,
    (text) => {
      printed += text;
    },
  );
  return { code, printed };
}

const dockerfile = (): string => readFileSync(join(folder, "Dockerfile"), "utf8");

describe("init", () => {
  it("writes the files, and says which and what comes next", async () => {
    const { code, printed } = await init();
    expect(code).toBe(0);
    expect(printed).toMatch(
      /^11 files written:\n[\s\S]* {2}src\/main\.R +the program\n[\s\S]*\nNext:\n {2}pratique lint .*study /,
    );
    expect(dockerfile()).toContain(`FROM ${BASE}\n`);
  });

  it("writes nothing where one file is in the way", async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, "Dockerfile"), "mine\n");
    await expect(init()).rejects.toMatchObject({
      code: "output.exists",
      exitCode: 2,
      message: expect.stringContaining("Dockerfile"),
      hint: expect.stringMatching(/--from .*--force/),
    });
    expect(readdirSync(folder)).toEqual(["Dockerfile"]);
    expect((await init({ force: true })).code).toBe(0);
    expect(dockerfile()).toContain("FROM ");
  });

  it("asks for each file that is in the way", async () => {
    mkdirSync(folder);
    for (const name of ["Dockerfile", "README.md"]) writeFileSync(join(folder, name), "mine\n");
    const asked: string[] = [];
    const { printed } = await init(
      {},
      {
        ask: async (question) => question.initial ?? "",
        mayReplace: async (path) => {
          asked.push(path);
          return path === "README.md";
        },
      },
    );
    expect(asked).toEqual(["Dockerfile", "README.md"]);
    expect(dockerfile()).toBe("mine\n");
    expect(readFileSync(join(folder, "README.md"), "utf8")).toContain("# study");
    expect(printed).toContain("Kept as they were:\n  Dockerfile\n");
  });

  it("shows a dry run as a patch, without secrets and terminal codes of what is there", async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, "Dockerfile"), "ENV TOKEN=hunter2hunter2\n# \u001b[31mred\n");
    const { code, printed } = await init({ dryRun: true });
    expect(code).toBe(0);
    expect(printed).toMatch(/--- a\/Dockerfile\n\+\+\+ b\/Dockerfile\n/);
    expect(printed).toContain("+++ b/job/job.yaml");
    expect(printed).toMatch(/\nNothing was written\.\n$/);
    expect(printed).not.toContain("\u001b");
    expect(readdirSync(folder)).toEqual(["Dockerfile"]);
  });

  it("never changes a project that exists", async () => {
    mkdirSync(folder);
    writeFileSync(join(folder, "main.R"), "1\n");
    writeFileSync(join(folder, "Dockerfile"), "mine\n");
    const { printed } = await init({ from: folder, language: undefined });
    expect(dockerfile()).toBe("mine\n");
    expect(existsSync(join(folder, "pratique.yaml"))).toBe(true);
    expect(printed).toMatch(/^Seen: R, without packages; it starts with main\.R\.\n/);
    expect(printed).toContain("Kept as they were:\n  Dockerfile\n");
    await expect(init({ from: folder, force: true })).rejects.toMatchObject({
      code: "usage.bad-argument",
    });
    await expect(initWith(folder, { ...OPTIONS, from: folder }, undefined, () => {})).rejects.toMatchObject({
      code: "usage.bad-argument",
    });
  });
});

/** A terminal whose keys are pressed one after the other, as questions come. */
function terminal(...keys: readonly string[]) {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input });
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  let shown = "";
  output.on("data", (chunk) => {
    shown += String(chunk);
  });
  const prompter = terminalPrompter(
    input as unknown as NodeJS.ReadStream,
    output as unknown as NodeJS.WriteStream,
  );
  const press = async (): Promise<void> => {
    for (const key of keys) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      input.write(key);
    }
  };
  return { prompter, press, shown: () => shown };
}

const DOWN = "\u001b[B";
const ENTER = "\r";

describe("the prompts", () => {
  const choice: Question = {
    kind: "choice",
    key: "language",
    message: "What is the job written in?",
    choices: [
      { value: "python", label: "Python" },
      { value: "r", label: "R" },
    ],
    initial: undefined,
  };
  const text: Question = {
    kind: "text",
    key: "models",
    message: "Which models?",
    example: "none",
    initial: "",
    check: (typed) => (typed === "bad" ? "This is no model." : undefined),
  };

  it("take a choice by arrow keys", async () => {
    const { prompter, press, shown } = terminal(DOWN, ENTER);
    const [answer] = await Promise.all([prompter.ask(choice), press()]);
    expect(answer).toBe("r");
    expect(shown()).toContain("What is the job written in?");
  });

  it("say what is wrong with a text, and take nothing for what is usual", async () => {
    const typed = terminal("bad", ENTER, "\u007f", "\u007f", "\u007f", "a/b", ENTER);
    const [answer] = await Promise.all([typed.prompter.ask(text), typed.press()]);
    expect(answer).toBe("a/b");
    expect(typed.shown()).toContain("This is no model.");
    const empty = terminal(ENTER);
    expect((await Promise.all([empty.prompter.ask(text), empty.press()]))[0]).toBe("");
    expect(stripVTControlCharacters(empty.shown())).toMatch(/Enter for none[\s\S]*│ {2}none/);
  });

  it("do not write over a file unless that is said", async () => {
    const no = terminal(ENTER);
    expect((await Promise.all([no.prompter.mayReplace("Dockerfile"), no.press()]))[0]).toBe(false);
    const yes = terminal("y");
    expect((await Promise.all([yes.prompter.mayReplace("Dockerfile"), yes.press()]))[0]).toBe(true);
  });

  it("stop at Ctrl-C with nothing written", async () => {
    const { prompter, press } = terminal("\u0003");
    const [outcome] = await Promise.allSettled([init({ base: undefined }, prompter), press()]);
    expect(outcome).toMatchObject({ status: "rejected", reason: { code: "interrupted", exitCode: 130 } });
    expect(existsSync(folder)).toBe(false);
  });
});
