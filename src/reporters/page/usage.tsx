import { binarySizeOf } from "../../findings/counting.ts";
import type { Recording, Usage, UsageSamples } from "../../run/recording.ts";
import { plainText } from "../plain.ts";
import { DataTable } from "./elements.tsx";
import { duration, grouped } from "./words.ts";

type Peak = keyof Usage["peaks"];
type Limit = keyof Usage["limits"];

interface Measure {
  readonly name: string;
  readonly peak: Peak;
  readonly column?: Exclude<keyof UsageSamples, "at">;
  readonly limit?: Limit;
  readonly words: (value: number) => string;
}

const count = (value: number): string => grouped(value);
const MEASURES: readonly Measure[] = [
  { name: "Memory", peak: "memory", column: "memory", limit: "memory", words: binarySizeOf },
  { name: "Largest process", peak: "largestProcess", limit: "memory", words: binarySizeOf },
  { name: "Processors in use", peak: "processors", column: "processors", words: (v) => v.toFixed(1) },
  { name: "/scratch", peak: "scratch", column: "scratch", limit: "scratch", words: binarySizeOf },
  { name: "/safe_outputs", peak: "outputs", column: "outputs", words: binarySizeOf },
  {
    name: "/dev/shm",
    peak: "sharedMemory",
    column: "sharedMemory",
    limit: "sharedMemory",
    words: binarySizeOf,
  },
  { name: "Open files", peak: "openFiles", column: "openFiles", words: count },
  { name: "Processes", peak: "processes", column: "processes", limit: "processes", words: count },
  { name: "Threads", peak: "threads", words: count },
];

/** What a run used, as curves over its time, and the same in a table. */
export function UsageDetails({ recording, name }: { recording: Recording; name: string }) {
  const { usage } = recording;
  const known = MEASURES.filter(({ peak }) => usage.peaks[peak] !== null);
  if (known.length === 0) return null;
  const end = Math.max(recording.seconds, usage.samples.at.at(-1) ?? 0, 0.1);
  const drawn = known.filter(({ column }) => column !== undefined && drawable(usage.samples[column]));
  return (
    <>
      {drawn.length > 0 && (
        <div class="curves">
          {drawn.map((measure) => (
            <Curve measure={measure} usage={usage} end={end} />
          ))}
        </div>
      )}
      <DataTable
        caption={`The most that ${name} used`}
        rows={known}
        columns={[
          { head: "What", cell: (measure) => measure.name },
          { head: "Most", number: true, cell: ({ peak, words }) => words(usage.peaks[peak] ?? 0) },
          {
            head: "Limit",
            number: true,
            cell: ({ limit, words }) => {
              const value = limit === undefined ? null : usage.limits[limit];
              return value === null ? "none known" : words(value);
            },
          },
          { head: "How measured", cell: ({ peak }) => plainText(usage.methods[peak] ?? "sampled", 300) },
        ]}
      />
      {usage.full.length > 0 && (
        <p class="note">
          There was no room left:{" "}
          {usage.full.map(({ path, at }) => `${plainText(path, 200)} after ${duration(at)}`).join(", ")}.
        </p>
      )}
    </>
  );
}

/** A line needs two points, and one that stays at nothing says nothing. */
const drawable = (values: readonly (number | null)[]): boolean =>
  values.filter((value) => value !== null).length > 1 && values.some((value) => (value ?? 0) > 0);

const HEIGHT = 100;

/**
 * One curve. The drawing is stretched to the width there is; letters stand outside of it and keep their shape. A limit is
 * drawn when it is near enough to be seen with the curve.
 */
function Curve({ measure, usage, end }: { measure: Measure; usage: Usage; end: number }) {
  const { name, peak, column, limit, words } = measure;
  const most = usage.peaks[peak] ?? 0;
  const allowed = limit === undefined ? null : usage.limits[limit];
  const shownLimit = allowed !== null && allowed <= most * 4 ? allowed : null;
  const top = Math.max(most, shownLimit ?? 0, Number.MIN_VALUE) * 1.05;
  const values = column === undefined ? [] : usage.samples[column];
  const x = (seconds: number): string => ((Math.min(seconds, end) / end) * 1000).toFixed(1);
  const y = (value: number): string => (HEIGHT - (Math.min(value, top) / top) * HEIGHT).toFixed(1);
  const label = `${name} over ${duration(end)}: at most ${words(most)}${allowed === null ? "" : `, limit ${words(allowed)}`}`;
  return (
    <figure class="curve">
      <figcaption>
        {name} <span class="quiet">at most {words(most)}</span>
        {shownLimit !== null && <span class="quiet"> of {words(shownLimit)}</span>}
      </figcaption>
      <svg role="img" aria-label={label} viewBox={`0 0 1000 ${HEIGHT}`} preserveAspectRatio="none">
        {pieces(usage.samples.at, values).map((piece) => {
          const line = piece.map(([at, value]) => `${x(at)},${y(value)}`).join(" ");
          const [first, last] = [piece[0]?.[0] ?? 0, piece.at(-1)?.[0] ?? 0];
          return (
            <g>
              <polygon class="under" points={`${x(first)},${HEIGHT} ${line} ${x(last)},${HEIGHT}`} />
              <polyline class="line" points={line} />
            </g>
          );
        })}
        {shownLimit !== null && <line class="bound" x1="0" x2="1000" y1={y(shownLimit)} y2={y(shownLimit)} />}
      </svg>
      <p class="axis quiet">
        <span>0 s</span>
        <span>{duration(end)}</span>
      </p>
    </figure>
  );
}

/** What was not measured leaves a gap. */
function pieces(at: readonly number[], values: readonly (number | null)[]): [number, number][][] {
  const all: [number, number][][] = [[]];
  at.forEach((second, index) => {
    const value = values[index];
    if (value === null || value === undefined) all.push([]);
    else all.at(-1)?.push([second, value]);
  });
  return all.filter((piece) => piece.length > 1);
}
