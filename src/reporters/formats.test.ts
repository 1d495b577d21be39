import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv } from "ajv";
import fc from "fast-check";
import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import type { Report, RequirementResult, Step } from "../evidence/report.ts";
import type { Finding, Location } from "../findings/finding.ts";
import { readImported } from "../scanners/imported.ts";
import { renderCheckstyle } from "./checkstyle.ts";
import { FORMATS, type FormatName } from "./formats.ts";
import { renderGithub } from "./github.ts";
import { renderGitlab } from "./gitlab.ts";
import { renderJunit } from "./junit.ts";
import { clearReport, lintReport, notClearReport } from "./page/sample-report.ts";
import { underFolder } from "./relocate.ts";
import { type RuleWords, renderSarif } from "./sarif.ts";

const root = join(fileURLToPath(import.meta.url), "..", "..", "..");
const samples = [
  ["clear", clearReport],
  ["not clear", notClearReport],
  ["lint", lintReport],
] as const;

const RULE: RuleWords = {
  id: "unpinned-base",
  title: "The base image may change under you",
  category: "base-image",
  severity: "warning",
  requirements: ["IMG-03"],
  why: "It changes.",
  fix: "Pin it.",
  aliases: ["hadolint:DL3006"],
};
const sarif = (report: Report) => renderSarif(report, { rules: [RULE] });

/** What a terminal would obey, or what would not be seen. */
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]/;

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
}

/** The elements of a document, in order. Fails where it is not well-formed. */
function parseXml(text: string): Element[] {
  const elements: Element[] = [];
  const open: Element[] = [];
  const parser = new SaxesParser();
  parser.on("opentag", ({ name, attributes }) => {
    const element = { name, attributes: attributes as Record<string, string>, text: "" };
    elements.push(element);
    open.push(element);
  });
  parser.on("text", (text) => {
    const last = open.at(-1);
    if (last !== undefined) last.text += text;
  });
  parser.on("closetag", () => void open.pop());
  parser.on("error", (error) => {
    throw error;
  });
  parser.write(text).close();
  return elements;
}

