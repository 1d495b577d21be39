import type { Report } from "../../evidence/report.ts";
import { plural } from "../../findings/counting.ts";
import type { NetworkAttempt } from "../../run/recording.ts";
import { Code, DataTable, Section, SeenInPart } from "./elements.tsx";
import { TimeLine } from "./time-line.tsx";
import { byTime, duration, targetOf } from "./words.ts";

export function Network({ report }: { report: Report }) {
  const { recording } = report;
  return (
    <Section id="network" title="Attempts to use the network">
      {recording === null ? (
        <p>The container was not run, so nothing was seen.</p>
      ) : (
        <>
          <SeenInPart what="Connections" coverage={recording.coverage.network} />
          <SeenInPart what="Names" coverage={recording.coverage.names} />
          {recording.attempts.length === 0 ? (
            <p>
              {recording.coverage.network.status === "not-observed"
                ? "Nothing can be said."
                : "None was seen."}
            </p>
          ) : (
            <>
              <p>
                {plural(recording.attempts.length, "target")} in a run of {duration(recording.seconds)};{" "}
                {duration(recording.secondsLost)} went by with waiting for an answer that cannot come.
              </p>
              <TimeLine recording={recording} />
              <DataTable
                caption="What the program tried to reach"
                rows={byTime(recording.attempts)}
                columns={COLUMNS}
              />
            </>
          )}
        </>
      )}
    </Section>
  );
}

const PROTOCOL_WORDS: Readonly<Record<NetworkAttempt["protocol"], string>> = {
  dns: "look-up of the name",
  tcp: "connection (TCP)",
  udp: "datagram (UDP)",
};

const COLUMNS = [
  { head: "Target", cell: (attempt: NetworkAttempt) => <code>{targetOf(attempt)}</code> },
  { head: "How", cell: (attempt: NetworkAttempt) => PROTOCOL_WORDS[attempt.protocol] },
  {
    head: "Program",
    cell: ({ process }: NetworkAttempt) => (
      <>
        <Code text={process.command} max={300} /> <span class="quiet nowrap">process {process.pid}</span>
      </>
    ),
  },
  { head: "Times", number: true, cell: (attempt: NetworkAttempt) => attempt.count.toLocaleString("en-GB") },
  { head: "First after", number: true, cell: (attempt: NetworkAttempt) => duration(attempt.firstAt) },
  { head: "Time lost", number: true, cell: (attempt: NetworkAttempt) => duration(attempt.secondsLost) },
];
