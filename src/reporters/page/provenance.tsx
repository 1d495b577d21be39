import type { JudgedFile, Report } from "../../evidence/report.ts";
import { plural } from "../../findings/counting.ts";
import { Build } from "./build.tsx";
import { Circumstances } from "./circumstances.tsx";
import { Configuration } from "./configuration.tsx";
import { Code, DataTable, Section } from "./elements.tsx";

/** What the image was made from, what was read, and what looked at it, when and under which policy. */
export function Provenance({ report }: { report: Report }) {
  const { files = [] } = report;
  return (
    <Section id="provenance" title="Provenance">
      <Build report={report} />
      {report.image !== null && <Configuration image={report.image} />}
      <Circumstances report={report} />
      {files.length > 0 && (
        <details>
          <summary>
            The files that were judged <span class="quiet">{plural(files.length, "file")}</span>
          </summary>
          <DataTable
            caption="Files of the project that were read and judged beside the Dockerfile"
            rows={files}
            columns={[
              { head: "File", cell: ({ path }) => <Code text={path} max={500} /> },
              { head: "Kind", cell: ({ kind }) => KINDS[kind] },
              { head: "SHA-256", cell: ({ sha256 }) => <Code text={sha256} max={100} /> },
            ]}
          />
        </details>
      )}
    </Section>
  );
}

const KINDS: Readonly<Record<JudgedFile["kind"], string>> = {
  settings: "settings",
  source: "code",
  "job-manifest": "job manifest",
  "run-file": "run file",
};