const validate = (() => {
  const schema = JSON.parse(readFileSync(join(root, "test/schemas/sarif-2.1.0-rtm.5.json"), "utf8"));
  // The schema is written in draft 4, whose only difference here is the name of its own id.
  delete schema.id;
  delete schema.$schema;
  const ajv = new Ajv({ strict: false, unicodeRegExp: false });
  ajv.addFormat("uri", /^[a-z][a-z\d+.-]*:[!#-;=?-[\]_a-z~%]*$/i);
  ajv.addFormat("uri-reference", /^(?:[a-z][a-z\d+.-]*:)?(?:%[\da-f]{2}|[!#$&-;=?@A-Z[\]_a-z~])*$/i);
  ajv.addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/);
  const check = ajv.compile(schema);
  return (log: unknown) => {
    check(log);
    return check.errors ?? [];
  };
})();

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string(),
  fc.constantFrom(
    "\u001b[31m",
    "]]>",
    "<!--",
    "&amp;",
    "\ud800",
    "\ufffe\uffff",
    "a\r\n::error::b",
    "%0A::error::",
    "[x](http://evil.example)",
    "\u202e",
    "../a b/ü.py",
    "a,line=3:4",
  ),
);
const place = fc.record({
  file: text,
  startLine: fc.integer({ min: -1, max: 99 }),
  startColumn: fc.integer({ min: -1, max: 99 }),
  endLine: fc.integer({ min: -1, max: 99 }),
  endColumn: fc.integer({ min: -1, max: 99 }),
});
const location = fc.oneof<fc.Arbitrary<Location>[]>(
  place,
  fc.record({ imagePath: text }),
  fc.record({ process: fc.record({ pid: fc.nat(), command: text, executable: text }) }),
);
const finding: fc.Arbitrary<Finding> = fc.record(
  {
    rule: text,
    title: text,
    severity: fc.constantFrom("error", "warning", "info"),
    requirements: fc.array(fc.constantFrom("OFF-01", "UID-02", "X"), { maxLength: 2 }),
    message: text,
    aliases: fc.array(text, { maxLength: 2 }),
    location,
    excerpt: text,
    fix: text,
    edits: fc.array(
      fc.tuple(place, text).map(([at, replacement]) => ({ ...at, text: replacement })),
      { maxLength: 2 },
    ),
    proofs: fc.array(
      fc.record({ rule: text, message: text, location }, { requiredKeys: ["rule", "message"] }),
      {
        maxLength: 2,
      },
    ),
    waived: fc.record({ reason: text, by: text, until: text }),
  },
  { requiredKeys: ["rule", "title", "severity", "requirements", "message", "aliases"] },
);
const report: fc.Arbitrary<Report> = fc
  .tuple(fc.array(finding, { maxLength: 15 }), fc.array(text, { maxLength: 2 }), text, fc.boolean())
  .map(([findings, notes, words, file]) => ({
    ...notClearReport,
    findings,
    notes,
    summary: words,
    verdict: "incomplete",
    subject: {
      ...notClearReport.subject,
      name: words,
      dockerfile: file ? { path: words, sha256: words } : null,
    },
    steps: notClearReport.steps.map((step): Step => ({ ...step, status: "failed", reason: words })),
    requirements: notClearReport.requirements.map(
      (r): RequirementResult => ({ ...r, text: words, reason: words }),
    ),
    times: { startedAt: words, seconds: 1 },
  }));
const all = (check: (report: Report) => void) => fc.assert(fc.property(report, check), { numRuns: 150 });

describe("every format", () => {
  it.each(Object.keys(FORMATS) as FormatName[])(
    "%s is written for every report, the same twice",
    async (name) => {
      for (const [, sample] of samples) {
        if (FORMATS[name].ofPackages === true && sample.inventory === undefined) continue;
        const written = await FORMATS[name].render(sample);
        expect(await FORMATS[name].render(sample)).toBe(written);
        expect(written).not.toMatch(UNSEEN);
      }
    },
  );

  it("names files from another folder", async () => {
    const moved = underFolder(notClearReport, "./studies/heart/");
    expect(moved.subject.dockerfile?.path).toBe("studies/heart/Dockerfile");
    expect(moved.findings[0]?.location).toMatchObject({ file: "studies/heart/src/train.py" });
    expect(underFolder(notClearReport, ".")).toBe(notClearReport);
    for (const name of ["sarif", "github", "gitlab", "junit", "checkstyle"] as const) {
      expect(await FORMATS[name].render(notClearReport, "studies")).toContain("studies/Dockerfile");
    }
  });
});

describe("SARIF", () => {
  it.each(samples)("is valid for a %s report", async (_name, sample) => {
    expect(validate(JSON.parse(await FORMATS.sarif.render(sample)))).toEqual([]);
  });

  it("is valid whatever the report says, and keeps terminals as they are", () => {
    all((any) => {
      const log = sarif(any);
      expect(log).not.toMatch(UNSEEN);
      expect(validate(JSON.parse(log))).toEqual([]);
    });
  });

  const { runs } = JSON.parse(sarif(notClearReport));
  const run = runs[0];
  const of = (rule: string) => run.results.find((result: { ruleId: string }) => result.ruleId === rule);

  it("describes every rule, and those that only the report knows", () => {
    expect(run.tool.driver.rules[0]).toMatchObject({
      id: "unpinned-base",
      name: "UnpinnedBase",
      help: { markdown: expect.stringContaining("Pin it.") },
      defaultConfiguration: { level: "warning", enabled: true },
      properties: { tags: ["base-image", "IMG-03"], aliases: ["hadolint:DL3006"] },
    });
    for (const result of run.results) expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
  });

  it("links the rules' pages where they have an address", () => {
    const rule = JSON.parse(renderSarif(clearReport, { rules: [RULE], pages: "https://example.org/rules/" }))
      .runs[0].tool.driver.rules[0];
    expect(rule.helpUri).toBe("https://example.org/rules/unpinned-base.md");
  });

  it("tells the place, the line, and further proofs", () => {
    const result = of("no-runtime-download");
    expect(result.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: "src/train.py" },
      region: {
        startLine: 12,
        startColumn: 9,
        endLine: 12,
        endColumn: 55,
        snippet: { text: 'model = AutoModel.from_pretrained("bert-base-uncased")' },
      },
    });
    expect(result.relatedLocations[0].logicalLocations[0]).toMatchObject({ kind: "process" });
    expect(result.level).toBe("error");
  });

  it("shows what is in the image at the Dockerfile, and a waiver as a suppression", () => {
    const result = of("root-user");
    expect(result.locations[0].physicalLocation.artifactLocation.uri).toBe("Dockerfile");
    expect(result.locations[0].logicalLocations[0].fullyQualifiedName).toBe("image:config");
    expect(result.suppressions).toEqual([
      { kind: "external", status: "accepted", justification: expect.stringContaining("until 2027-03-31") },
    ]);
    expect(of("unpinned-base").suppressions).toEqual([]);
  });

  it("writes names of files in per cent, and makes no links of words", () => {
    const link = { ...notClearReport.findings[0], message: "see [here](https://evil.example)" } as Finding;
    const at = { file: "my code/ü#1.py", startLine: 1, startColumn: 1, endLine: 1, endColumn: 2 };
    const log = JSON.parse(sarif({ ...notClearReport, findings: [{ ...link, location: at }] }));
    const [result] = log.runs[0].results;
    expect(result.locations[0].physicalLocation.artifactLocation.uri).toBe("my%20code/%C3%BC%231.py");
    expect(result.message.text).toContain("[here\\](https://evil.example)");
  });

  it("lists known vulnerabilities so that readers of scanners' logs know them", () => {
    const one = {
      id: "CVE-2023-32681",
      package: "requests",
      version: "2.25.0",
      fixedVersion: "2.31.0",
      severity: "medium",
      cvss: 6.1,
      title: "a leak",
      origin: "project",
    } as const;
    const waived = { ...one, package: "other", waived: { reason: "not used", source: "settings" } };
    const vulnerabilities = { scanners: [], list: [one, waived], notAssessed: [] };
    const log = sarif({ ...notClearReport, vulnerabilities });
    expect(readImported(log)).toMatchObject({
      vulnerabilities: [
        {
          id: one.id,
          package: "requests",
          version: "2.25.0",
          fixedVersion: "2.31.0",
          severity: "MEDIUM",
          cvss: 6.1,
          title: "a leak",
        },
        { package: "other", suppressed: { reason: "Waived: not used (in pratique.yaml)" } },
      ],
    });
    const [rule] = JSON.parse(log).runs[0].tool.driver.rules.filter(({ id }: RuleWords) => id === one.id);
    expect(rule.properties["security-severity"]).toBe("6.1");
  });

  it("offers the edits of a finding as they are", () => {
    const edit = {
      file: "Dockerfile",
      startLine: 2,
      startColumn: 1,
      endLine: 2,
      endColumn: 1,
      text: "ENV A=1\u202e\n",
    };
    const [first] = notClearReport.findings;
    const log = sarif({ ...notClearReport, findings: [{ ...first, edits: [edit] } as Finding] });
    expect(log).not.toContain("\u202e");
    expect(JSON.parse(log).runs[0].results[0].fixes[0].artifactChanges).toEqual([
      {
        artifactLocation: { uri: "Dockerfile" },
        replacements: [
          {
            deletedRegion: { startLine: 2, startColumn: 1, endLine: 2, endColumn: 1 },
            insertedContent: { text: edit.text },
          },
        ],
      },
    ]);
  });

  it("says what was not assessed, and whether a step failed", () => {
    const [invocation] = run.invocations;
    expect(invocation.executionSuccessful).toBe(true);
    const gap = invocation.toolExecutionNotifications.find(
      (n: { descriptor: { id: string } }) => n.descriptor.id === "not-assessed",
    );
    expect(gap.properties.requirements).toContain("OUT-01");
    const failed = notClearReport.steps.map(
      (step): Step => ({ ...step, status: "failed", reason: "no space" }),
    );
    const log = JSON.parse(sarif({ ...notClearReport, steps: failed }));
    expect(log.runs[0].invocations[0].executionSuccessful).toBe(false);
    expect(JSON.stringify(log.runs[0].invocations)).toContain("build: failed: no space");
  });
});

describe("GitHub annotations", () => {
  it("name level, place and title, with the fix", () => {
    const lines = renderGithub(notClearReport).split("\n");
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^::error file=src\/train\.py,line=12,endLine=12,col=9,endColumn=55,title=The program waits for the internet \(no-runtime-download\)::python3/,
      ),
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^::warning file=Dockerfile,line=1.*%0A {4}FROM python/),
    );
    expect(lines.join("\n")).not.toContain("root-user");
  });

  it("are whole commands on lines of their own, whatever is in them", () => {
    all((any) => {
      for (const line of renderGithub(any).split("\n").slice(0, -1)) {
        expect(line).toMatch(/^::(?:error|warning|notice) (?:[a-zA-Z]+=[^,:\r\n]*(?:,|(?=::)))+::[^\r\n]*$/);
        expect(line).not.toMatch(UNSEEN);
      }
    });
  });

  it("keep to what GitHub shows, the worst first, and count the rest", () => {
    const make = (severity: Finding["severity"]) =>
      Array.from({ length: 12 }, (): Finding => ({ ...(notClearReport.findings[0] as Finding), severity }));
    const findings = [...make("info"), ...make("error"), ...make("warning")];
    const lines = renderGithub({ ...notClearReport, verdict: "incomplete", findings })
      .trimEnd()
      .split("\n");
    for (const level of ["error", "warning", "notice"])
      expect(lines.filter((line) => line.startsWith(`::${level} `))).toHaveLength(10);
    expect(lines[0]).toContain("title=pratique%3A incomplete::");
    expect(lines[1]).toMatch(/^::error /);
    expect(lines.at(-1)).toMatch(/2 errors, 2 warnings, 4 remarks more/);
  });

  it("say nothing when there is nothing to say, and do not keep a failure quiet", () => {
    expect(renderGithub(clearReport)).toBe("");
    const failed = lintReport.steps.map((step): Step => ({ ...step, status: "failed", reason: "broken" }));
    expect(renderGithub({ ...clearReport, steps: failed })).toBe(
      "::error title=pratique%3A lint failed::broken\n",
    );
  });
});

