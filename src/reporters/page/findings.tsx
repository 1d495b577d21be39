import type { Report } from "../../evidence/report.ts";
import { plural } from "../../findings/counting.ts";
import { type Finding, isFileLocation, type Proof, SEVERITIES } from "../../findings/finding.ts";
import { groupBy } from "../../rules/group.ts";
import { plainText } from "../plain.ts";
import { Code, SEVERITY_WORDS, Section, Status, Words } from "./elements.tsx";
import { Excerpt } from "./excerpt.tsx";
import { RequirementLink } from "./requirements.tsx";
import { grouped, placeOf, when } from "./words.ts";

/** More would be read by nobody, and make the page slow; the evidence file has them all. */
const MAX_GROUPS = 1500;
const MAX_ALIKE = 100;
/** From so many on, browsers lay out those alone that are near what is seen. */
const MANY = 100;

interface Shown {
  /** Those that are alike, the first of them; errors first, waived last. */
  readonly groups: readonly { readonly findings: readonly Finding[]; readonly count: number }[];
  /** How many are in no group. */
  readonly left: number;
}

/** Three parts of the page ask for it. */
const shownFor = new WeakMap<readonly Finding[], Shown>();

function shownOf(findings: readonly Finding[]): Shown {
  const shown = shownFor.get(findings) ?? groupsOf(findings);
  shownFor.set(findings, shown);
  return shown;
}

function groupsOf(findings: readonly Finding[]): Shown {
  const open = findings.filter((finding) => finding.waived === undefined);
  const ordered = [
    ...SEVERITIES.flatMap((severity) => open.filter((finding) => finding.severity === severity)),
    ...findings.filter((finding) => finding.waived !== undefined),
  ];
  const groups = [...groupBy(ordered, alike).values()];
  return {
    groups: groups
      .slice(0, MAX_GROUPS)
      .map((group) => ({ findings: group.slice(0, MAX_ALIKE), count: group.length })),
    left: groups.slice(MAX_GROUPS).reduce((sum, group) => sum + group.length, 0),
  };
}

/** Where each finding stands on the page; those that it leaves out have no place. */
export function findingAnchors(findings: readonly Finding[]): ReadonlyMap<Finding, string> {
  const shown = new Set(shownOf(findings).groups.flatMap((group) => group.findings));
  return new Map(
    findings.flatMap((finding, index) => (shown.has(finding) ? [[finding, `finding-${index + 1}`]] : [])),
  );
}

export function Findings({ report }: { report: Report }) {
  const { findings, requirements } = report;
  const anchors = findingAnchors(findings);
  const known = new Set(requirements.map((requirement) => requirement.id));
  const { groups, left } = shownOf(findings);
  const open = findings.filter((finding) => finding.waived === undefined);
  const waived = findings.length - open.length;
  const count = (severity: Finding["severity"]): number =>
    open.filter((finding) => finding.severity === severity).length;
  const parts = [
    count("error") > 0 ? `${plural(count("error"), "stops", "stop")} the job` : "",
    count("warning") > 0 ? `${plural(count("warning"), "is", "are")} advice` : "",
    count("info") > 0 ? plural(count("info"), "is a remark", "are remarks") : "",
    waived > 0 ? plural(waived, "is waived", "are waived") : "",
  ].filter(Boolean);
  return (
    <Section id="findings" title="Findings">
      {findings.length === 0 ? <p>Nothing was found.</p> : <p>{sentence(parts)}</p>}
      <div {...(groups.length > MANY ? { class: "many" } : {})}>
        {groups.map((group) => (
          <FindingArticle {...group} anchors={anchors} known={known} />
        ))}
      </div>
      {left > 0 && (
        <p>
          <More count={left} />
        </p>
      )}
    </Section>
  );
}

const More = ({ count }: { count: number }) => (
  <>
    {plural(count, "more finding is", "more findings are")} in <code>report.json</code>, beside this page.
  </>
);

function sentence(parts: readonly string[]): string {
  const text = parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
  return `Of what was found, ${text}.`;
}

/** Findings that differ in nothing but what was seen where are read together: the fix is the same for all. */
const alike = ({ aliases, fix, requirements, rule, severity, title, waived }: Finding): string =>
  JSON.stringify([rule, title, severity, requirements, aliases, fix, waived]);

interface ArticleProps {
  readonly findings: readonly Finding[];
  readonly count: number;
  readonly anchors: ReadonlyMap<Finding, string>;
  readonly known: ReadonlySet<string>;
}

function FindingArticle({ findings, count, anchors, known }: ArticleProps) {
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
        {count > 1 && <span>{grouped(count)} times</span>}
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
          {count > findings.length && (
            <li>
              <More count={count - findings.length} />
            </li>
          )}
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
