import { readFileSync } from "node:fs";
import { stripVTControlCharacters } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Finding } from "../findings/finding.ts";
import { clearReport, HOSTILE, lintReport, notClearReport } from "./page/sample-report.ts";
import { renderError, renderFindings, renderNotAssessed, renderTerminal } from "./terminal.ts";
import { displayWidth } from "./wrap.ts";

const plain = { width: 80, color: false, unicode: true };
const paths = { page: ".pratique/index.html", evidence: ".pratique/report.json" };
const [first] = notClearReport.findings;
if (first === undefined) throw new Error("the sample has findings");

const widest = (text: string): number => Math.max(...text.split("\n").map(displayWidth));

describe("renderTerminal", () => {
  const screen = renderTerminal(notClearReport, { ...plain, reportPaths: paths });

  it("says first what stops the job, with the line, a mark below it and a fix", () => {
    expect(screen).toContain("NOT CLEAR   2 things would stop this job in the Safe Haven.");
    expect(screen).toContain(
      " 1  The program waits for the internet      OFF-01, IMG-12 · no-runtime-download\n",
    );
    expect(screen).toMatch(/ {4}src\/train\.py:12 {3}model = AutoModel.*\n {30}─{46}\n/);
    expect(screen).toContain("        ENV HF_HOME=/opt/hf\n");
    expect(screen.indexOf(" 2  The program cannot write")).toBeLessThan(screen.indexOf(" Advice"));
  });

  it("names advice, waivers, gaps, notes and files", () => {
    expect(screen).toContain("• The base image may change under you  Dockerfile:1");
    expect(screen).toContain("Waived: 1 finding (root-user)");
    expect(screen).toContain("Not assessed: 4 requirements (why: pratique report --not-assessed)");
    expect(screen).toContain("Note: No test data was given");
    expect(screen).toContain("Case small: 1 of 3 expectations met, 1 not met, 1 not assessed\n");
    expect(screen).toContain(" Report    .pratique/index.html\n");
    expect(screen).toContain(" Output    .pratique/logs/test.log\n");
  });

  it("says in one line what the run used", () => {
    expect(screen).toContain(
      " Used      memory 1.2 GiB of 4 GiB, /dev/shm 64 MiB of 64 MiB, processors 11.3 s",
    );
    expect(renderTerminal(clearReport, plain)).not.toContain(" Used ");
  });

  it("is one screen", () => {
    expect(screen.split("\n").length).toBeLessThanOrEqual(49);
    expect(renderTerminal(clearReport, plain).split("\n").length).toBeLessThan(16);
  });

  it.each([40, 60, 80, 100, 120])("fits %i columns but for lines to paste", (width) => {
    for (const report of [notClearReport, clearReport, lintReport]) {
      const noPaste = {
        ...report,
        findings: report.findings.map((finding) => ({ ...finding, fix: finding.fix?.split("\n")[0] ?? "" })),
      };
      expect(widest(renderTerminal(noPaste, { ...plain, width, reportPaths: paths }))).toBeLessThanOrEqual(
        width,
      );
    }
  });

  it("says the same with colours and without", () => {
    const colored = renderTerminal(notClearReport, { ...plain, color: true, reportPaths: paths });
    expect(colored).toContain("\u001b[");
    expect(stripVTControlCharacters(colored)).toBe(screen);
  });

  it("has no sign of its own beyond ASCII where that cannot be shown", () => {
    const ascii = renderTerminal(notClearReport, { ...plain, unicode: false });
    expect(ascii).not.toMatch(/[✔✖─•·]/);
    expect(ascii).toContain("^^^^");
  });

  it("lets nothing through that moves the cursor or turns text round", () => {
    for (const text of [
      screen,
      renderFindings(notClearReport, plain),
      renderNotAssessed(notClearReport, plain),
    ]) {
      expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
    }
    expect(renderFindings(notClearReport, plain)).toContain("<script>alert(1)</script>");
  });

  it("does not show the steps twice", () => {
    const short = renderTerminal(notClearReport, { ...plain, stepsShown: true });
    expect(short).not.toContain("4 source files");
    expect(short).toContain("NOT CLEAR");
  });

  it("keeps a bad project short", () => {
    const many = Array.from(
      { length: 60 },
      (_, index): Finding => ({ ...first, title: `Thing ${index + 1}` }),
    );
    const text = renderTerminal({ ...notClearReport, findings: many }, plain);
    expect(text).toContain("11  Thing 11");
    expect(text).not.toContain("Thing 12");
    expect(text).toContain("and 49 things like these; the report has them all");
    expect(text.match(/HF_HUB_OFFLINE/g)).toHaveLength(3);
  });

  it("counts a warning that fails a must among what stops the job", () => {
    const softened = { ...notClearReport, findings: [{ ...first, severity: "warning" as const }] };
    const text = renderTerminal(softened, plain);
    expect(text).toContain(" 1  The program waits");
    expect(text).not.toContain(" Advice");
  });

  it("says what an incomplete verdict waits for", () => {
    const text = renderTerminal({ ...notClearReport, verdict: "incomplete", findings: [] }, plain);
    expect(text).toContain("INCOMPLETE");
    expect(text).toMatch(/Not shown\n {2}• The job ended early, .*\n? *.*\(OUT-01\)/);
  });

  it("keeps the mark in sight when it stands far to the right", () => {
    const finding: Finding = {
      ...first,
      location: { file: "a.py", startLine: 1, startColumn: 501, endLine: 1, endColumn: 505 },
      excerpt: `${"x".repeat(500)}load("model")`,
    };
    const text = renderTerminal({ ...notClearReport, findings: [finding] }, plain);
    expect(text).toMatch(/a\.py:1 {3}…x{11}load\("model"\)\n +─{4}\n/);
  });

  it("survives any excerpt and any place in it", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 300 }),
        fc.nat(320),
        fc.nat(320),
        fc.integer({ min: 40, max: 120 }),
        (excerpt, startColumn, endColumn, width) => {
          const location = { file: "a.py", startLine: 1, startColumn, endLine: 1, endColumn };
          const { fix, ...finding } = { ...first, excerpt, location };
          const text = renderTerminal({ ...notClearReport, findings: [finding] }, { ...plain, width });
          expect(widest(text)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});

describe("renderFindings", () => {
  const text = renderFindings({ ...lintReport, findings: notClearReport.findings }, plain);

  it("goes file by file, with source lines, and counts at the end", () => {
    expect(text).toContain("Dockerfile:1  warning  unpinned-base\n");
    expect(text).toContain("      FROM python:3.12\n           ───────────\n");
    expect(text.endsWith("Dockerfile, 4 source files: 2 errors, 1 warning, 1 remark, 1 waived\n")).toBe(true);
  });

  it("orders the findings of a file by line", () => {
    const onLine = (startLine: number): Finding => ({
      ...first,
      location: { file: "a.py", startLine, startColumn: 1, endLine: startLine, endColumn: 2 },
    });
    const sorted = renderFindings({ ...lintReport, findings: [onLine(9), onLine(2)] }, plain);
    expect(sorted.indexOf("a.py:2 ")).toBeLessThan(sorted.indexOf("a.py:9 "));
  });

  it("counts the items of a checklist", () => {
    const [one] = lintReport.requirements;
    if (one === undefined) throw new Error("the sample has requirements");
    const item = (id: string, status: typeof one.status) => ({ ...one, id, status, checklist: "Guide" });
    const requirements = [
      item("G-1", "pass"),
      item("G-2", "fail"),
      item("G-3", "pass"),
      item("G-4", "not-assessed"),
    ];
    const report = { ...lintReport, requirements };
    const line = "Guide: 2 of 4 met; not met: G-2; not assessed: G-4\n";
    expect(renderFindings(report, plain)).toBe(`${line}Dockerfile, 4 source files: no findings\n`);
    expect(renderTerminal(report, plain)).toContain(` ${line}`);
  });

  it("says so when there is nothing", () => {
    expect(renderFindings(lintReport, plain)).toBe("Dockerfile, 4 source files: no findings\n");
  });
});

describe("renderNotAssessed", () => {
  it("gives each requirement with its reason, and those decided elsewhere apart", () => {
    const text = renderNotAssessed(notClearReport, plain);
    expect(text).toContain("  OUT-01 (must): Results are written below `/safe_outputs`.\n");
    expect(text).toContain("      The job ended early, so its later writes would not have been seen.\n");
    expect(text.indexOf("OUT-01")).toBeLessThan(text.indexOf("Decided elsewhere"));
    expect(text).toContain("K8S-05");
    expect(text).not.toContain("DIR-01");
  });

  it("says so when all was", () => {
    expect(renderNotAssessed({ ...clearReport, requirements: [] }, plain)).toBe("Everything was assessed.\n");
  });
});

describe("renderError", () => {
  it("says what happened, what to do next, and the code", () => {
    const error = {
      code: "engine.not-started",
      message: `Podman ${HOSTILE.escape}does not answer.`,
      hint: "Start it.",
    };
    const text = renderError(error, plain);
    expect(text).toBe(
      "✖ Podman \\x1b[2J\\x1b]0;owned\\x07does not answer.\n  Start it.\n  [engine.not-started]\n",
    );
  });
});

it("loads nothing of the page", () => {
  const seen = new Set<string>();
  const visit = (url: URL): void => {
    if (seen.has(url.href)) return;
    seen.add(url.href);
    for (const [, path = ""] of readFileSync(url, "utf8").matchAll(/from "(\.[^"]+)"/g))
      visit(new URL(path, url));
  };
  for (const name of ["terminal.ts", "json.ts", "progress.ts"]) visit(new URL(name, import.meta.url));
  expect([...seen].filter((href) => href.includes("/page/") || href.endsWith(".tsx"))).toEqual([]);
});
