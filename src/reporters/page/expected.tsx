import type { Report } from "../../evidence/report.ts";
import { type ExpectedRun, expectedRuns } from "../expected.ts";
import { plainText } from "../plain.ts";
import { DataTable, Status, type Tone, Words } from "./elements.tsx";

const STATUS: Readonly<Record<"met" | "not-met" | "not-assessed", { tone: Tone; word: string }>> = {
  met: { tone: "good", word: "Met" },
  "not-met": { tone: "bad", word: "Not met" },
  "not-assessed": { tone: "quiet", word: "Not assessed" },
};

/** What the settings expect of each run, and what came of it. */
export function Expected({ report }: { report: Report }) {
  const runs = expectedRuns(report);
  if (runs.length === 0) return null;
  return (
    <>
      <h3>What was expected</h3>
      {runs.map((run) => (
        <ExpectedOf run={run} />
      ))}
    </>
  );
}

function ExpectedOf({ run }: { run: ExpectedRun }) {
  const name = plainText(run.name, 160);
  const { asMeant, expectations } = run.of;
  if (expectations.length === 0) {
    return (
      <p>
        Of {name} it was expected that it ends well:{" "}
        <Status tone={asMeant ? "good" : "bad"}>{asMeant ? "Met" : "Not met"}</Status>
      </p>
    );
  }
  return (
    <DataTable
      caption={`Expected of ${name}: ${run.met} of ${expectations.length} met`}
      rows={expectations}
      columns={[
        { head: "The job …", cell: (one) => plainText(one.text, 300) },
        {
          head: "Outcome",
          cell: ({ status }) => <Status tone={STATUS[status].tone}>{STATUS[status].word}</Status>,
        },
        { head: "Why", cell: (one) => (one.reason === "" ? "–" : <Words text={one.reason} max={600} />) },
        { head: "Line of the settings", number: true, cell: (one) => one.line },
      ]}
    />
  );
}
