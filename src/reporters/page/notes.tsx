import type { Report } from "../../evidence/report.ts";
import { plural } from "../../findings/counting.ts";
import { Section, Words } from "./elements.tsx";

const MAX_NOTES = 200;

export function Notes({ report }: { report: Report }) {
  return (
    <Section id="notes" title="Notes">
      {report.notes.length === 0 ? (
        <p>None.</p>
      ) : (
        <ul>
          {report.notes.slice(0, MAX_NOTES).map((note) => (
            <li>
              <Words text={note} />
            </li>
          ))}
          {report.notes.length > MAX_NOTES && (
            <li>
              {plural(report.notes.length - MAX_NOTES, "more note is", "more notes are")} in{" "}
              <code>report.json</code>, beside this page.
            </li>
          )}
        </ul>
      )}
    </Section>
  );
}
