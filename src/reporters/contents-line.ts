import type { ContentsSummary, Report } from "../evidence/report.ts";
import { plural, sizeOf } from "../findings/counting.ts";
import type { Look } from "./look.ts";
import { plainLine } from "./plain.ts";
import { clip, displayWidth } from "./wrap.ts";

/** What lies in the image beside its software, in one line; none where there is nothing. */
export function contentsLine({ contents }: Pick<Report, "contents">, look: Look): string[] {
  const [first, ...rest] = contents === undefined ? [] : parts(contents);
  if (first === undefined) return [];
  let line = ` Contents  ${first}`;
  // As many as fit: the page has them all.
  for (const part of rest) if (displayWidth(`${line}, ${part}`) <= look.width) line += `, ${part}`;
  return [clip(plainLine(line), look.width)];
}

function parts({ secrets, data, caches, gpu }: ContentsSummary): string[] {
  const bytes = data.reduce((sum, file) => sum + file.bytes, 0);
  return [
    secrets.length === 0 ? "" : plural(secrets.length, "secret"),
    data.length === 0 ? "" : `${plural(data.length, "data file")} (${sizeOf(bytes)})`,
    ...gpu.frameworks
      .slice(0, 3)
      .map(({ name, version, build }) =>
        build === null
          ? `${name} ${version}`
          : `${name} ${version} for ${build === "cpu" ? "processors only" : `CUDA ${build}`}`,
      ),
    ...caches.map(({ kind, items }) => `${kind}: ${plural(items.length, "item")}`),
  ].filter(Boolean);
}
