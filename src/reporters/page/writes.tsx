import type { Report } from "../../evidence/report.ts";
import { sizeOf } from "../../findings/counting.ts";
import type { FailedWrite, RecordedWrite } from "../../run/recording.ts";
import { Code, type Column, DataTable, Section, SeenInPart, Words } from "./elements.tsx";
import { grouped } from "./words.ts";
import { WriteTree } from "./write-tree.tsx";

export function Writes({ report }: { report: Report }) {
  const { recording } = report;
  return (
    <Section id="writes" title="Writes that were lost or refused">
      {recording === null ? (
        <p>The container was not run, so nothing was seen.</p>
      ) : (
        <>
          <SeenInPart what="Writes" coverage={recording.coverage.writes} />
          {recording.failedWrites.length + recording.strayWrites.length > 0 && (
            <WriteTree recording={recording} />
          )}
          {recording.failedWrites.length > 0 && (
            <details>
              <summary>
                Refused writes, with programs and reasons{" "}
                <span class="quiet">{grouped(recording.failedWrites.length)}</span>
              </summary>
              <DataTable
                caption="Refused writes"
                rows={recording.failedWrites}
                columns={columns("Why refused")}
              />
            </details>
          )}
          {recording.strayWrites.length > 0 && (
            <details>
              <summary>
                Stray writes, with programs and reasons{" "}
                <span class="quiet">{grouped(recording.strayWrites.length)}</span>
              </summary>
              <DataTable
                caption="Stray writes: they worked, but not where results belong"
                rows={recording.strayWrites}
                columns={[...columns("Why it matters"), SIZE]}
              />
            </details>
          )}
          {recording.failedWrites.length + recording.strayWrites.length === 0 && (
            <p>
              {recording.coverage.writes.status === "not-observed"
                ? "Nothing can be said."
                : "None was seen."}
            </p>
          )}
        </>
      )}
    </Section>
  );
}

const SIZE: Column<RecordedWrite> = {
  head: "Size",
  number: true,
  cell: ({ bytes }) => (bytes === null ? "unknown" : sizeOf(bytes)),
};

const columns = (why: string): Column<RecordedWrite | FailedWrite>[] => [
  { head: "Path", cell: (write) => <Code text={write.path} max={500} /> },
  { head: "Operation", cell: (write) => <Words text={write.operation} max={100} /> },
  {
    head: "Program",
    cell: ({ process }) => (
      <>
        <Code text={process.command} max={300} /> <span class="quiet nowrap">process {process.pid}</span>
      </>
    ),
  },
  { head: "Times", number: true, cell: (write) => grouped(write.count) },
  { head: why, cell: (write) => <Words text={write.reason} max={500} /> },
];
