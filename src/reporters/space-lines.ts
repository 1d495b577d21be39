import type { PlaceSummary, Report, SpaceSummary } from "../evidence/report.ts";
import { plural, sizeOf } from "../findings/counting.ts";
import { type Look, paint } from "./look.ts";
import { plainLine } from "./plain.ts";
import { clip, displayWidth, indent, takeLastWidth } from "./wrap.ts";

const PLACES = 5;
const BAR = 16;
/** A folder is divided further where one in it has so much of it. */
const DIVIDED = 1 / 3;

/** What takes the room, in a few lines; only an inspection has room for them. */
export function spaceLines({ command, space }: Report, look: Look): string[] {
  if (command !== "inspect" || space === undefined) return [];
  const total = space.map.bytes;
  const places = apart(space.folders).slice(0, PLACES);
  const most = Math.max(1, ...places.map(({ bytes }) => bytes));
  return [
    paint(look, "bold", " Room"),
    ...indent(`${sizeOf(total)} in files; ${layersText(space)}${wasteText(space)}`, 2, look.width),
    ...places.map(({ path, bytes }) => {
      const bar = (look.unicode ? "▇" : "#").repeat(Math.max(1, Math.round((bytes / most) * BAR)));
      const size = sizeOf(bytes).padStart(9);
      return `  ${paint(look, "blue", bar)}${" ".repeat(BAR - bar.length)} ${size}  ${clipStart(plainLine(path, 4000), look.width - BAR - 14)}`;
    }),
    ...cacheLines(space, look),
    "",
  ];
}

/** The end of a path says more than its start. */
const clipStart = (path: string, width: number): string =>
  displayWidth(path) <= width ? path : `…${takeLastWidth(path, width - 1)}`;

/** `1 layer of the base, 4 of the project`. */
export function layersText({ base, layers }: SpaceSummary): string {
  if (base.layers === null) return plural(layers.length, "layer");
  return `${plural(base.layers, "layer")} of the base, ${layers.length - base.layers} of the project`;
}

const wasteText = ({ wasted }: SpaceSummary): string =>
  wasted === 0 ? "" : `; ${sizeOf(wasted)} more in layers, replaced or removed later`;

function cacheLines({ caches }: SpaceSummary, look: Look): string[] {
  const left = caches.filter(({ leftBehind }) => leftBehind);
  if (left.length === 0) return [];
  const words = left.slice(0, 4).map(({ cache, bytes }) => `${cache} ${sizeOf(bytes)}`);
  const more = left.length - words.length;
  return [clip(`  Caches: ${words.join(", ")}${more > 0 ? ` and ${more} more` : ""}`, look.width)];
}

/** Folders of which none lies in another: of a big one with a big one in it, the inner one. */
export function apart(folders: readonly PlaceSummary[]): PlaceSummary[] {
  const holds = (outer: PlaceSummary, inner: PlaceSummary): boolean =>
    inner.path.startsWith(outer.path === "/" ? "/" : `${outer.path}/`) && inner !== outer;
  const kept: PlaceSummary[] = [];
  for (const folder of folders) {
    if (folders.some((other) => holds(folder, other) && other.bytes >= folder.bytes * DIVIDED)) continue;
    if (!kept.some((other) => holds(other, folder))) kept.push(folder);
  }
  return kept;
}
