import type { Report, RuntimeResult } from "../../evidence/report.ts";
import { plainText } from "../plain.ts";
import { endIn, imitationWords, type RuntimeRow, runtimeRows } from "../runtime-table.ts";
import { Code, type Column, DataTable, Section, STATUS_WORDS, Status, Words } from "./elements.tsx";
import { RequirementLink } from "./requirements.tsx";

const VERDICT_WORDS = {
  clear: "clear",
  "clear-with-advice": "clear with advice",
  "not-clear": "not clear",
  incomplete: "incomplete",
} as const;

/** The table of runtimes and requirements, each cell with its reason, and what was not imitated. */
export function Runtimes({ report }: { report: Report }) {
  if (report.runtimes.length === 0)
    return (
      <Section id="runtimes" title="Runtimes">
        <p>The container was not run.</p>
      </Section>
    );
  const rows = runtimeRows(report);
  return (
    <Section id="runtimes" title="Runtimes">
      <p>
        {rows.length === 0 ? "The job was run in one runtime." : "The job was run in several runtimes."}{" "}
        {plainText(imitationWords(report), 400)}
      </p>
      <DataTable
        caption="How the job was run"
        rows={report.runtimes}
        columns={[
          { head: "Runtime", cell: ({ id }) => <Code text={id} max={60} /> },
          { head: "What it is", cell: ({ title }) => plainText(title, 200) },
          { head: "Started with", cell: ({ startedWith }) => plainText(startedWith, 100) },
          { head: "The job", cell: (runtime) => plainText(endIn(report, runtime), 60) },
          { head: "Verdict if jobs ran there alone", cell: (runtime) => verdictOf(runtime) },
          { head: "Counts for the verdict", cell: ({ decides }) => (decides ? "yes" : "no") },
        ]}
      />
      {rows.length > 0 && (
        <DataTable
          caption="Requirements that a test run shows, by runtime"
          rows={rows}
          columns={[
            { head: "Requirement", cell: ({ id }) => <RequirementLink id={id} known /> },
            ...report.runtimes.map(columnOf),
          ]}
        />
      )}
      <details>
        <summary>What a test does not imitate</summary>
        {report.runtimes.map(({ id, notImitated }) => (
          <>
            <h3>{plainText(id, 60)}</h3>
            <ul>
              {notImitated.map((text) => (
                <li>
                  <Words text={text} max={600} />
                </li>
              ))}
            </ul>
          </>
        ))}
      </details>
    </Section>
  );
}

function verdictOf({ verdict, foreseen, problem }: RuntimeResult): string {
  if (problem !== "") return `not run: ${plainText(problem, 300)}`;
  return verdict === null || foreseen ? "none: it is announced only" : VERDICT_WORDS[verdict];
}

const columnOf = (runtime: RuntimeResult, index: number): Column<RuntimeRow> => ({
  head: plainText(runtime.id, 60),
  cell: ({ cells }) => {
    const { status, reason } = cells[index] ?? { status: "not-assessed" as const, reason: "" };
    const { tone, word } = STATUS_WORDS[status];
    return (
      <>
        <Status tone={tone}>{word}</Status>
        {status !== "pass" && (
          <>
            <br />
            <span class="quiet small">
              <Words text={reason} max={400} />
            </span>
          </>
        )}
      </>
    );
  },
});
