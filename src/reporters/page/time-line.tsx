import { plural } from "../../findings/counting.ts";
import type { Recording } from "../../run/recording.ts";
import { byTime, duration, targetOf } from "./words.ts";

const ROW = 38;
const TOP = 8;
const AXIS = 30;
const MAX_ROWS = 15;

/**
 * When each target was waited for, as bars over the run. Widths are percentages and there is no view box, so the
 * letters keep their size on a phone. The table below says the same in words.
 */
export function TimeLine({ recording }: { recording: Recording }) {
  const attempts = byTime(recording.attempts);
  const shown = attempts.slice(0, MAX_ROWS);
  const end = Math.max(
    recording.seconds,
    ...shown.map((attempt) => attempt.firstAt + attempt.secondsLost),
    0.1,
  );
  // The last hundredth is room for what happens at the very end.
  const at = (seconds: number): string =>
    `${Math.round(Math.min(Math.max(seconds, 0) / end, 1) * 9900) / 100}%`;
  const floor = TOP + shown.length * ROW;
  return (
    <figure class="time-line">
      <svg role="img" aria-labelledby="time-line-title time-line-desc" width="100%" height={floor + AXIS}>
        <title id="time-line-title">When the program waited for the network</title>
        <desc id="time-line-desc">
          {plural(attempts.length, "target")} over a run of {duration(recording.seconds)}. The table that
          follows holds the same values.
        </desc>
        {ticks(end).map((second) => (
          <g>
            <line class="tick" x1={at(second)} x2={at(second)} y1={TOP} y2={floor + 6} />
            <text
              class="axis"
              x={at(second)}
              y={floor + 22}
              text-anchor={second === 0 ? "start" : second > end * 0.9 ? "end" : "middle"}
            >
              {duration(second)}
            </text>
          </g>
        ))}
        {shown.map((attempt, row) => {
          const top = TOP + row * ROW;
          return (
            <g>
              <line class="track" x1="0" x2="99%" y1={top + 28} y2={top + 28} />
              <rect
                class="wait"
                x={at(attempt.firstAt)}
                y={top + 23}
                height="10"
                width={at(attempt.secondsLost)}
                rx="2"
              />
              <rect class="start" x={at(attempt.firstAt)} y={top + 21} height="14" width="3" />
              <text class="name" x="0" y={top + 15}>
                {short(targetOf(attempt))}
              </text>
            </g>
          );
        })}
      </svg>
      <figcaption>
        Each bar starts at the first attempt and is as long as the time lost.
        {attempts.length > MAX_ROWS && ` The first ${MAX_ROWS} of ${attempts.length} targets are drawn.`}
      </figcaption>
    </figure>
  );
}

const short = (text: string): string => (text.length > 36 ? `${text.slice(0, 35)}…` : text);

/** Four to five round numbers from 0. */
function ticks(end: number): number[] {
  const steps = [
    0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 86_400,
  ];
  const step = steps.find((candidate) => end / candidate <= 5) ?? end / 4;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => Math.round(index * step * 10) / 10);
}
