import { VULNERABILITY_SEVERITIES, type Vulnerability } from "../../evidence/vulnerabilities.ts";
import { plural } from "../../findings/counting.ts";
import { Key } from "./space-map.tsx";
import { grouped } from "./words.ts";

const ROW = 44;
const ORIGINS = ["project", "base", "unknown"] as const;
const WORDS = { project: "in the project’s layers", base: "in the base", unknown: "not known" } as const;
const TONES = { project: "project", base: "base", unknown: "mixed" } as const;

/** How many there are of each severity, by who brought them. Widths are percentages, so that letters keep their size. */
export function SeverityChart({ open }: { open: readonly Vulnerability[] }) {
  const rows = VULNERABILITY_SEVERITIES.map((severity) => {
    const ofSeverity = open.filter((one) => one.severity === severity);
    const parts = ORIGINS.map((origin) => ({
      origin,
      count: ofSeverity.filter((one) => one.origin === origin).length,
    }));
    return { severity, count: ofSeverity.length, parts: parts.filter(({ count }) => count > 0) };
  }).filter(({ count }) => count > 0);
  const most = Math.max(...rows.map(({ count }) => count), 1);
  const known = ORIGINS.filter((origin) => open.some((one) => one.origin === origin));
  const percent = (count: number): string => `${Math.round((count / most) * 10_000) / 100}%`;
  return (
    <figure class="severities">
      <svg
        role="img"
        aria-labelledby="severities-title severities-desc"
        width="100%"
        height={rows.length * ROW}
      >
        <title id="severities-title">Known vulnerabilities by severity and origin</title>
        <desc id="severities-desc">
          {plural(open.length, "vulnerability", "vulnerabilities")}. The table that follows holds the same
          values.
        </desc>
        {rows.map(({ severity, count, parts }, row) => {
          let at = 0;
          return (
            <g>
              <text x="0" y={row * ROW + 15}>
                {severity} {grouped(count)}
              </text>
              {parts.map((part) => {
                const x = percent(at);
                at += part.count;
                return (
                  <rect
                    class={`box ${TONES[part.origin]}`}
                    x={x}
                    y={row * ROW + 21}
                    width={percent(part.count)}
                    height="16"
                  />
                );
              })}
            </g>
          );
        })}
      </svg>
      <figcaption>
        <ul class="legend">
          {known.map((origin) => (
            <Key tone={TONES[origin]} text={WORDS[origin]} />
          ))}
        </ul>
      </figcaption>
    </figure>
  );
}
