import type { LayerSummary, SpaceBox, SpaceSummary } from "../../evidence/report.ts";
import { plural, sizeOf } from "../../findings/counting.ts";
import { plainText } from "../plain.ts";
import { type PlacedBox, placeBoxes } from "./squares.ts";

/** Letters are about so wide, whatever the reader's font is. */
const LETTER = 7.4;

/**
 * The finished image as boxes whose areas are sizes. Drawn twice, since letters have to keep their size: for wide
 * screens, and for phones; the style shows one of the two. The tables behind it say the same in words.
 */
export function SpaceMap({ space }: { space: SpaceSummary }) {
  const { bytes } = space.map;
  const what: Drawn = {
    id: "map",
    title: "What takes the room in the image",
    words: `${sizeOf(bytes)} in boxes whose areas are sizes. The tables below name the biggest folders and files.`,
    map: space.map,
    shorten: fitted,
  };
  return <Boxes what={what} known={space.base.layers !== null} heights={[420, 480]} />;
}

/** The layers as boxes, in the same way; the table below has the same numbers. */
export function LayerMap({ space }: { space: SpaceSummary }) {
  const parts = space.layers.map((layer, index) => boxOf(layer, index)).toSorted((a, b) => b.bytes - a.bytes);
  const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
  if (bytes === 0) return null;
  const what: Drawn = {
    id: "layers",
    title: "The layers of the image",
    words: `${sizeOf(bytes)} in ${plural(parts.length, "layer")}, as boxes whose areas are sizes. The table below has the same numbers.`,
    map: { path: "", bytes, fromBase: null, parts },
    shorten: (text, letters) =>
      text.length <= letters ? text : letters >= 6 ? `${text.slice(0, letters - 1)}…` : "",
  };
  return <Boxes what={what} known={space.base.layers !== null} heights={[240, 320]} />;
}

const boxOf = ({ fromBase, instruction, size }: LayerSummary, index: number): SpaceBox => ({
  path: `${index + 1} ${instruction ?? "instruction not known"}`,
  bytes: size,
  fromBase: fromBase === null ? null : fromBase ? size : 0,
  parts: [],
});

interface Drawn {
  readonly id: string;
  readonly title: string;
  readonly words: string;
  readonly map: SpaceBox;
  /** As much of a box's name as so many letters hold. */
  readonly shorten: (text: string, letters: number, words?: string) => string;
}

function Boxes({
  what,
  known,
  heights,
}: {
  what: Drawn;
  known: boolean;
  heights: [wide: number, narrow: number];
}) {
  return (
    <figure class="map">
      <Picture what={what} name="wide" width={880} height={heights[0]} />
      <Picture what={what} name="narrow" width={360} height={heights[1]} />
      <figcaption>
        <ul class="legend">
          {known ? (
            <>
              <Key tone="project" text="from the project’s layers" />
              {what.id === "map" && <Key tone="mixed" text="from both" />}
              <Key tone="base" text="from the base" />
            </>
          ) : (
            <Key tone="base" text="which layers are the base’s is not known" />
          )}
        </ul>
      </figcaption>
    </figure>
  );
}

function Picture(props: { what: Drawn; name: "wide" | "narrow"; width: number; height: number }) {
  const { what, name, width, height } = props;
  const { id, title, words, map, shorten } = what;
  return (
    <svg
      class={name}
      role="img"
      aria-labelledby={`${id}-${name}-title ${id}-${name}-desc`}
      viewBox={`0 0 ${width} ${height}`}
    >
      <title id={`${id}-${name}-title`}>{title}</title>
      <desc id={`${id}-${name}-desc`}>{words}</desc>
      {placeBoxes(map, { x: 0, y: 0, width, height }).map((placed) => (
        <Box placed={placed} shorten={shorten} />
      ))}
    </svg>
  );
}

function Box({ placed, shorten }: { placed: PlacedBox; shorten: Drawn["shorten"] }) {
  const { box, rest, x, y, width, height } = placed;
  const path = plainText(box.path, 500);
  const letters = Math.floor((width - 12) / LETTER);
  const words = rest ? "the rest of " : "";
  const label = height < 22 ? "" : rest ? shorten(path, letters - 8, "rest of ") : shorten(path, letters);
  const size = sizeOf(box.bytes);
  return (
    <g>
      <title>{`${words}${path}: ${size}${originText(box)}`}</title>
      <rect
        class={`box ${toneOf(box)}`}
        x={round(x)}
        y={round(y)}
        width={round(width)}
        height={round(height)}
        rx="3"
      />
      {label !== "" && (
        <text x={round(x + 7)} y={round(y + 17)}>
          {label}
        </text>
      )}
      {label !== "" && height >= 40 && size.length <= letters && (
        <text class="size" x={round(x + 7)} y={round(y + 33)}>
          {size}
        </text>
      )}
    </g>
  );
}

export function Key({ tone, text }: { tone: string; text: string }) {
  return (
    <li>
      <svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">
        <rect class={`box ${tone}`} width="16" height="16" rx="3" />
      </svg>
      {text}
    </li>
  );
}

/** A folder counts as one or the other's where nine tenths of it are. */
function toneOf({ bytes, fromBase }: SpaceBox): "project" | "base" | "mixed" {
  if (fromBase === null) return "base";
  return fromBase >= bytes * 0.9 ? "base" : fromBase <= bytes * 0.1 ? "project" : "mixed";
}

function originText({ bytes, fromBase }: SpaceBox): string {
  if (fromBase === null) return "";
  if (fromBase === bytes) return ", from the base";
  return fromBase === 0 ? ", from the project’s layers" : `, ${sizeOf(fromBase)} of it from the base`;
}

/** As many of the last names as fit, for they say most; nothing where not even a short one does. */
function fitted(path: string, letters: number, words = ""): string {
  const end = lastNames(path, letters);
  return end === "" ? "" : words + end;
}

function lastNames(path: string, letters: number): string {
  if (path.length <= letters) return path;
  const names = path.split("/");
  for (let from = 1; from < names.length; from++) {
    const end = `…/${names.slice(from + 1).join("/")}`;
    if (from + 1 < names.length && end.length <= letters) return end;
  }
  const last = names.at(-1) ?? "";
  if (last.length <= letters) return last;
  return letters >= 6 ? `${last.slice(0, letters - 1)}…` : "";
}

const round = (value: number): number => Math.round(value * 10) / 10;
