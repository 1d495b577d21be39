import type { Expectations, TableFormat } from "../config/expectations.ts";
import { steadyMatcher } from "../context/ignore.ts";

/** The format that a file's name promises; undefined where it promises none that we read. */
export function formatOf(path: string): TableFormat | undefined {
  const extension = /\.([a-z]+)(?:\.gz)?$/i.exec(path)?.[1]?.toLowerCase();
  switch (extension) {
    case "csv":
    case "txt":
    case "dat":
      return "csv";
    case "tsv":
    case "tab":
      return "tsv";
    case "json":
    case "geojson":
      return "json";
    case "jsonl":
    case "ndjson":
      return "jsonl";
    case "parquet":
    case "pq":
      return /\.gz$/i.test(path) ? undefined : "parquet";
    default:
      return undefined;
  }
}

/** Pictures, pages and logs have no columns. */
export const holdsNoTable = (path: string): boolean =>
  /\.(?:png|jpe?g|gif|tiff?|svg|eps|pdf|html?|md|tex|log|ya?ml|toml)$/i.test(path);

/** Tells whether a pattern of the settings means a file; patterns may begin with the outputs folder itself. */
export function outputMatcher(pattern: string, folder: string): (path: string) => boolean {
  const below = pattern.startsWith(`${folder}/`) ? pattern.slice(folder.length + 1) : pattern;
  return steadyMatcher(below);
}

/** In which formats each file is to be read, so that the expectations can be judged. */
export function formatsWanted(expect: Expectations, folder: string): (path: string) => Set<TableFormat> {
  const outputs = expect.outputs.map(({ value }) => ({
    matches: outputMatcher(value.path, folder),
    format: value.format,
    isTable: value.format !== undefined || value.rows !== undefined,
  }));
  const all = expect.forbiddenColumns.length > 0;
  return (path) => {
    const promised = formatOf(path);
    const wanted = new Set<TableFormat>();
    for (const { matches, format, isTable } of outputs) {
      const wantedFormat = format ?? promised;
      if (isTable && wantedFormat !== undefined && matches(path)) wanted.add(wantedFormat);
    }
    // What it was said to be counts before its name.
    if (all && wanted.size === 0 && promised !== undefined) wanted.add(promised);
    return wanted;
  };
}
