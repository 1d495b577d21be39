import type { Report } from "../../evidence/report.ts";
import {
  cureOf,
  VULNERABILITY_SEVERITIES,
  type Vulnerability,
  type VulnerabilitySummary,
} from "../../evidence/vulnerabilities.ts";
import { plural } from "../../findings/counting.ts";
import { plainText } from "../plain.ts";
import { exploitWords, scannerWords, vulnerabilityWords, waivedWords } from "../vulnerability-lines.ts";
import { Code, DataTable, Section } from "./elements.tsx";
import { Search } from "./search.tsx";
import { SeverityChart } from "./severity-chart.tsx";

/** What a scanner knows against the image's packages, by who brought them, the worst first. */
export function Vulnerabilities({ report }: { report: Report }) {
  const { space, steps, vulnerabilities } = report;
  const reason = steps.find(({ id }) => id === "scan")?.reason ?? "";
  return (
    <Section id="vulnerabilities" title="Vulnerabilities">
      {vulnerabilities === undefined ? (
        <p>No scan for vulnerabilities was made, so nothing is said about any. {plainText(reason, 500)}</p>
      ) : (
        <Known known={vulnerabilities} base={space?.base.reference ?? null} />
      )}
    </Section>
  );
}

const ORIGINS = [
  ["project", "In what the project added"],
  ["base", "In the base image"],
  ["unknown", "From a layer whose origin is not known"],
] as const;

function Known({ known, base }: { known: VulnerabilitySummary; base: string | null }) {
  const { licences = [], list, notAssessed } = known;
  const open = list.filter(({ waived }) => waived === undefined);
  const waived = list.filter((one) => one.waived !== undefined);
  return (
    <>
      <p>
        {plainText(scannerWords(known), 500)}: {plainText(vulnerabilityWords(known), 500)}. They are listed
        for the reviewer and fail nothing, unless the findings say so.
      </p>
      {notAssessed.length > 0 && (
        <p class="note">Not looked at: {notAssessed.map((gap) => plainText(gap, 300)).join("; ")}.</p>
      )}
      {open.length > 0 && (
        <>
          <SeverityChart open={open} />
          <BySeverity open={open} />
        </>
      )}
      {list.length > 0 && (
        <Search id="search-vulnerabilities" label="Search vulnerabilities by number, package or words" />
      )}
      {ORIGINS.map(([origin, title]) => (
        <Group title={title} list={open.filter((one) => one.origin === origin)} base={base} />
      ))}
      <Group title="Waived" list={waived} base={base} />
      {licences.length > 0 && (
        <details>
          <summary>
            Licences that bind who passes the image on{" "}
            <span class="quiet">{plural(licences.length, "licence")}</span>
          </summary>
          <DataTable
            caption="Licences that bind who passes the image on"
            rows={licences}
            columns={[
              { head: "Licence", cell: (one) => plainText(one.name, 200) },
              { head: "Class", cell: (one) => plainText(one.category, 40) },
              { head: "Packages", cell: (one) => plainText(one.packages.join(", "), 2000) },
            ]}
          />
        </details>
      )}
    </>
  );
}

function BySeverity({ open }: { open: readonly Vulnerability[] }) {
  const count = (severity: string, origin: string): number =>
    open.filter((one) => one.severity === severity && one.origin === origin).length;
  return (
    <DataTable
      caption="By severity and origin"
      rows={VULNERABILITY_SEVERITIES.filter((severity) => open.some((one) => one.severity === severity))}
      columns={[
        { head: "Severity", cell: (severity) => severity },
        { head: "Project", number: true, cell: (severity) => count(severity, "project") },
        { head: "Base", number: true, cell: (severity) => count(severity, "base") },
        { head: "Not known", number: true, cell: (severity) => count(severity, "unknown") },
      ]}
    />
  );
}

/** Of each origin: a scan of an old base has thousands. */
const MAX_LISTED = 1000;

interface GroupProps {
  readonly title: string;
  readonly list: readonly Vulnerability[];
  readonly base: string | null;
}

function Group({ title, list, base }: GroupProps) {
  if (list.length === 0) return null;
  return (
    <details>
      <summary>
        {title} <span class="quiet">{plural(list.length, "vulnerability", "vulnerabilities")}</span>
      </summary>
      <DataTable
        caption={title}
        rows={list}
        most={MAX_LISTED}
        columns={[
          { head: "Vulnerability", cell: (one) => <Code text={one.id} max={100} /> },
          { head: "Severity", cell: (one) => severityText(one) },
          { head: "Package", cell: (one) => plainText(`${one.package} ${one.version}`, 300) },
          { head: "What it is", cell: (one) => plainText(one.title, 300) },
          { head: "What to do", cell: (one) => plainText(whatToDo(one, base), 700) },
        ]}
      />
    </details>
  );
}

const severityText = (one: Vulnerability): string => {
  const more = [one.cvss === null ? "" : `CVSS ${one.cvss.toFixed(1)}`, exploitWords(one)].filter(Boolean);
  return more.length === 0 ? one.severity : `${one.severity} (${more.join(", ")})`;
};

const whatToDo = (one: Vulnerability, base: string | null): string =>
  one.waived === undefined ? cureOf(one, base) : waivedWords(one.waived);
