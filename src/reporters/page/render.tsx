import { renderToString } from "preact-render-to-string";
import type { Report } from "../../evidence/report.ts";
import { plainText } from "../plain.ts";
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
import { Provenance } from "./provenance.tsx";
import { Requirements } from "./requirements.tsx";
import { Run } from "./run.tsx";
import { Runtimes } from "./runtimes.tsx";
import { script } from "./script.ts";
import { Space } from "./space.tsx";
import { VERDICT_WORDS, VerdictBand } from "./verdict.tsx";
import { Verify } from "./verify.tsx";
import { Vulnerabilities } from "./vulnerabilities.tsx";
import { Waived } from "./waived.tsx";
import { Ways } from "./ways.tsx";
import { when } from "./words.ts";
import { Writes } from "./writes.tsx";

/** The report as one HTML document that needs nothing but itself: no network, no other file, and a script for its search alone. */
export function renderHtml(report: Report): string {
  return `<!doctype html>\n${renderToString(<Page report={report} />)}\n`;
}

/** In the order of the page. */
const PARTS = [
  [
    "In short",
    [
      ["verdict", "Verdict", VerdictBand],
      ["image", "Which image", Identity],
      ["ways", "Two ways through", Ways],
    ],
  ],
  [
    "Against the policy",
    [
      ["findings", "Findings", Findings],
      ["requirements", "Requirements", Requirements],
      ["not-shown", "Not shown", NotShown],
    ],
  ],
  [
    "Seen in the test run",
    [
      ["network", "Network", Network],
      ["writes", "Writes", Writes],
      ["run", "The run", Run],
      ["runtimes", "Runtimes", Runtimes],
    ],
  ],
  [
    "Read in the image",
    [
      ["space", "What takes the room", Space],
      ["vulnerabilities", "Vulnerabilities", Vulnerabilities],
      ["packages", "Packages", Packages],
      ["contents", "Data and secrets", Contents],
      ["fitness", "Fitness", Fitness],
    ],
  ],
  [
    "For the record",
    [
      ["waived", "Waived", Waived],
      ["provenance", "Provenance", Provenance],
      ["verify", "How to verify", Verify],
      ["notes", "Notes", Notes],
      ["limits", "Limits", Limits],
    ],
  ],
] as const;

function Page({ report }: { report: Report }) {
  const name = plainText(report.subject.name, 120);
  return (
    <html lang="en">
      <Head
        title={`${VERDICT_WORDS[report.verdict].words}: ${name} – pratique`}
        version={report.tool.version}
        script={script}
      />
      <body>
        <Signs />
        <a class="skip" href="#verdict">
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
          <details>
            <summary>Parts of this page</summary>
            <ul>
              {PARTS.map(([group, parts]) => (
                <li>
                  <span class="group">{group}</span>
                  <ul>
                    {parts.map(([id, title]) => (
                      <li>
                        <a href={`#${id}`}>{title}</a>
                      </li>
                    ))}
                  </ul>
                </li>
              ))}
            </ul>
          </details>
        </nav>
        <main>{PARTS.flatMap(([, parts]) => parts.map(([, , Part]) => <Part report={report} />))}</main>
        <footer>
          <p>
            Made by pratique {plainText(report.tool.version, 40)}, {plainText(report.schema, 60)}. This page
            loads nothing; its only script searches the lists on it.
          </p>
        </footer>
        <script>{script}</script>
      </body>
    </html>
  );
}
