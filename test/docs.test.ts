import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { output, root, useCommandLine } from "./cli-support.ts";
import { NOT_RUN, PAGES, RUN_WHOLE } from "./documents/pages.ts";
import { documents, fences } from "./documents/read.ts";
import { definePage, neverRun, OUTPUT, shown, toRun } from "./documents/run.ts";

/**
 * Every command that users are shown is run, in the order of its page: here what needs no engine, the rest by
 * `test/e2e/documents.test.ts`. What cannot be run is listed with the reason.
 */

useCommandLine();

for (const [document, page] of Object.entries(PAGES))
  if (page.engine === undefined)
    definePage(document, page, () => ({
      main: join(output, "cli/main.cjs"),
      env: { PYTHON_BASE: `docker.io/library/python:3.12-slim@sha256:${"0".repeat(64)}` },
    }));

describe("the documents", () => {
  it("show no command that is neither run nor listed", () => {
    expect(shown.length).toBeGreaterThan(200);
    expect(neverRun().map(({ document, line, text }) => `${document}:${line} ${text}`)).toEqual([]);
  });

  it("show all that is listed", () => {
    const texts = (document: string) =>
      shown.filter((one) => one.document === document).map(({ text }) => text);
    for (const [command, why] of NOT_RUN) {
      expect(
        shown.some(({ text }) => command.test(text)),
        `${command} is shown no more`,
      ).toBe(true);
      const [file] = /\b(?:test|tools)\/[\w/-]+\.[\w.]*[a-z]/.exec(why) ?? [];
      if (file !== undefined) expect(existsSync(join(root, file)), `${file} is no test`).toBe(true);
    }
    for (const [document, test] of Object.entries(RUN_WHOLE)) {
      expect(texts(document).length).toBeGreaterThan(0);
      expect(readFileSync(join(root, test), "utf8")).toContain(document);
    }
    for (const [document, page] of Object.entries(PAGES)) {
      expect(toRun(document).length, `${document} has no command to run`).toBeGreaterThan(0);
      const all = [document, ...(page.andThen ?? [])].flatMap(texts);
      for (const command of [page.asks, page.before, page.ends, page.prints].flatMap((one) =>
        Object.keys(one ?? {}),
      ))
        expect(all, `${document} has it no more`).toContain(command);
      for (const name of Object.keys(page.instead ?? {}))
        expect(
          all.some((text) => text.includes(name)),
          `${document}: nobody reads ${name}`,
        ).toBe(true);
      for (const begin of Object.keys(page.notPrinted ?? {}))
        expect(fences(document).some(({ text }) => text.startsWith(begin))).toBe(true);
      for (const [from, begin] of Object.values(page.files ?? {}))
        expect(
          fences(from).some(({ text }) => text.startsWith(begin)),
          `${from} has no block ${begin}`,
        ).toBe(true);
    }
  });

  it("show as printed what a test has printed", () => {
    const others = documents().filter((document) =>
      fences(document).some(({ language }) => OUTPUT.test(language)),
    );
    expect(others.filter((document) => !(document in PAGES) && !(document in RUN_WHOLE))).toEqual([]);
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
