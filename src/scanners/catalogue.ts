import * as z from "zod";
import { vulnerabilityName } from "../findings/vulnerability.ts";
import type { ImportedCatalogue } from "./imported.ts";
import { textOf } from "./scanned.ts";

/** Both catalogues grow slowly: in 2026 CISA's has some 1,500 entries, and FIRST's some 300,000. */
const MOST = 2_000_000;

const catalogue = z.object({
  dateReleased: z.string().optional(),
  vulnerabilities: z.array(z.object({ cveID: z.string() })).max(MOST),
});

/**
 * Reads CISA's catalogue of known exploited vulnerabilities, or the text of FIRST's table of EPSS scores
 * (`cve,epss,percentile`). Undefined for anything else.
 */
export function readCatalogue(document: unknown): ImportedCatalogue | undefined {
  if (typeof document === "string") return readScores(document);
  const read = catalogue.safeParse(document);
  if (!read.success) return undefined;
  const { dateReleased, vulnerabilities } = read.data;
  return {
    kind: "catalogue",
    title: "KEV (CISA)",
    date: textOf(dateReleased, 10),
    exploited: new Set(vulnerabilities.flatMap(({ cveID }) => vulnerabilityName(cveID) ?? [])),
    epss: new Map(),
  };
}

function readScores(text: string): ImportedCatalogue | undefined {
  const epss = new Map<string, number>();
  let date = "";
  let headed = false;
  let lines = 0;
  for (let from = 0; from < text.length; ) {
    const end = text.indexOf("\n", from);
    const line = text.slice(from, end === -1 ? text.length : Math.min(end, from + 1000)).trim();
    from = end === -1 ? text.length : end + 1;
    if (++lines > MOST) return undefined;
    if (line.startsWith("#")) date = /score_date:(\d{4}-\d\d-\d\d)/.exec(line)?.[1] ?? date;
    else if (!headed) {
      headed = /^cve,epss\b/.test(line);
      if (!headed) return undefined;
    } else if (line !== "") {
      const [name = "", score = ""] = line.split(",", 2);
      const value = Number(score);
      if (!/^CVE-\d{4}-\d{4,12}$/.test(name) || score === "" || !(value >= 0 && value <= 1)) return undefined;
      epss.set(name, value);
    }
  }
  return headed ? { kind: "catalogue", title: "EPSS (FIRST)", date, exploited: new Set(), epss } : undefined;
}
