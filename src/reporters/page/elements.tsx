import type { ComponentChildren } from "preact";
import type { RequirementStatus } from "../../evidence/report.ts";
import type { Severity } from "../../findings/finding.ts";
import type { Coverage } from "../../run/recording.ts";
import { plainText } from "../plain.ts";
import { grouped } from "./words.ts";

export type Tone = "good" | "bad" | "warn" | "quiet";

const SHAPES: Readonly<Record<Tone, string>> = {
  good: "M3.5 8.5l3 3 6-7",
  bad: "M4 4l8 8M12 4l-8 8",
  warn: "M8 3v6.5M8 12.2v.6",
  quiet: "M3.5 8h9",
};

/** The signs, drawn once: a page may show each of them thousands of times. */
export function Signs() {
  return (
    <svg class="signs" aria-hidden="true" focusable="false">
      {Object.entries(SHAPES).map(([tone, shape]) => (
        <symbol id={`sign-${tone}`} viewBox="0 0 16 16">
          <path
            d={shape}
            fill="none"
            stroke="currentColor"
            stroke-width="2.2"
            stroke-linecap="round"
            stroke-linejoin="round"
          />
        </symbol>
      ))}
    </svg>
  );
}

/** A sign that stands beside words, never in their place. */
export function Icon({ tone }: { tone: Tone }) {
  return (
    <svg class={`icon tone-${tone}`} aria-hidden="true" focusable="false">
      <use href={`#sign-${tone}`} />
    </svg>
  );
}

export function Status({ tone, children }: { tone: Tone; children: ComponentChildren }) {
  return (
    <span class={`status tone-${tone}`}>
      <Icon tone={tone} />
      {children}
    </span>
  );
}

export const SEVERITY_WORDS: Readonly<Record<Severity, { readonly tone: Tone; readonly word: string }>> = {
  error: { tone: "bad", word: "Stops the job" },
  warning: { tone: "warn", word: "Advice" },
  info: { tone: "quiet", word: "Remark" },
};

export const STATUS_WORDS: Readonly<
  Record<RequirementStatus, { readonly tone: Tone; readonly word: string }>
> = {
  pass: { tone: "good", word: "Shown" },
  fail: { tone: "bad", word: "Failed" },
  waived: { tone: "warn", word: "Waived" },
  "not-assessed": { tone: "quiet", word: "Not shown" },
};

/** A part of the page under a heading of its own. */
export function Section({ id, title, children }: { id: string; title: string; children: ComponentChildren }) {
  return (
    <section id={id} aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{title}</h2>
      {children}
    </section>
  );
}

/** Text with the parts between backticks set as code. */
export function Words({ text, max = 2000 }: { text: string; max?: number }) {
  const parts = plainText(text, max).split("`");
  // An odd backtick has no partner: it is a character like any other.
  if (parts.length % 2 === 0) return <>{parts.join("`")}</>;
  return <>{parts.map((part, index) => (index % 2 === 1 ? <code>{part}</code> : part))}</>;
}

/** Says that what a section shows was not seen whole, and why; nothing where it was. */
export function SeenInPart({ what, coverage }: { what: string; coverage: Coverage["names"] }) {
  if (coverage.status === "observed") return null;
  return (
    <p class="note">
      {what} were {coverage.status === "partial" ? "partly" : "not"} observed:{" "}
      <Words text={coverage.reason} max={500} />
    </p>
  );
}

export function Code({ text, max = 2000 }: { text: string; max?: number }) {
  return <code>{plainText(text, max)}</code>;
}

export type Fact = readonly [term: string, value: ComponentChildren];

/** Terms and values; what has no value is left out. */
export function Facts({ facts }: { facts: readonly (Fact | null)[] }) {
  return (
    <dl class="facts">
      {facts
        .filter((fact) => fact !== null)
        .map(([term, value]) => (
          <div>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => ComponentChildren;
  readonly number?: boolean;
}

/** More would make the page slow, unless a table says that it is short of words; the evidence file has every row. */
const MAX_ROWS = 500;

/** Up to so many rows, paper keeps a table together. */
const SHORT = 12;

/** The first column names the row. On narrow screens each row becomes a small list. */
export function DataTable<Row>(props: {
  caption: ComponentChildren;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowId?: (row: Row) => string;
  most?: number;
}) {
  const { caption, columns, rows, rowId, most = MAX_ROWS } = props;
  const kind = (column: Column<Row>): { class?: string } => (column.number ? { class: "number" } : {});
  return (
    <>
      <table {...(rows.length > SHORT ? {} : { class: "short" })}>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th scope="col" {...kind(column)}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, most).map((row) => (
            <tr {...(rowId === undefined ? {} : { id: rowId(row) })}>
              {columns.map((column, index) =>
                index === 0 ? (
                  <th scope="row" data-head={column.head} {...kind(column)}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td data-head={column.head} {...kind(column)}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > most && (
        <p class="quiet">
          {grouped(rows.length - most)} more rows are in <code>report.json</code>, beside this page.
        </p>
      )}
    </>
  );
}
