import type { Report } from "../../evidence/report.ts";
import { plainText } from "../plain.ts";
import { Code, DataTable, Section } from "./elements.tsx";
import { findingAnchors } from "./findings.tsx";
import { placeOf, when } from "./words.ts";

export function Waived({ report }: { report: Report }) {
  const anchors = findingAnchors(report.findings);
  const rows = report.findings.flatMap((finding) =>
    finding.waived === undefined ? [] : [{ finding, waiver: finding.waived }],
  );
  return (
    <Section id="waived" title="What was waived">
      {rows.length === 0 ? (
        <p>Nothing was waived.</p>
      ) : (
        <>
          <p>The project accepts what follows. A waiver needs a reader who agrees with it.</p>
          <DataTable
            caption="Waivers in force"
            rows={rows}
            columns={[
              {
                head: "What",
                cell: ({ finding }) => (
                  <>
                    <a href={`#${anchors.get(finding) ?? "findings"}`}>{plainText(finding.title, 300)}</a>
                    <br />
                    <Code text={finding.rule} max={100} />
                    {finding.location !== undefined && (
                      <span class="quiet"> {placeOf(finding.location)}</span>
                    )}
                  </>
                ),
              },
              { head: "Reason", cell: ({ waiver }) => plainText(waiver.reason, 1000) },
              {
                head: "By",
                cell: ({ waiver }) => (waiver.by === undefined ? "nobody named" : plainText(waiver.by, 200)),
              },
              {
                head: "Until",
                cell: ({ waiver }) => (waiver.until === undefined ? "no end named" : when(waiver.until)),
              },
            ]}
          />
        </>
      )}
    </Section>
  );
}
