import type {
  CacheSummary,
  LayerSummary,
  PlaceSummary,
  Report,
  SpaceSummary,
} from "../../evidence/report.ts";
import { plural, sizeOf } from "../../findings/counting.ts";
import { plainText } from "../plain.ts";
import { layersText } from "../space-lines.ts";
import { Code, type Column, DataTable, Section } from "./elements.tsx";
import { LayerMap, SpaceMap } from "./space-map.tsx";
import { grouped } from "./words.ts";

/** What takes the room in the image: a picture, and the tables behind it. */
export function Space({ report }: { report: Report }) {
  const { space } = report;
  return (
    <Section id="space" title="What takes the room in the image">
      {space === undefined ? (
        <p>No image’s files were read, so nothing is said about their sizes.</p>
      ) : (
        <Room space={space} />
      )}
    </Section>
  );
}

function Room({ space }: { space: SpaceSummary }) {
  const { caches, files, folders, layers, map, wasted } = space;
  const left = caches.filter(({ leftBehind }) => leftBehind);
  const kept = caches.filter(({ leftBehind }) => !leftBehind);
  return (
    <>
      <p>
        {sizeOf(map.bytes)} in the files of the finished image; {layersText(space)}.{" "}
        {wasted > 0 &&
          `Layers hold ${sizeOf(wasted)} more, which later ones replaced or removed: that is transferred too.`}
      </p>
      <p class="quiet">{baseText(space)}</p>
      <h3>By folder</h3>
      {map.bytes > 0 && <SpaceMap space={space} />}
      <details>
        <summary>
          The biggest folders and files <span class="quiet">{folders.length + files.length}</span>
        </summary>
        <DataTable caption="Folders" rows={folders} columns={[...placeColumns(space), FILES]} />
        <DataTable caption="Files" rows={files} columns={placeColumns(space)} />
      </details>
      {left.length > 0 && (
        <DataTable caption="Caches left behind" rows={left} columns={cacheColumns(space)} />
      )}
      {kept.length > 0 && (
        <DataTable
          caption="Models and corpora, which the job may need"
          rows={kept}
          columns={cacheColumns(space)}
        />
      )}
      <h3>By layer</h3>
      <LayerMap space={space} />
      <DataTable
        caption="Layers, from the base up"
        rows={layers.map((layer, index) => ({ ...layer, index }))}
        columns={layerColumns}
      />
    </>
  );
}

function baseText({ base }: SpaceSummary): string {
  const name = base.reference === null ? "" : ` ${plainText(base.reference, 300)}`;
  if (base.known === "no") return `Which layers are the base’s is not known: ${plainText(base.reason, 500)}.`;
  if (base.known === "compared")
    return base.reference === "scratch"
      ? "It was built from scratch, so all layers are the project’s."
      : `The base’s layers were compared with those of${name}.`;
  return base.reference === null
    ? "Which layers are the base’s was told from the image’s history, where a start command ends the first part: a good guess."
    : `The image’s history says that the build started from${name}.`;
}

const placeColumns = ({ layers }: SpaceSummary): Column<PlaceSummary>[] => [
  { head: "Path", cell: ({ path }) => <Code text={path} max={1000} /> },
  { head: "Size", number: true, cell: ({ bytes }) => sizeOf(bytes) },
  {
    head: "From",
    cell: ({ bytes, fromBase, layer }) =>
      fromBase !== null && fromBase === bytes ? "the base" : layerName(layers, layer),
  },
];

const FILES: Column<PlaceSummary> = {
  head: "Files",
  number: true,
  cell: ({ files }) => grouped(files),
};

const cacheColumns = ({ layers }: SpaceSummary): Column<CacheSummary>[] => [
  { head: "What", cell: ({ what }) => plainText(what, 200) },
  {
    head: "Where",
    cell: ({ paths }) => paths.map((path, index) => [index > 0 && ", ", <Code text={path} max={500} />]),
  },
  { head: "Size", number: true, cell: ({ bytes }) => sizeOf(bytes) },
  { head: "From", cell: ({ layers: [most] }) => (most === undefined ? "" : layerName(layers, most.layer)) },
];

const layerName = (layers: readonly LayerSummary[], index: number): string =>
  `layer ${index + 1} ${plainText(layers[index]?.instruction ?? "", 120)}`.trim();

const amount = ({ files, bytes }: LayerSummary["added"]): string =>
  files === 0 ? "–" : `${plural(files, "file")}, ${sizeOf(bytes)}`;

const layerColumns: Column<LayerSummary & { readonly index: number }>[] = [
  {
    head: "Layer",
    cell: ({ fromBase, index, instruction }) => (
      <>
        {index + 1}
        {fromBase === true && " (base)"}{" "}
        {instruction === null ? (
          <span class="quiet">instruction not known</span>
        ) : (
          <Code text={instruction} max={200} />
        )}
      </>
    ),
  },
  { head: "Size", number: true, cell: ({ size }) => sizeOf(size) },
  { head: "Added", number: true, cell: ({ added }) => amount(added) },
  { head: "Replaced", number: true, cell: ({ replaced }) => amount(replaced) },
  { head: "Removed", number: true, cell: ({ removed }) => amount(removed) },
  { head: "Lost later", number: true, cell: ({ lost }) => (lost === 0 ? "–" : sizeOf(lost)) },
];
