import type { Report, Verdict } from "../../evidence/report.ts";
import { plural } from "../../findings/counting.ts";
import type { Finding } from "../../findings/finding.ts";
import { groupBy } from "../../rules/group.ts";
import { plainText } from "../plain.ts";
import { select } from "../select.ts";
import { Icon, type Tone, Words } from "./elements.tsx";
import { findingAnchors } from "./findings.tsx";
import { grouped } from "./words.ts";

export const VERDICT_WORDS: Readonly<Record<Verdict, { readonly tone: Tone; readonly words: string }>> = {
  clear: { tone: "good", words: "Clear" },
  "clear-with-advice": { tone: "good", words: "Clear with advice" },
  "not-clear": { tone: "bad", words: "Not clear" },
  incomplete: { tone: "warn", words: "Incomplete" },
};

/** Longer lists repeat the section below. */
const LISTED = 8;

export function VerdictBand({ report }: { report: Report }) {
  const { tone, words } = VERDICT_WORDS[report.verdict];
  const scan = report.steps.find((step) => step.id === "scan");
  return (
    <section id="verdict" class={`verdict tone-${tone}`} aria-labelledby="verdict-title">
      <h2 id="verdict-title">
        <Icon tone={tone} />
        <span class="visually-hidden">Verdict: </span>
        {words}
      </h2>
      <p class="lead">
        <Words text={report.summary} />
      </p>
      {report.publication?.override && (
        <p>
          <strong>It was published all the same.</strong> The reason that was given:{" "}
          <Words text={sentence(report.publication.override.reason)} />
        </p>
      )}
      {scan?.status !== "done" && (
        <p>
          <strong>No vulnerability scan was made.</strong>{" "}
          {scan !== undefined && scan.reason !== "" && <Words text={sentence(scan.reason)} />}
        </p>
      )}
      {report.command !== "check" && (
        <p>
          This page comes from <code>pratique {plainText(report.command, 40)}</code>, which looks at a part of
          what <code>pratique check</code> looks at.
        </p>
      )}
      <h3>What to do next</h3>
      <NextSteps report={report} />
    </section>
  );
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

function NextSteps({ report }: { report: Report }) {
  const { stopping, advice: advised, waived: accepted } = select(report);
  const advice = advised.length;
  const waived = accepted.length;
  const failed = report.steps.filter((step) => step.status === "failed");
  const compare = (
    <li>
      Check that <a href="#image">this page is about the image</a> that you have.
    </li>
  );
  switch (report.verdict) {
    case "not-clear":
      return (
        <ol>
          {stopping.length > 0 ? (
            <li>
              Researcher: put {stopping.length === 1 ? "this" : "these"} right, with the fix that stands below{" "}
              {stopping.length === 1 ? "it" : "each"}.
              <StoppingList report={report} stopping={stopping} />
            </li>
          ) : (
            <li>
              Researcher: put right what <a href="#requirements">failed among the requirements</a>.
            </li>
          )}
          <li>
            Run <code>pratique check</code> again; it replaces this page.
          </li>
          <li>Reviewer: the image is not ready to go in. Ask for a page that is clear.</li>
        </ol>
      );
    case "incomplete":
      return (
        <ol>
          {failed.length > 0 && (
            <li>
              Find out why {failed.map((step) => step.id).join(" and ")} failed (
              <a href="#circumstances">reasons</a>); <code>pratique doctor</code> looks at the machine.
            </li>
          )}
          <li>
            Read <a href="#not-shown">what was not shown</a> and why, and run <code>pratique check</code>
            {report.command === "check" ? " again" : ""} where that can be helped.
          </li>
          <li>Reviewer: nothing that was seen stops the image, but nothing is decided.</li>
        </ol>
      );
    case "clear-with-advice":
      return (
        <ol>
          {compare}
          {advice > 0 && (
            <li>
              Read <a href="#findings">{plural(advice, "piece of advice", "pieces of advice")}</a>; none of it
              stops the job.
            </li>
          )}
          {waived > 0 && (
            <li>
              Decide whether <a href="#waived">{plural(waived, "waiver")}</a> can stand.
            </li>
          )}
          <li>
            Hand in this page with the image. What <a href="#elsewhere">is decided elsewhere</a> is still to
            do.
          </li>
        </ol>
      );
    case "clear":
      return (
        <ol>
          {compare}
          <li>
            Hand in this page with the image. What <a href="#elsewhere">is decided elsewhere</a> is still to
            do.
          </li>
        </ol>
      );
  }
}

/** Each kind of mistake once: the program that may not write in ten places is one thing to put right. */
function StoppingList({ report, stopping }: { report: Report; stopping: readonly Finding[] }) {
  const anchors = findingAnchors(report.findings);
  const kinds = [...groupBy(stopping, ({ title }) => title)];
  const rest = kinds.slice(LISTED).reduce((sum, [, findings]) => sum + findings.length, 0);
  return (
    <ul>
      {kinds.slice(0, LISTED).map(([title, findings]) => (
        <li>
          <a href={`#${anchors.get(findings[0] as Finding) ?? "findings"}`}>{plainText(title, 300)}</a>
          {findings.length > 1 && ` (${grouped(findings.length)} times)`}
        </li>
      ))}
      {rest > 0 && (
        <li>
          <a href="#findings">and {grouped(rest)} more</a>
        </li>
      )}
    </ul>
  );
}
