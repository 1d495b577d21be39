import type { Report } from "../../evidence/report.ts";
import { plural } from "../../findings/counting.ts";
import { type Finding, isFileLocation, type Proof, SEVERITIES } from "../../findings/finding.ts";
import { groupBy } from "../../rules/group.ts";
import { plainText } from "../plain.ts";
import { Code, SEVERITY_WORDS, Section, Status, Words } from "./elements.tsx";
import { Excerpt } from "./excerpt.tsx";
import { RequirementLink } from "./requirements.tsx";
import { grouped, placeOf, when } from "./words.ts";

export function findingAnchors(findings: readonly Finding[]): ReadonlyMap<Finding, string> {
  return new Map(findings.map((finding, index) => [finding, `finding-${index + 1}`]));
}

export function Findings({ report }: { report: Report }) {
  const anchors = findingAnchors(report.findings);
  const known = new Set(report.requirements.map((requirement) => requirement.id));
  const open = report.findings.filter((finding) => finding.waived === undefined);
  const ordered = [
    ...SEVERITIES.flatMap((severity) => open.filter((finding) => finding.severity === severity)),
    ...report.findings.filter((finding) => finding.waived !== undefined),
  ];
  const count = (severity: Finding["severity"]): number =>
    open.filter((finding) => finding.severity === severity).length;
  const parts = [
    count("error") > 0 ? `${plural(count("error"), "stops", "stop")} the job` : "",
    count("warning") > 0 ? `${plural(count("warning"), "is", "are")} advice` : "",
    count("info") > 0 ? plural(count("info"), "is a remark", "are remarks") : "",
    ordered.length > open.length ? plural(ordered.length - open.length, "is waived", "are waived") : "",
  ].filter(Boolean);
  return (
    <Section id="findings" title="Findings">
      {ordered.length === 0 ? <p>Nothing was found.</p> : <p>{sentence(parts)}</p>}
      {[...groupBy(ordered, alike).values()].map((findings) => (
        <FindingArticle findings={findings} anchors={anchors} known={known} />
      ))}
    </Section>
  );
}

function sentence(parts: readonly string[]): string {
  const text = parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
  return `Of what was found, ${text}.`;
}

/** Findings that differ in nothing but what was seen where are read together: the fix is the same for all. */
const alike = ({ aliases, fix, requirements, rule, severity, title, waived }: Finding): string =>
  JSON.stringify([rule, title, severity, requirements, aliases, fix, waived]);

function FindingArticle({
  findings,
  anchors,
  known,
}: {
  findings: readonly Finding[];
  anchors: ReadonlyMap<Finding, string>;
  known: ReadonlySet<string>;
}) {
  const [finding] = findings;
  if (finding === undefined) return null;
  const id = anchors.get(finding) ?? "finding";
  const { tone, word } = SEVERITY_WORDS[finding.severity];
  const { waived } = finding;
  return (
    <article
      id={id}
      class={`finding tone-${waived === undefined ? tone : "quiet"}`}
      aria-labelledby={`${id}-title`}
    >
      <h3 id={`${id}-title`}>{plainText(finding.title, 300)}</h3>
      <p class="marks">
        <Status tone={tone}>{word}</Status>
        {waived !== undefined && <Status tone="warn">Waived</Status>}
        {finding.requirements.map((requirement) => (
          <RequirementLink id={requirement} known={known.has(requirement)} />
        ))}
        <span>
          rule <Code text={finding.rule} max={100} />
        </span>
        {findings.length > 1 && <span>{grouped(findings.length)} times</span>}
      </p>
      {findings.length === 1 ? (
        <Seen finding={finding} />
      ) : (
        <ul class="rows seen">
          {findings.map((one) => (
            <li id={one === finding ? undefined : anchors.get(one)}>
              <Seen finding={one} />
            </li>
          ))}
        </ul>
      )}
      {waived !== undefined && (
        <p class="note">
          Waived{waived.by === undefined ? "" : ` by ${plainText(waived.by, 200)}`}
          {waived.until === undefined ? "" : ` until ${when(waived.until)}`}: {plainText(waived.reason, 1000)}
        </p>
      )}
      {finding.fix !== undefined && <Fix fix={finding.fix} />}
      <p class="quiet small">
        More: <code>pratique explain {plainText(finding.rule, 100)}</code>
        {finding.aliases.length > 0 && (
          <>. Known elsewhere as {finding.aliases.map((a) => plainText(a, 80)).join(", ")}</>
        )}
        .
      </p>
    </article>
  );
}

/** What was seen, where, and what else shows the same. */
function Seen({ finding }: { finding: Finding }) {
  const { message, proofs = [], runtimes } = finding;
  return (
    <>
      <p>
        <Words text={message} max={4000} />
      </p>
      <Place where={finding} />
      {runtimes !== undefined && (
        <p class="quiet small">Seen in {runtimes.map((id) => plainText(id, 60)).join(", ")}.</p>
      )}
      {proofs.length > 0 && (
        <>
          <h4>Also seen</h4>
          <ul class="rows">
            {proofs.map((proof) => (
              <li>
                <Words text={proof.message} max={2000} />{" "}
                <span class="quiet">({plainText(proof.rule, 100)})</span>
                <Place where={proof} />
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function Place({ where }: { where: Pick<Finding | Proof, "location" | "excerpt"> }) {
  const { location, excerpt } = where;
  if (location === undefined) return null;
  if (!isFileLocation(location) || excerpt === undefined) {
    return (
      <p class="place">
        <code>{placeOf(location)}</code>
      </p>
    );
  }
  return <Excerpt location={location} excerpt={excerpt} />;
}

/** A sentence, and the lines to paste that are indented by four spaces. */
function Fix({ fix }: { fix: string }) {
  const blocks: { code: boolean; lines: string[] }[] = [];
  for (const line of plainText(fix, 6000).split("\n")) {
    const code = line.startsWith("    ");
    const last = blocks.at(-1);
    if (last?.code === code) last.lines.push(line);
    else if (line.trim() !== "") blocks.push({ code, lines: [line] });
  }
  return (
    <>
      <h4>Fix</h4>
      {blocks.map(({ code, lines }) =>
        code ? (
          <pre class="paste">
            <code>{lines.map((line) => line.slice(4)).join("\n")}</code>
          </pre>
        ) : (
          <p>
            <Words text={lines.join(" ")} />
          </p>
        ),
      )}
    </>
  );
}
