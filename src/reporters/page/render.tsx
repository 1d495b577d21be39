import { renderToString } from "preact-render-to-string";
import type { Report } from "../../evidence/report.ts";
import { plainText } from "../plain.ts";
import { Build } from "./build.tsx";
import { Circumstances } from "./circumstances.tsx";
import { Contents } from "./contents.tsx";
import { Signs } from "./elements.tsx";
import { Findings } from "./findings.tsx";
import { Fitness } from "./fitness.tsx";
import { Head } from "./head.tsx";
import { Identity } from "./identity.tsx";
import { Limits } from "./limits.tsx";
import { Network } from "./network.tsx";
import { NotShown } from "./not-shown.tsx";
import { Notes } from "./notes.tsx";
import { Packages } from "./packages.tsx";
import { Requirements } from "./requirements.tsx";
import { Run } from "./run.tsx";
import { Runtimes } from "./runtimes.tsx";
import { Space } from "./space.tsx";
import { VERDICT_WORDS, VerdictBand } from "./verdict.tsx";
import { Vulnerabilities } from "./vulnerabilities.tsx";
import { Waived } from "./waived.tsx";
import { when } from "./words.ts";
import { Writes } from "./writes.tsx";

/** The report as one HTML document that needs nothing but itself: no script, no network, no other file. */
export function renderHtml(report: Report): string {
  return `<!doctype html>\n${renderToString(<Page report={report} />)}\n`;
}

const SECTIONS = [
  ["verdict", "Verdict"],
  ["image", "Which image"],
  ["circumstances", "What was run"],
  ["not-shown", "Not shown"],
  ["waived", "Waived"],
  ["findings", "Findings"],
  ["requirements", "Requirements"],
  ["runtimes", "Runtimes"],
  ["network", "Network"],
  ["writes", "Writes"],
  ["run", "The run"],
  ["build", "The build"],
  ["space", "What takes the room"],
  ["fitness", "Fitness"],
  ["packages", "Packages"],
  ["vulnerabilities", "Vulnerabilities"],
  ["contents", "Data and secrets"],
  ["notes", "Notes"],
  ["limits", "Limits"],
] as const;

function Page({ report }: { report: Report }) {
  const name = plainText(report.subject.name, 120);
  return (
    <html lang="en">
      <Head
        title={`${VERDICT_WORDS[report.verdict].words}: ${name} – pratique`}
        version={report.tool.version}
      />
      <body>
        <Signs />
        <a class="skip" href="#main">
          Skip to the verdict
        </a>
        <header>
          <p class="brand">pratique</p>
          <h1>{name}</h1>
          <p class="quiet">
            Is it fit for {plainText(report.profile.title, 300)}? Looked at on{" "}
            <time dateTime={plainText(report.times.startedAt, 40)}>{when(report.times.startedAt)}</time>.
          </p>
        </header>
        <nav aria-label="Parts of this page">
          <ul>
            {SECTIONS.map(([id, title]) => (
              <li>
                <a href={`#${id}`}>{title}</a>
              </li>
            ))}
          </ul>
        </nav>
        <main id="main" tabIndex={-1}>
          <VerdictBand report={report} />
          <Identity report={report} />
          <Circumstances report={report} />
          <NotShown report={report} />
          <Waived report={report} />
          <Findings report={report} />
          <Requirements report={report} />
          <Runtimes report={report} />
          <Network report={report} />
          <Writes report={report} />
          <Run report={report} />
          <Build report={report} />
          <Space report={report} />
          <Fitness report={report} />
          <Packages report={report} />
          <Vulnerabilities report={report} />
          <Contents report={report} />
          <Notes report={report} />
          <Limits />
        </main>
        <footer>
          <p>
            Made by pratique {plainText(report.tool.version, 40)}, {plainText(report.schema, 60)}. This page
            loads nothing and runs no script.
          </p>
        </footer>
      </body>
    </html>
  );
}
