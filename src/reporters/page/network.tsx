import type { Report } from "../../evidence/report.ts";
import { plural } from "../../findings/counting.ts";
import { type Contact, urlOf } from "../../run/contacts.ts";
import type { NetworkAttempt, Recording } from "../../run/recording.ts";
import { Code, DataTable, Section, SeenInPart, Words } from "./elements.tsx";
import { TimeLine } from "./time-line.tsx";
import { byTime, duration, grouped, targetOf } from "./words.ts";

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
          <Contacts recording={recording} />
        </>
      )}
    </Section>
  );
}

/** What was asked for, or why that is not known. */
function Contacts({ recording: { contacts, discover } }: { recording: Recording }) {
  const reason = discover.reason === "" ? "" : `: ${discover.reason}`;
  return (
    <>
      {discover.status === "made" && (
        <p>
          To hear what it asks for, the program was run once more ({duration(discover.seconds)}) in a network
          where every name has an address and somebody listens everywhere, hears the beginning, and hangs up.
          The verdict does not depend on that run.
          {reason !== "" && (
            <>
              {" "}
              Its limits
              <Words text={reason} max={500} />
            </>
          )}
        </p>
      )}
      {(discover.status === "not-wanted" || discover.status === "failed") && (
        <p class="note">
          What it asked for was not found out
          <Words text={reason} max={500} />
        </p>
      )}
      {contacts.length > 0 && (
        <DataTable caption="What the program asked for" rows={inOrder(contacts)} columns={CONTACT_COLUMNS} />
      )}
    </>
  );
}

const inOrder = (contacts: readonly Contact[]): Contact[] =>
  contacts.toSorted((a, b) => a.firstAt - b.firstAt);

const CONTACT_COLUMNS = [
  { head: "Whom", cell: (contact: Contact) => <code>{targetOf(contact)}</code> },
  { head: "What", cell: (contact: Contact) => <Code text={wantedOf(contact)} max={500} /> },
  { head: "Program", cell: ({ process }: Contact) => <Code text={process.command} max={300} /> },
  { head: "Times", number: true, cell: (contact: Contact) => grouped(contact.count) },
];

/** The request, or the protocol where there was none that could be read. */
function wantedOf(contact: Contact): string {
  const { kind, protocol, request, serverName } = contact;
  const url = urlOf(contact);
  if (request !== null) return `${request.method} ${url ?? request.host}`;
  if (kind === "silent") return "nothing: it waits for the server to speak first";
  if (kind === "unknown") return `an unknown protocol (${protocol.toUpperCase()})`;
  if (kind !== "tls") return kind;
  return `TLS${serverName === null ? "" : ` to ${serverName}`}; the request inside could not be read`;
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
  { head: "Times", number: true, cell: (attempt: NetworkAttempt) => grouped(attempt.count) },
  { head: "First after", number: true, cell: (attempt: NetworkAttempt) => duration(attempt.firstAt) },
  { head: "Last after", number: true, cell: (attempt: NetworkAttempt) => duration(attempt.lastAt) },
  { head: "Time lost", number: true, cell: (attempt: NetworkAttempt) => duration(attempt.secondsLost) },
];
