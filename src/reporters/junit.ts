import type { Report, RequirementResult, Step } from "../evidence/report.ts";
import { cureOf, type Vulnerability } from "../evidence/vulnerabilities.ts";
import type { Finding } from "../findings/finding.ts";
import type { Scope } from "../profiles/profile.ts";
import { type ExpectedRun, expectedRuns } from "./expected.ts";
import { filePlace } from "./places.ts";
import { exploitWords, waivedWords } from "./vulnerability-lines.ts";
import { element, textElement, xmlDocument } from "./xml.ts";

type Outcome = "passed" | "failures" | "errors" | "skipped";

interface Case {
  readonly outcome: Outcome;
  readonly xml: string;
}

const SCOPES: Readonly<Record<Scope, string>> = {
  image: "requirements",
  repository: "requirements of the repository",
  job: "requirements of a job manifest",
  "run-files": "requirements of run files",
  publish: "requirements of publishing",
  people: "requirements for people",
};

/**
 * JUnit's XML: steps and requirements are test cases, and so is each expectation that is met, and each finding that fails
 * no requirement (an expectation that is not met, or not assessed, is such a finding). Only what was shown passes; what was
 * not assessed, what is waived, and what is never held against a project is skipped, with the reason. So is every known
 * vulnerability: those that are not accepted are the finding of a rule.
 */
export function renderJunit(report: Report): string {
  const requirements = (Object.keys(SCOPES) as Scope[]).map((scope) => ({
    name: SCOPES[scope],
    cases: report.requirements.filter((r) => r.scope === scope).map((r) => requirementCase(r, report)),
  }));
  const others = report.findings.filter((finding) => !isTold(finding, report));
  const suites = [
    { name: "steps", cases: report.steps.map(stepCase) },
    ...requirements,
    { name: "expectations", cases: expectedRuns(report).flatMap(metCases) },
    { name: "vulnerabilities", cases: vulnerabilityCases(report) },
    { name: "findings", cases: others.map((finding) => findingCase(finding, report)) },
  ].filter(({ cases }) => cases.length > 0);
  const all = suites.flatMap(({ cases }) => cases);
  return xmlDocument(
    element(
      "testsuites",
      { name: "pratique", ...counts(all), time: seconds(report.times.seconds) },
      suites.map(({ name, cases }) =>
        element("testsuite", { name, ...counts(cases) }, [
          element("properties", {}, properties(report)),
          ...cases.map(({ xml }) => xml),
        ]),
      ),
    ),
  );
}

function counts(cases: readonly Case[]) {
  const count = (wanted: Outcome): number => cases.filter(({ outcome }) => outcome === wanted).length;
  return {
    tests: cases.length,
    failures: count("failures"),
    errors: count("errors"),
    skipped: count("skipped"),
  };
}

const properties = ({ verdict, tool, profile }: Report): string[] =>
  Object.entries({ verdict, version: tool.version, profile: `${profile.id}@${profile.version}` }).map(
    ([name, value]) => element("property", { name: `pratique.${name}`, value }),
  );

const seconds = (value: number): string => (Number.isFinite(value) ? Math.max(0, value).toFixed(3) : "0");

function stepCase({ id, status, reason, ...step }: Step): Case {
  const attributes = { classname: "pratique.steps", name: id, time: seconds(step.seconds) };
  if (status === "failed") {
    return {
      outcome: "errors",
      xml: element("testcase", attributes, [element("error", { message: reason })]),
    };
  }
  return status === "done"
    ? { outcome: "passed", xml: element("testcase", attributes) }
    : skipped(attributes, `Not assessed: ${reason}`);
}

const skipped = (attributes: Parameters<typeof element>[1], message: string): Case => ({
  outcome: "skipped",
  xml: element("testcase", attributes, [element("skipped", { message })]),
});

/** What is foreseen or optional, and what only the repository around it shows, is never held against a project. */
const isHeld = ({ force, level, scope }: RequirementResult): boolean =>
  force !== "foreseen" && level !== "may" && scope !== "repository";

function requirementCase(requirement: RequirementResult, report: Report): Case {
  const { id, text, status, reason, level } = requirement;
  const attributes = { classname: "pratique.requirements", name: `${id} ${text}` };
  if (status === "pass") return { outcome: "passed", xml: element("testcase", attributes) };
  if (status === "not-assessed") return skipped(attributes, `Not assessed: ${reason}`);
  if (status === "waived") return skipped(attributes, `Waived: ${reason}`);
  if (!isHeld(requirement))
    return skipped(attributes, `Not met, and not held against the project: ${reason}`);
  const about = report.findings.filter((finding) => isOpen(finding) && finding.requirements.includes(id));
  const body = about.map((finding) => wordsOf(finding, report)).join("\n\n");
  return {
    outcome: "failures",
    xml: element("testcase", attributes, [
      textElement("failure", { type: level, message: reason }, body === "" ? reason : body),
    ]),
  };
}

const metCases = ({ name, of }: ExpectedRun): Case[] =>
  of.expectations
    .filter(({ status }) => status === "met")
    .map(({ text }) => ({
      outcome: "passed",
      xml: element("testcase", { classname: "pratique.expectations", name: `${name} ${text}` }),
    }));

function vulnerabilityCases({ vulnerabilities, space }: Report): Case[] {
  const base = space?.base.reference ?? null;
  const words = (one: Vulnerability): string =>
    one.waived === undefined
      ? [`Known: severity ${one.severity}`, exploitWords(one), cureOf(one, base)].filter(Boolean).join("; ")
      : waivedWords(one.waived);
  return (vulnerabilities?.list ?? []).map((one) =>
    skipped(
      { classname: "pratique.vulnerabilities", name: `${one.id} in ${one.package} ${one.version}` },
      words(one),
    ),
  );
}

const isOpen = ({ waived, severity }: Finding): boolean => waived === undefined && severity !== "info";

/** True when the case of a requirement tells the finding already: one mistake is one failure. */
function isTold(finding: Finding, report: Report): boolean {
  const wanted = finding.waived === undefined ? "fail" : "waived";
  return (
    finding.severity !== "info" &&
    report.requirements.some((r) => r.status === wanted && isHeld(r) && finding.requirements.includes(r.id))
  );
}

function findingCase(finding: Finding, report: Report): Case {
  const { path, startLine } = filePlace(finding, report);
  const attributes = {
    classname: `pratique.${finding.rule}`,
    name: `${finding.title} (${path}:${startLine})`,
    file: path,
    line: startLine,
  };
  if (finding.waived !== undefined) return skipped(attributes, `Waived: ${finding.waived.reason}`);
  if (finding.severity === "info") return skipped(attributes, `Remark: ${finding.message}`);
  const { severity: type, message } = finding;
  return {
    outcome: "failures",
    xml: element("testcase", attributes, [
      textElement("failure", { type, message }, wordsOf(finding, report)),
    ]),
  };
}

function wordsOf(finding: Finding, report: Report): string {
  const { path, startLine, about } = filePlace(finding, report);
  const where = about === "" ? `${path}:${startLine}` : about;
  return [`${where}: ${finding.message}`, finding.fix ?? "", `Rule: ${finding.rule}`]
    .filter(Boolean)
    .join("\n");
}
