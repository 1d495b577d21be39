import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PratiqueError } from "../errors.ts";
import type { Given, Question } from "../init/answers.ts";
import { LANGUAGES, PACKAGERS_OF } from "../init/project.ts";
import { noStarter, TASKS } from "../init/starter.ts";
import { type InitOptions, planInit, writeInit } from "./init.ts";
import { lintCommand } from "./lint.ts";

const DIGEST = `sha256:${"1".repeat(64)}`;
let top = "";
let folder = "";
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "init-"));
  folder = join(top, "heart-study");
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const put = (files: Readonly<Record<string, string>>): void => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
};

const plan = (given: Given, more: Partial<InitOptions> = {}) =>
  planInit({
    folder,
    existing: false,
    given,
    ask: undefined,
    digests: async () => ({ digest: DIGEST }),
    ...more,
  });

async function make(given: Given, more: Partial<InitOptions> = {}) {
  const result = await plan(given, more);
  await writeInit(result.folder, new Map([...result.files].filter(([path]) => !result.present.has(path))));
  return result;
}

/** What the rules say of the folder as a user would lint it. */
async function findings(): Promise<string[]> {
  const { report } = await lintCommand({
    targets: [folder],
    output: join(top, "out"),
    shellcheck: "never",
    signal: new AbortController().signal,
    progress: { start() {}, detail() {}, done() {} },
  });
  expect(report.findings.filter(({ waived }) => waived !== undefined)).toEqual([]);
  return report.findings.map(
    ({ rule, message }) => `${rule} ${message}`,
  );
}

/** What no generator can know: where the repository is, and who the user is in the Safe Haven. */
const isOpen = (finding: string): boolean => /^(?:not-version-controlled|job-placeholder) /.test(finding);

const combinations = LANGUAGES.flatMap((language) =>
  PACKAGERS_OF[language].flatMap((packager) =>
    TASKS.filter((task) => noStarter(language, packager, task) === undefined).flatMap((task) =>
      [[], ["google-bert/bert-base-uncased", "lab/other@v1.2"]].flatMap((models) =>
        [undefined, "software.lic"].map((licence) => ({ language, packager, task, models, licence })),
      ),
    ),
  ),
).filter(({ task, models }) => task !== "text" || models.length > 0);

describe("a new project", () => {
  it.each(combinations)("in $language with $packager for $task, models $models, licence $licence, has no finding", async (given) => {
    if (given.licence !== undefined) put({ "software.lic": "a licence\n" });
    await make(given);
    expect((await findings()).filter((finding) => !isOpen(finding))).toEqual([]);
  });
});
void [execFileSync, readdirSync, readFileSync, symlinkSync];
type _Later = PratiqueError | Question;
