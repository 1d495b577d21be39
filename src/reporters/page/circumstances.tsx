import type { Report, Step } from "../../evidence/report.ts";
import { plainText } from "../plain.ts";
import { Code, DataTable, Facts, Status, type Tone, Words } from "./elements.tsx";
import { duration, when } from "./words.ts";

const STEP_WORDS: Readonly<Record<Step["id"], string>> = {
  lint: "Lint: reads the Dockerfile and the source",
  build: "Build: makes the image",
  inspect: "Inspect: reads the image",
  test: "Test: runs the container as the place would",
  scan: "Scan: looks for known vulnerabilities",
};

const STEP_STATUS: Readonly<Record<Step["status"], { readonly tone: Tone; readonly word: string }>> = {
  done: { tone: "good", word: "Done" },
  failed: { tone: "bad", word: "Failed" },
  "not-assessed": { tone: "quiet", word: "Not done" },
};

/** What was run, when, under which policy and how close to the real place. */
export function Circumstances({ report }: { report: Report }) {
  const { profile, engine, recording, tool, tools = [], times } = report;
  return (
    <>
      <h3 id="circumstances">How it was checked</h3>
      <Facts
        facts={[
          [
            "Policy",
            <>
              {plainText(profile.title, 300)} (profile <Code text={profile.id} max={100} />, version{" "}
              {plainText(profile.version, 40)})
              {profile.sha256 !== undefined && (
                <>
                  , SHA-256 <Code text={profile.sha256} max={100} />
                </>
              )}
            </>,
          ],
          [
            "Documents read",
            <time dateTime={plainText(profile.documentsRead, 40)}>{when(profile.documentsRead)}</time>,
          ],
          [
            "Command",
            <>
              <code>pratique {plainText(report.command, 40)}</code>, version {plainText(tool.version, 40)}
            </>,
          ],
          [
            "Started",
            <>
              <time dateTime={plainText(times.startedAt, 40)}>{when(times.startedAt)}</time>, took{" "}
              {duration(times.seconds)}
            </>,
          ],
          tools.length === 0
            ? null
            : ["With", tools.map(({ name, version }) => plainText(`${name} ${version}`, 120)).join(", ")],
          ["Engine", engine === null ? "none was used" : <EngineWords engine={engine} />],
          engine === null || engine.adjustments.length === 0
            ? null
            : [
                "Started with",
                <ul>
                  {engine.adjustments.map((adjustment) => (
                    <li>{plainText(adjustment, 500)}</li>
                  ))}
                </ul>,
              ],
          recording === null
            ? ["Test run", "none: the container was not run"]
            : [
                "Test run",
                <>
                  as user {recording.user.uid}, group {recording.user.gid}; runtime{" "}
                  <Code text={recording.runtime} max={60} />, {recording.rootFileSystem} root file system; the
                  network was simulated as one that answers nothing
                </>,
              ],
        ]}
      />
      <DataTable
        caption="Steps"
        rows={report.steps}
        columns={[
          { head: "Step", cell: (step) => STEP_WORDS[step.id] },
          {
            head: "Status",
            cell: ({ status }) => <Status tone={STEP_STATUS[status].tone}>{STEP_STATUS[status].word}</Status>,
          },
          {
            head: "What",
            cell: (step) => <Words text={step.reason === "" ? step.detail : step.reason} max={600} />,
          },
          { head: "Findings", number: true, cell: (step) => (step.status === "done" ? step.findings : "–") },
          {
            head: "Time",
            number: true,
            cell: (step) => (step.status === "not-assessed" ? "–" : duration(step.seconds)),
          },
        ]}
      />
    </>
  );
}

function EngineWords({ engine }: { engine: NonNullable<Report["engine"]> }) {
  return (
    <>
      {engine.name} {plainText(engine.version, 60)}, {engine.rootless ? "rootless" : "with root"}, runtime{" "}
      <Code text={engine.runtime} max={100} />
    </>
  );
}
