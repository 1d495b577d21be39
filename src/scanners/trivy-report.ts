/** A vulnerability as Trivy says it. Texts are cut to what a report has room for. */
export interface TrivyVulnerability {
  readonly id: string;
  readonly package: string;
  readonly version: string;
  readonly fixedVersion: string;
  /** `CRITICAL`, `HIGH`, `MEDIUM`, `LOW` or `UNKNOWN`. */
  readonly severity: string;
  readonly cvss: number | null;
  readonly title: string;
  /** Layer that brought the package, as the image's configuration names it; empty where Trivy does not say. */
  readonly diffId: string;
  /** Set where an ignore file or a VEX document passes over it. */
  readonly suppressed?: { readonly reason: string; readonly source: string };
}

type Fields = Readonly<Record<string, unknown>>;

/** No image has as many; a longer list is an attack on whoever reads it. */
const MAX = 50_000;

/**
 * Reads the answer of `trivy image --format json --show-suppressed`. Undefined for anything else, and for more
 * vulnerabilities than could be true: a list that is cut would look whole.
 */
export function readTrivyReport(json: string): readonly TrivyVulnerability[] | undefined {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!isFields(document) || document.SchemaVersion !== 2) return undefined;
  const results = document.Results ?? [];
  if (!Array.isArray(results)) return undefined;
  const found: TrivyVulnerability[] = [];
  for (const result of results as readonly unknown[]) {
    if (!isFields(result)) return undefined;
    const open = listOf(result.Vulnerabilities);
    const suppressed = listOf(result.ExperimentalModifiedFindings);
    if (open === undefined || suppressed === undefined) return undefined;
    if (found.length + open.length + suppressed.length > MAX) return undefined;
    for (const raw of open) {
      const one = vulnerability(raw);
      if (one === undefined) return undefined;
      found.push(one);
    }
    for (const raw of suppressed) {
      if (raw.Type !== "vulnerability") continue;
      const one = isFields(raw.Finding) ? vulnerability(raw.Finding) : undefined;
      if (one === undefined) return undefined;
      const reason = textOf(raw.Statement, 500) || textOf(raw.Status, 100) || "ignored, without a reason";
      found.push({ ...one, suppressed: { reason, source: textOf(raw.Source, 300) } });
    }
  }
  return found;
}

/** When the database was made, from `trivy version --format json`; undefined where there is none. */
export function readTrivyVersion(
  json: string,
): { readonly version: string; readonly databaseOf: string | undefined } | undefined {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch {
    return undefined;
  }
  if (!isFields(document)) return undefined;
  const database = isFields(document.VulnerabilityDB) ? textOf(document.VulnerabilityDB.UpdatedAt, 40) : "";
  return {
    version: textOf(document.Version, 60) || "unknown",
    databaseOf: /^\d{4}-\d\d-\d\dT/.test(database) ? database : undefined,
  };
}

function vulnerability(raw: Fields): TrivyVulnerability | undefined {
  const id = textOf(raw.VulnerabilityID, 100);
  const name = textOf(raw.PkgName, 300);
  if (id === "" || name === "") return undefined;
  return {
    id,
    package: name,
    version: textOf(raw.InstalledVersion, 200),
    fixedVersion: textOf(raw.FixedVersion, 300),
    severity: textOf(raw.Severity, 20),
    cvss: scoreOf(raw.CVSS),
    title: textOf(raw.Title, 300) || textOf(raw.Description, 300),
    diffId: isFields(raw.Layer) ? textOf(raw.Layer.DiffID, 100) : "",
  };
}

/** The highest score of the newest version of CVSS that anybody gives. */
function scoreOf(value: unknown): number | null {
  if (!isFields(value)) return null;
  const sources = Object.values(value).slice(0, 50).filter(isFields);
  for (const name of ["V40Score", "V3Score", "V2Score"]) {
    const scores = sources
      .map((source) => source[name])
      .filter((score) => typeof score === "number" && score > 0 && score <= 10);
    if (scores.length > 0) return Math.max(...(scores as number[]));
  }
  return null;
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A list of objects; none for what is absent, undefined for anything else. */
function listOf(value: unknown): readonly Fields[] | undefined {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) && value.every(isFields) ? value : undefined;
}

const textOf = (value: unknown, max: number): string =>
  typeof value === "string" ? value.slice(0, max).trim() : "";
