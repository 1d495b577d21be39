import type { Report } from "../../evidence/report.ts";
import { plural, sizeOf } from "../../findings/counting.ts";
import { completed, type Recording } from "../../run/recording.ts";
import { endedWell } from "../expected.ts";
import { plainText } from "../plain.ts";
import { Code, DataTable, Facts, Section, Status } from "./elements.tsx";
import { Expected } from "./expected.tsx";
import { commandLine, duration, exitWords } from "./words.ts";

export function Run({ report }: { report: Report }) {
  return (
    <Section id="run" title="The run">
      {report.recording === null ? (
        <p>The container was not run.</p>
      ) : (
        <>
          <Expected report={report} />
          <RunDetails recording={report.recording} name="the run" report={report} />
        </>
      )}
      {report.others.map((recording) => {
        const name = runName(recording);
        return (
          <details>
            <summary>
              Run in {name} <span class="quiet">The program {exitWords(recording.exit)}</span>
            </summary>
            <RunDetails recording={recording} name={`the run in ${name}`} report={report} />
            {recording.failedWrites.length > 0 && (
              <DataTable
                caption={`Refused writes of the run in ${name}`}
                rows={recording.failedWrites}
                columns={[
                  { head: "Path", cell: (write) => <Code text={write.path} max={500} /> },
                  { head: "Program", cell: (write) => <Code text={write.process.command} max={300} /> },
                  { head: "Times", number: true, cell: (write) => write.count.toLocaleString("en-GB") },
                  { head: "Why refused", cell: (write) => plainText(write.reason, 300) },
                ]}
              />
            )}
          </details>
        );
      })}
    </Section>
  );
}

const runName = ({ runtime, case: name }: Recording): string =>
  plainText(name === null ? runtime : `${runtime}, case ${name}`, 120);

function RunDetails({ recording, name, report }: { recording: Recording; name: string; report: Report }) {
  const { log, outputs, processes } = recording;
  const dropped = Object.entries(recording.dropped).filter(([, count]) => count > 0);
  return (
    <>
      <Facts
        facts={[
          ["Command", <code>{commandLine(recording.argv)}</code>],
          [
            "Ended",
            <Status tone={endedWell(recording, report) ? "good" : "bad"}>
              The program {exitWords(recording.exit)}
              {!completed(recording) && endedWell(recording, report) && ", as is expected of it"}
            </Status>,
          ],
          ["User", `${recording.user.uid}, group ${recording.user.gid}`],
          ["Time", duration(recording.seconds)],
          ["Root file system", recording.rootFileSystem],
          [
            "Outputs",
            outputs.files === 0
              ? "no file in /safe_outputs"
              : `${plural(outputs.files, "file")} in /safe_outputs, ${sizeOf(outputs.bytes)}`,
          ],
          [
            "Full log",
            <>
              <Code text={log.file} max={300} />, {sizeOf(log.bytes)}
              {log.truncated && ", cut: the program printed more than is kept"}
            </>,
          ],
          dropped.length === 0
            ? null
            : [
                "Not kept",
                dropped
                  .map(([kind, count]) => `${count.toLocaleString("en-GB")} ${plainText(kind, 60)}`)
                  .join(", "),
              ],
        ]}
      />
      {log.tail.length > 0 && (
        <figure>
          <figcaption>Last lines that {name} printed</figcaption>
          <pre>
            <code>{log.tail.map((line) => plainText(line, 1000)).join("\n")}</code>
          </pre>
        </figure>
      )}
      {processes.length > 0 && (
        <details>
          <summary>
            Programs started <span class="quiet">{processes.length}</span>
          </summary>
          <DataTable
            caption={`Programs that ${name} started`}
            rows={processes}
            columns={[
              { head: "Command", cell: (process) => <Code text={process.command} max={500} /> },
              { head: "File", cell: (process) => <Code text={process.executable} max={300} /> },
              { head: "Times", number: true, cell: (process) => process.count.toLocaleString("en-GB") },
            ]}
          />
        </details>
      )}
    </>
  );
}
