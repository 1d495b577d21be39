import type { SpaceBox, SpaceSummary } from "../../evidence/report.ts";
import { sizeOf } from "../../findings/counting.ts";
import { plainText } from "../plain.ts";
import { type PlacedBox, placeBoxes } from "./squares.ts";

/** Letters are about so wide, whatever the reader's font is. */
const LETTER = 7.4;

/**
 * The finished image as boxes whose areas are sizes. Drawn twice, since letters have to keep their size: for wide
 * screens, and for phones; the style shows one of the two. The tables behind it say the same in words.
 */
export function SpaceMap({ space }: { space: SpaceSummary }) {
  const known = space.base.layers !== null;
  return (
    <figure class="map">
      <Picture space={space} name="wide" width={880} height={420} />
      <Picture space={space} name="narrow" width={360} height={480} />
      <figcaption>
        <ul class="legend">
          {known ? (
            <>
              <Key tone="project" text="from the project’s layers" />
              <Key tone="mixed" text="from both" />
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

function Picture(props: { space: SpaceSummary; name: "wide" | "narrow"; width: number; height: number }) {
  const { space, name, width, height } = props;
  const boxes = placeBoxes(space.map, { x: 0, y: 0, width, height });
  return (
    <svg
      class={name}
      role="img"
      aria-labelledby={`map-${name}-title map-${name}-desc`}
      viewBox={`0 0 ${width} ${height}`}
    >
      <title id={`map-${name}-title`}>What takes the room in the image</title>
      <desc id={`map-${name}-desc`}>
        {sizeOf(space.map.bytes)} in {boxes.length} boxes, whose areas are sizes. The tables below name the
        biggest folders and files.
      </desc>
      {boxes.map((placed) => (
        <Box placed={placed} />
      ))}
    </svg>
  );
}

function Box({ placed }: { placed: PlacedBox }) {
  const { box, rest, x, y, width, height } = placed;
  const path = plainText(box.path, 500);
  const letters = Math.floor((width - 12) / LETTER);
  const words = rest ? "the rest of " : "";
  const label = height < 22 ? "" : rest ? fitted(path, letters - 8, "rest of ") : fitted(path, letters);
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

function Key({ tone, text }: { tone: string; text: string }) {
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
