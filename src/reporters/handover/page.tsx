import { renderToString } from "preact-render-to-string";
import type { Part, Sheet, Step } from "../../handover/sheet.ts";
import { Code, Facts, Section, Words } from "../page/elements.tsx";
import { Head } from "../page/head.tsx";
import { plainText } from "../plain.ts";

/** The hand-over sheet as one HTML document that needs nothing but itself, and prints. */
export function handoverPage(sheet: Sheet, version: string): string {
  return `<!doctype html>\n${renderToString(<Page sheet={sheet} version={version} />)}\n`;
}

function Page({ sheet, version }: { sheet: Sheet; version: string }) {
  const { open, steps } = sheet;
  const title = plainText(sheet.title, 120);
  return (
    <html lang="en">
      <Head title={`${title} – pratique`} version={version} />
      <body>
        <a class="skip" href="#job">
          Skip to the sheet
        </a>
        <header>
          <p class="brand">pratique</p>
          <h1>{title}</h1>
          <p class="quiet">Step by step, for {plainText(sheet.place, 300)}.</p>
        </header>
        <nav aria-label="Parts of this sheet">
          <ul>
            {sheet.remarks.length > 0 && (
              <li>
                <a href="#remarks">Know before you start</a>
              </li>
            )}
            {open.length > 0 && (
              <li>
                <a href="#open">To fill in</a>
              </li>
            )}
            {steps.map((step, index) => (
              <li>
                <a href={`#step-${index + 1}`}>
                  {index + 1}. {step.title}
                </a>
              </li>
            ))}
            <li>
              <a href="#numbers">Where the numbers come from</a>
            </li>
          </ul>
        </nav>
        <main>
          <Section id="job" title="The job">
            {sheet.warnings.map((text) => (
              <p class="note">
                <Words text={text} />
              </p>
            ))}
            <Facts
              facts={sheet.facts.map(
                (fact) =>
                  [
                    fact.term,
                    "code" in fact ? <Code text={fact.code} /> : <Words text={fact.text} />,
                  ] as const,
              )}
            />
          </Section>
          {sheet.remarks.length > 0 && (
            <Section id="remarks" title="Know before you start">
              <List items={sheet.remarks} />
            </Section>
          )}
          {open.length > 0 && <Open open={open} />}
          {steps.map((step, index) => (
            <StepSection step={step} number={index + 1} />
          ))}
          <Section id="numbers" title="Where the numbers come from">
            <List items={sheet.basis} />
          </Section>
          {sheet.notImitated.length > 0 && (
            <Section id="limits" title="What no test outside can show">
              <List items={sheet.notImitated} />
            </Section>
          )}
        </main>
        <footer>
          <p>Made by pratique {plainText(version, 40)}. This page loads nothing and runs no script.</p>
        </footer>
      </body>
    </html>
  );
}

function Open({ open }: Pick<Sheet, "open">) {
  return (
    <Section id="open" title="To fill in">
      <p>
        These stand in the files as placeholders. Write the values in, or make the files anew with the
        options.
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">In the files</th>
            <th scope="col">What it is</th>
            <th scope="col">Option</th>
          </tr>
        </thead>
        <tbody>
          {open.map(({ placeholder, meaning, option }) => (
            <tr>
              <th scope="row">
                <Code text={placeholder} />
              </th>
              <td data-head="What it is">
                <Words text={meaning} />
              </td>
              <td data-head="Option">
                <Code text={option} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function StepSection({ step, number }: { step: Step; number: number }) {
  return (
    <Section id={`step-${number}`} title={`${number}. ${step.title}`}>
      <p class="quiet">{step.where.charAt(0).toUpperCase() + step.where.slice(1)}</p>
      {step.parts.map((part) => (
        <PartOf part={part} />
      ))}
    </Section>
  );
}

function PartOf({ part }: { part: Part }) {
  return "commands" in part ? (
    <pre class="paste">
      <code>{plainText(part.commands, 8000)}</code>
    </pre>
  ) : (
    <p>
      <Words text={part.text} />
    </p>
  );
}

function List({ items }: { items: readonly string[] }) {
  return (
    <ul>
      {items.map((item) => (
        <li>
          <Words text={item} />
        </li>
      ))}
    </ul>
  );
}