describe("GitLab Code Quality", () => {
  it("tells each open finding once, with its own fingerprint", () => {
    const entries = JSON.parse(renderGitlab(notClearReport));
    expect(entries).toHaveLength(4);
    expect(entries[0]).toEqual({
      description: expect.stringContaining("huggingface.co"),
      check_name: "no-runtime-download",
      fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
      severity: "critical",
      location: { path: "src/train.py", lines: { begin: 12, end: 12 } },
    });
  });

  it("is a list of entries with different fingerprints, whatever is in them", () => {
    all((any) => {
      const written = renderGitlab(any);
      const entries: readonly { fingerprint: string }[] = JSON.parse(written);
      expect(new Set(entries.map(({ fingerprint }) => fingerprint)).size).toBe(entries.length);
      expect(written).not.toMatch(UNSEEN);
    });
  });
});

describe("JUnit", () => {
  const cases = (sample: Report) => {
    const elements = parseXml(renderJunit(sample));
    return (name: string) => {
      const index = elements.findIndex((e) => e.name === "testcase" && e.attributes.name?.startsWith(name));
      const next = elements[index + 1];
      return index < 0 ? "absent" : next === undefined || /^test/.test(next.name) ? "passed" : next;
    };
  };

  it("passes only what was shown", () => {
    const outcome = cases(notClearReport);
    expect(outcome("DIR-01")).toBe("passed");
    expect(outcome("OFF-01")).toMatchObject({ name: "failure", attributes: { type: "must" } });
    expect(outcome("OFF-01")).toMatchObject({ text: expect.stringContaining("ENV HF_HOME=/opt/hf") });
    expect(outcome("OUT-01")).toMatchObject({
      name: "skipped",
      attributes: { message: /^Not assessed: The job/ },
    });
    expect(outcome("UID-02")).toMatchObject({ name: "skipped", attributes: { message: /^Waived: / } });
    expect(outcome("K8S-05")).toMatchObject({ name: "skipped" });
    expect(outcome("scan")).toMatchObject({ name: "skipped" });
    expect(outcome("build")).toBe("passed");
  });

  it("passes each expectation that is met, and leaves the others to their findings", () => {
    const outcome = cases(notClearReport);
    expect(outcome("case small prints a line that matches patients")).toBe("passed");
    expect(outcome("case small ends with exit code 0")).toBe("absent");
    const written = renderJunit({ ...notClearReport, expectations: [] });
    expect(written).not.toContain("expectations");
  });

  it("lists what scanners know, and holds nothing of it against the project by itself", () => {
    const outcome = cases(notClearReport);
    expect(outcome("CVE-2023-45853")).toMatchObject({
      name: "skipped",
      attributes: { message: "Known: severity critical; No fixed version is known yet." },
    });
    expect(outcome("CVE-2023-32681")).toMatchObject({
      attributes: { message: expect.stringMatching(/^Known: severity medium; known to be exploited, EPSS/) },
    });
    expect(outcome("CVE-2024-34064")).toMatchObject({ attributes: { message: /^Waived: not reached/ } });
    const { vulnerabilities: _, ...unscanned } = notClearReport;
    expect(renderJunit(unscanned)).not.toContain("vulnerabilities");
  });

  it("tells one mistake once", () => {
    const elements = parseXml(renderJunit(notClearReport));
    const [first] = elements;
    const count = (name: string) => elements.filter((e) => e.name === name).length;
    expect(first?.attributes).toMatchObject({
      tests: String(count("testcase")),
      failures: String(count("failure")),
      errors: "0",
      skipped: String(count("skipped")),
    });
    // OFF-01 and IMG-12 are one finding but two requirements; UID-09 and IMG-03 one each.
    expect(count("failure")).toBe(4);
    expect(renderJunit(notClearReport)).not.toContain("pratique.no-runtime-download");
  });

  it("makes a failed step an error, and never holds what is foreseen against a project", () => {
    const failed = notClearReport.steps.map(
      (step): Step => ({ ...step, status: "failed", reason: "no space" }),
    );
    const requirements = notClearReport.requirements.map(
      (r): RequirementResult => ({ ...r, status: r.id === "DIR-09" ? "fail" : r.status }),
    );
    const outcome = cases({ ...notClearReport, steps: failed, requirements });
    expect(outcome("build")).toMatchObject({ name: "error", attributes: { message: "no space" } });
    expect(outcome("DIR-09")).toMatchObject({ name: "skipped" });
  });

  it("is well-formed whatever is in it", () => {
    all((any) => {
      const written = renderJunit(any);
      expect(written).not.toMatch(UNSEEN);
      expect(parseXml(written).filter((e) => e.name === "testsuites")).toHaveLength(1);
    });
  });
});

describe("Checkstyle", () => {
  it("tells the open findings file by file", () => {
    const elements = parseXml(renderCheckstyle(notClearReport));
    expect(elements.filter((e) => e.name === "error")).toHaveLength(4);
    expect(elements[2]?.attributes).toEqual({
      line: "12",
      column: "9",
      severity: "error",
      message: notClearReport.findings[0]?.message,
      source: "pratique.no-runtime-download",
    });
  });

  it("is well-formed whatever is in it, and loses no finding", () => {
    all((any) => {
      const written = renderCheckstyle(any);
      expect(written).not.toMatch(UNSEEN);
      const open = any.findings.filter((f) => f.waived === undefined).length;
      expect(parseXml(written).filter((e) => e.name === "error")).toHaveLength(open + any.steps.length);
    });
  });
});
