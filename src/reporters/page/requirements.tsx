import type { Report, RequirementResult } from "../../evidence/report.ts";
import { plural } from "../../findings/counting.ts";
import { plainText } from "../plain.ts";
import { checklists } from "../select.ts";
import { DataTable, Section, STATUS_WORDS, Status, Words } from "./elements.tsx";
import { anchor } from "./words.ts";

export function RequirementLink({ id, known }: { id: string; known: boolean }) {
  const text = plainText(id, 60);
  return known ? (
    <a class="id" href={`#${anchor("req", id)}`}>
      {text}
    </a>
  ) : (
    <span class="id">{text}</span>
  );
}

const FORCE_WORDS: Readonly<Record<RequirementResult["force"], string>> = {
  enforced: "enforced",
  advised: "advised",
  foreseen: "foreseen, not yet in force",
};

export function LevelWords({ requirement }: { requirement: RequirementResult }) {
  return (
    <span class="quiet">
      {requirement.level.replace("-", " ")}, {FORCE_WORDS[requirement.force]}
    </span>
  );
}

const ELSEWHERE = [
  { scope: "repository", title: "Decided by the repository around the project" },
  { scope: "job", title: "Decided by the job manifest" },
  { scope: "run-files", title: "Decided by run files and scripts" },
  { scope: "publish", title: "Decided when the image is published" },
  { scope: "people", title: "Decided by people" },
] as const;

/** Every requirement of the policy with its status. */
export function Requirements({ report }: { report: Report }) {
  const of = (scope: RequirementResult["scope"]): RequirementResult[] =>
    report.requirements.filter((requirement) => requirement.scope === scope);
  const image = of("image");
  return (
    <Section id="requirements" title="All requirements">
      <p>
        {plural(report.requirements.length, "requirement")} in {plainText(report.profile.title, 300)}. Shown
        means that all that has to be read for it was read and spoke for it.
      </p>
      <details open>
        <summary>
          Of the image <span class="quiet">{tally(image)}</span>
        </summary>
        <RequirementTable caption="Requirements of the image" rows={image} />
      </details>
      {checklists(report).map(({ title, rows }) => (
        <details>
          <summary>
            Checklist: {plainText(title, 100)} <span class="quiet">{tally(rows)}</span>
          </summary>
          <ul>
            {rows.map((row) => (
              <li>
                <RequirementLink id={row.id} known /> <RequirementStatusWords row={row} />{" "}
                <Words text={row.text} />
              </li>
            ))}
          </ul>
        </details>
      ))}
      <h3 id="elsewhere">Decided elsewhere</h3>
      <p>An image cannot show these. They are listed so that none is forgotten.</p>
      {ELSEWHERE.map(({ scope, title }) => {
        const rows = of(scope);
        return (
          rows.length > 0 && (
            <details>
              <summary>
                {title} <span class="quiet">{plural(rows.length, "requirement")}</span>
              </summary>
              <RequirementTable caption={title} rows={rows} />
            </details>
          )
        );
      })}
    </Section>
  );
}

/** What a reviewer has to look at first stands first. */
const STATUS_ORDER = ["fail", "not-assessed", "waived", "pass"] as const;

/** By status, and within one in the order of the policy. */
const inOrder = (rows: readonly RequirementResult[]): RequirementResult[] =>
  STATUS_ORDER.flatMap((status) => rows.filter((row) => row.status === status));

function tally(rows: readonly RequirementResult[]): string {
  const count = (status: RequirementResult["status"]): number =>
    rows.filter((row) => row.status === status).length;
  const words = STATUS_ORDER.filter((status) => count(status) > 0).map(
    (status) => `${count(status)} ${STATUS_WORDS[status].word.toLowerCase()}`,
  );
  return words.join(", ");
}

function RequirementTable({ caption, rows }: { caption: string; rows: readonly RequirementResult[] }) {
  return (
    <DataTable
      caption={<span class="visually-hidden">{caption}</span>}
      rows={inOrder(rows)}
      rowId={(row) => anchor("req", row.id)}
      columns={[
        { head: "Id", cell: (row) => <span class="id">{plainText(row.id, 60)}</span> },
        { head: "Status", cell: (row) => <RequirementStatusWords row={row} /> },
        {
          head: "Requirement",
          cell: (row) => (
            <>
              <Words text={row.text} />
              <br />
              <LevelWords requirement={row} /> <span class="quiet">· {plainText(row.source, 300)}</span>
            </>
          ),
        },
        {
          head: "Why",
          cell: (row) => (
            <>
              <Words text={row.reason} max={600} />
              {row.rules.length > 0 && (
                <>
                  <br />
                  <span class="quiet">Rules: {row.rules.map((rule) => plainText(rule, 100)).join(", ")}</span>
                </>
              )}
            </>
          ),
        },
      ]}
    />
  );
}

function RequirementStatusWords({ row }: { row: RequirementResult }) {
  if (row.scope !== "image" && row.scope !== "repository" && row.status === "not-assessed")
    return <Status tone="quiet">Decided elsewhere</Status>;
  const { tone, word } = STATUS_WORDS[row.status];
  return <Status tone={tone}>{word}</Status>;
}
