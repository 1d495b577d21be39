import type { Report } from "../../evidence/report.ts";
import { binarySizeOf, plural, sizeOf } from "../../findings/counting.ts";
import { completed, type InputUse, type ProcessRecord, type Recording } from "../../run/recording.ts";
import { endedWell } from "../expected.ts";
import { plainText } from "../plain.ts";
import { Code, DataTable, Facts, Section, Status } from "./elements.tsx";
import { Expected } from "./expected.tsx";
import { UsageDetails } from "./usage.tsx";
import { commandLine, duration, exitWords, grouped } from "./words.ts";

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
                  { head: "Times", number: true, cell: (write) => grouped(write.count) },
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
  const { log, outputs, processes, processTree, reads, input, listens, setUserId } = recording;
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
          [
            "Time",
            `${duration(recording.seconds)}${
              recording.usage.cpuSeconds === null
                ? ""
                : `, of which processors were busy for ${duration(recording.usage.cpuSeconds)}`
            }`,
          ],
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
          ["Standard input", inputWords(input)],
          listens.length === 0
            ? null
            : [
                "Ports opened",
                <ul>
                  {listens.slice(0, MAX_LINES).map(({ address, port, process }) => (
                    <li>
                      {plainText(address.includes(":") ? `[${address}]` : address, 100)}
                      {port === 0 ? ", any free port" : `:${port}`} by{" "}
                      <Code text={process.command} max={200} />
                    </li>
                  ))}
                </ul>,
              ],
          setUserId.length === 0
            ? null
            : [
                "Special rights",
                <ul>
                  {setUserId.slice(0, MAX_LINES).map(({ path, kind, process }) => (
                    <li>
                      <Code text={path} max={200} /> (set-{kind}-ID, without effect here) as{" "}
                      <Code text={process.command} max={200} />
                    </li>
                  ))}
                </ul>,
              ],
          dropped.length === 0
            ? null
            : [
                "Not kept",
                dropped.map(([kind, count]) => `${grouped(count)} ${plainText(kind, 60)}`).join(", "),
              ],
        ]}
      />
      <UsageDetails recording={recording} name={name} />
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
              { head: "Times", number: true, cell: (process) => grouped(process.count) },
              { head: "Processor time", number: true, cell: (process) => duration(process.cpuSeconds) },
              { head: "Most memory", number: true, cell: (process) => memoryWords(process.peakMemory) },
              { head: "Failed", number: true, cell: (process) => grouped(process.failures) },
            ]}
          />
        </details>
      )}
      {processTree.length > 1 && (
        <details>
          <summary>
            Processes <span class="quiet">{processTree.length}</span>
          </summary>
          <DataTable
            caption={`Processes of ${name}, each below the one that started it`}
            rows={inOrder(processTree)}
            columns={[
              {
                head: "Command",
                cell: ({ process, depth }) => (
                  <>
                    <span class="quiet">{"› ".repeat(Math.min(depth, 8))}</span>
                    <Code text={process.command} max={300} />
                  </>
                ),
              },
              { head: "Number", number: true, cell: ({ process }) => String(process.pid) },
              { head: "From", number: true, cell: ({ process }) => duration(process.startedAt) },
              {
                head: "To",
                number: true,
                cell: ({ process }) => (process.endedAt === null ? "the end" : duration(process.endedAt)),
              },
              { head: "Ended", cell: ({ process }) => endWords(process) },
              {
                head: "Processor time",
                number: true,
                cell: ({ process }) =>
                  process.cpuSeconds === null ? "unknown" : duration(process.cpuSeconds),
              },
              { head: "Most memory", number: true, cell: ({ process }) => memoryWords(process.peakMemory) },
              { head: "Measured", cell: ({ process }) => MEASURED_WORDS[process.measured] },
            ]}
          />
        </details>
      )}
      {reads !== null && (
        <details>
          <summary>
            Files of the data that were read <span class="quiet">{reads.length}</span>
          </summary>
          <DataTable
            caption={`Data that ${name} read`}
            rows={reads}
            columns={[
              { head: "File", cell: (read) => <Code text={read.path} max={500} /> },
              {
                head: "Size",
                number: true,
                cell: (read) => (read.bytes === null ? "unknown" : sizeOf(read.bytes)),
              },
              { head: "Times", number: true, cell: (read) => grouped(read.count) },
              { head: "Program", cell: (read) => <Code text={read.process.command} max={200} /> },
              { head: "SHA-256", cell: (read) => <Digest sha256={read.sha256} /> },
            ]}
          />
        </details>
      )}
      {outputs.list.length > 0 && (
        <details>
          <summary>
            Files in /safe_outputs <span class="quiet">{outputs.files}</span>
          </summary>
          <DataTable
            caption={`What ${name} left in /safe_outputs`}
            rows={outputs.list}
            columns={[
              { head: "File", cell: (file) => <Code text={file.path} max={500} /> },
              { head: "Size", number: true, cell: (file) => sizeOf(file.bytes) },
              { head: "SHA-256", cell: (file) => <Digest sha256={file.sha256} /> },
            ]}
          />
        </details>
      )}
    </>
  );
}

const MAX_LINES = 20;

const MEASURED_WORDS: Readonly<Record<ProcessRecord["measured"], string>> = {
  exit: "as it ended",
  wait: "after its end, with the processes that it waited for",
  sampled: "now and then while it ran",
};

const memoryWords = (bytes: number | null): string => (bytes === null ? "unknown" : binarySizeOf(bytes));

function inputWords({ stdinRead, stdinReaders, terminalOpens }: InputUse): string {
  const who = stdinReaders.map(({ command }) => plainText(command, 120)).join(", ");
  const read =
    stdinRead === null
      ? "not observed"
      : stdinRead
        ? `it was read, and empty${who === "" ? "" : ` (by ${who})`}`
        : "nobody read it";
  return terminalOpens === 0 ? read : `${read}; the terminal was opened ${plural(terminalOpens, "time")}`;
}

function endWords({ endedAt, exitCode, signal, measured }: ProcessRecord): string {
  if (endedAt === null) return "not before the recording did";
  if (signal !== null) return plainText(signal, 40);
  if (exitCode !== null) return `exit code ${exitCode}`;
  return measured === "sampled" ? "not seen; by a signal, most likely" : "not seen";
}

/** Parents first, children below them in the order they started. Numbers may be given again, so a loop is possible. */
function inOrder(tree: readonly ProcessRecord[]): { process: ProcessRecord; depth: number }[] {
  const known = new Set(tree.map(({ pid }) => pid));
  const children = new Map<number, ProcessRecord[]>();
  const roots: ProcessRecord[] = [];
  for (const process of tree) {
    if (process.parent === 0 || process.parent === process.pid || !known.has(process.parent))
      roots.push(process);
    else children.set(process.parent, [...(children.get(process.parent) ?? []), process]);
  }
  const ordered: { process: ProcessRecord; depth: number }[] = [];
  const pending = roots.map((process) => ({ process, depth: 0 })).reverse();
  while (pending.length > 0) {
    const next = pending.pop();
    if (next === undefined) break;
    ordered.push(next);
    const below = children.get(next.process.pid) ?? [];
    children.delete(next.process.pid);
    for (const process of below.toReversed()) pending.push({ process, depth: next.depth + 1 });
  }
  const shown = new Set(ordered.map(({ process }) => process));
  return [
    ...ordered,
    ...tree.filter((process) => !shown.has(process)).map((process) => ({ process, depth: 0 })),
  ];
}

const Digest = ({ sha256 }: { sha256: string | null }) =>
  sha256 === null ? <>not taken</> : <Code text={sha256} max={64} />;
