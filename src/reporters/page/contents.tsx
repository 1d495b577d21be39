import type { ContentsSummary, GpuSummary, ModelCacheSummary, Report } from "../../evidence/report.ts";
import { plural, sizeOf } from "../../findings/counting.ts";
import { plainText } from "../plain.ts";
import { Code, DataTable, Section } from "./elements.tsx";

/** What lies in the image beside its software: secrets by kind and place, never what they say, and data. */
export function Contents({ report }: { report: Report }) {
  const { contents } = report;
  return (
    <Section id="contents" title="Data, secrets and models in the image">
      {contents === undefined ? (
        <p>No image’s files were read, so nothing is said about what lies in one.</p>
      ) : (
        <Found contents={contents} report={report} />
      )}
    </Section>
  );
}

function Found({ contents, report }: { contents: ContentsSummary; report: Report }) {
  const { secrets, data, caches, gpu, notAssessed } = contents;
  const layers = report.inventory?.layers ?? [];
  const from = ({ layer, removedIn }: { readonly layer: number; readonly removedIn?: number }): string => {
    const words = (index: number): string =>
      `layer ${index + 1} ${plainText(layers[index]?.instruction ?? "", 120)}`.trim();
    return `${words(layer)}${removedIn === undefined ? "" : `; taken away by ${words(removedIn)}, and still in the image`}`;
  };
  return (
    <>
      <p>
        {secrets.length === 0 ? "No secrets" : plural(secrets.length, "secret")} and{" "}
        {data.length === 0 ? "no data files" : plural(data.length, "data file")} were found outside the
        folders where software keeps its own.
      </p>
      {notAssessed.length > 0 && (
        <p class="note">Not looked at: {notAssessed.map((gap) => plainText(gap, 300)).join("; ")}.</p>
      )}
      {secrets.length > 0 && (
        <DataTable
          caption="Secrets. Equal marks stand for equal secrets; the marks are made anew for each report."
          rows={secrets}
          columns={[
            {
              head: "What",
              cell: ({ kind, certain }) => `${plainText(kind, 100)}${certain ? "" : " (perhaps)"}`,
            },
            {
              head: "Where",
              cell: ({ path, line }) => (
                <>
                  <Code text={path} max={300} />
                  {line > 0 && `, line ${line}`}
                </>
              ),
            },
            { head: "From", cell: from },
            { head: "Mark", cell: ({ fingerprint }) => <Code text={fingerprint} max={20} /> },
          ]}
        />
      )}
      {data.length > 0 && (
        <DataTable
          caption="Files that look like data"
          rows={data}
          columns={[
            {
              head: "What",
              cell: ({ format, certain }) => `${plainText(format, 100)}${certain ? "" : " (perhaps)"}`,
            },
            { head: "Where", cell: ({ path }) => <Code text={path} max={300} /> },
            { head: "Size", cell: ({ bytes }) => sizeOf(bytes) },
            { head: "From", cell: from },
          ]}
        />
      )}
      {caches.length > 0 && (
        <DataTable
          caption="Models and word lists"
          rows={caches}
          columns={[
            { head: "Of", cell: ({ kind }) => plainText(kind, 60) },
            { head: "Where", cell: ({ path }) => <Code text={path} max={300} /> },
            { head: "What", cell: itemsOf },
            { head: "Size", cell: ({ bytes }) => (bytes === 0 ? "" : sizeOf(bytes)) },
            {
              head: "Not right",
              cell: ({ items, closed }) =>
                [
                  ...(closed === undefined ? [] : [`${plainText(closed, 200)} is closed to the job’s user`]),
                  ...items.flatMap(({ name, problems }) =>
                    problems.map((problem) => plainText(`${name}: ${problem}`, 300)),
                  ),
                ]
                  .slice(0, MAX_ITEMS)
                  .join("; "),
            },
          ]}
        />
      )}
      <Gpu gpu={gpu} />
    </>
  );
}

const MAX_ITEMS = 30;

function itemsOf({ items }: ModelCacheSummary): string {
  const names = items
    .slice(0, MAX_ITEMS)
    .map(({ name, revisions }) =>
      plainText(`${name} ${revisions.map((one) => one.slice(0, 12)).join(" ")}`.trim(), 200),
    );
  const more = items.length - names.length;
  return [...names, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

function Gpu({ gpu }: { gpu: GpuSummary }) {
  const { libraries, frameworks, compiled = [], minimumDriver, notAssessed } = gpu;
  const rows = [
    ...frameworks.map(({ name, version, build, path }) => ({
      name,
      version,
      build: build === null ? "not said" : build === "cpu" ? "processors only" : `CUDA ${build}`,
      from: path,
    })),
    ...libraries.map((one) => ({ ...one, build: "" })),
  ];
  if (rows.length + compiled.length === 0)
    return <p>Nothing for a GPU was found: neither CUDA nor PyTorch, TensorFlow, JAX or CuPy.</p>;
  return (
    <>
      <DataTable
        caption="For the GPU"
        rows={rows}
        columns={[
          { head: "What", cell: ({ name }) => plainText(name, 60) },
          { head: "Version", cell: ({ version }) => plainText(version, 100) },
          { head: "Built for", cell: ({ build }) => plainText(build, 60) },
          { head: "From", cell: ({ from }) => <Code text={from} max={300} /> },
        ]}
      />
      {compiled.length > 0 && (
        <DataTable
          caption="Compiled for GPUs"
          rows={compiled}
          columns={[
            { head: "File", cell: ({ path }) => <Code text={path} max={300} /> },
            { head: "Runs on compute capability", cell: ({ machine }) => plainText(machine.join(", "), 300) },
            { head: "And as PTX on this or later", cell: ({ ptx }) => plainText(ptx.join(", "), 300) },
          ]}
        />
      )}
      <p class="note">
        {minimumDriver === null ? "" : `It needs NVIDIA’s driver ${plainText(minimumDriver, 40)} or newer. `}
        {notAssessed.length > 0 &&
          `Not looked at: ${notAssessed.map((gap) => plainText(gap, 300)).join("; ")}.`}
      </p>
    </>
  );
}
