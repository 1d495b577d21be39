import type { Report } from "../../evidence/report.ts";
import { Section, Words } from "./elements.tsx";

export function Notes({ report }: { report: Report }) {
  return (
    <Section id="notes" title="Notes">
      {report.notes.length === 0 ? (
        <p>None.</p>
      ) : (
        <ul>
          {report.notes.map((note) => (
            <li>
              <Words text={note} />
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
