import type { VexState } from "../findings/vulnerability.ts";
import {
  type Fields,
  isFields,
  jsonOf,
  lineOf,
  listOf,
  MOST_SCANNED,
  type ScannedLicence,
  type ScannedMisconfiguration,
  type ScannedSecret,
  type ScannedVulnerability,
  textOf,
} from "./scanned.ts";

/** What Trivy's JSON says of one image or file. */
export interface TrivyReport {
  readonly vulnerabilities: readonly ScannedVulnerability[];
  readonly misconfigurations: readonly ScannedMisconfiguration[];
  readonly secrets: readonly ScannedSecret[];
  readonly licences: readonly ScannedLicence[];
}

/** Of the states of a VEX document, as Trivy gives them, those that say that there is nothing to do. */
const STATES: ReadonlyMap<string, VexState> = new Map([
  ["not_affected", "not_affected"],
  ["fixed", "resolved"],
]);

/**
 * Reads the answer of `trivy image` and `trivy config` with `--format json --show-suppressed`. Undefined for anything
 * else, and for more than could be true: a list that is cut would look whole.
 */
export function readTrivyReport(json: string): TrivyReport | undefined {
  const document = jsonOf(json);
  if (!isFields(document) || document.SchemaVersion !== 2) return undefined;
  const results = listOf(document.Results);
  if (results === undefined) return undefined;
  const report = {
    vulnerabilities: [] as ScannedVulnerability[],
    misconfigurations: [] as ScannedMisconfiguration[],
    secrets: [] as ScannedSecret[],
    licences: [] as ScannedLicence[],
  };
  let count = 0;
  for (const result of results) {
    const open = listOf(result.Vulnerabilities);
    const suppressed = listOf(result.ExperimentalModifiedFindings);
    const failed = listOf(result.Misconfigurations);
    const secrets = listOf(result.Secrets);
    const licences = listOf(result.Licenses);
    if (!open || !suppressed || !failed || !secrets || !licences) return undefined;
    count += open.length + suppressed.length + failed.length + secrets.length + licences.length;
    if (count > MOST_SCANNED) return undefined;
    for (const raw of open) {
      const one = vulnerability(raw);
      if (one === undefined) return undefined;
      report.vulnerabilities.push(one);
    }
    for (const raw of suppressed) {
      if (raw.Type !== "vulnerability") continue;
      const one = isFields(raw.Finding) ? vulnerability(raw.Finding) : undefined;
      if (one === undefined) return undefined;
      const reason = textOf(raw.Statement, 500) || textOf(raw.Status, 100) || "ignored, without a reason";
      // The path of a file says something of this machine; its name is enough.
      const source = textOf(raw.Source, 300).split("/").at(-1) ?? "";
      const state = STATES.get(textOf(raw.Status, 100));
      report.vulnerabilities.push({
        ...one,
        suppressed: { reason, source, ...(state === undefined ? {} : { state }) },
      });
    }
    for (const raw of failed) {
      // Checks that passed are listed where somebody asks for them.
      if (raw.Status !== undefined && raw.Status !== "FAIL") continue;
      const one = misconfiguration(raw);
      if (one === undefined) return undefined;
      report.misconfigurations.push(one);
    }
    const path = `/${textOf(result.Target, 1000).replace(/^\/+/, "")}`;
    for (const raw of secrets) {
      const rule = textOf(raw.RuleID, 100);
      if (rule === "") return undefined;
      const title = textOf(raw.Title, 200);
      report.secrets.push({
        rule,
        title,
        severity: textOf(raw.Severity, 20),
        path,
        line: lineOf(raw.StartLine),
      });
    }
    for (const raw of licences) {
      const name = textOf(raw.Name, 200);
      const category = textOf(raw.Category, 40);
      if (name !== "") report.licences.push({ name, category, package: textOf(raw.PkgName, 300) });
    }
  }
  return report;
}

/** When the database was made, from `trivy version --format json`; undefined where there is none. */
export function readTrivyVersion(
  json: string,
): { readonly version: string; readonly databaseOf: string | undefined } | undefined {
  const document = jsonOf(json);
  if (!isFields(document)) return undefined;
  const database = isFields(document.VulnerabilityDB) ? textOf(document.VulnerabilityDB.UpdatedAt, 40) : "";
  return {
    version: textOf(document.Version, 60) || "unknown",
    databaseOf: /^\d{4}-\d\d-\d\dT/.test(database) ? database : undefined,
  };
}

function vulnerability(raw: Fields): ScannedVulnerability | undefined {
  const id = textOf(raw.VulnerabilityID, 100);
  const name = textOf(raw.PkgName, 300);
  if (id === "" || name === "") return undefined;
  const aliases = Array.isArray(raw.VendorIDs)
    ? raw.VendorIDs.slice(0, 20).map((one) => textOf(one, 100))
    : [];
  return {
    id,
    ...(aliases.length === 0 ? {} : { aliases: aliases.filter((one) => one !== "") }),
    package: name,
    version: textOf(raw.InstalledVersion, 200),
    fixedVersion: textOf(raw.FixedVersion, 300),
    severity: textOf(raw.Severity, 20),
    cvss: scoreOf(raw.CVSS),
    title: textOf(raw.Title, 300) || textOf(raw.Description, 300),
    diffId: isFields(raw.Layer) ? textOf(raw.Layer.DiffID, 100) : "",
  };
}

function misconfiguration(raw: Fields): ScannedMisconfiguration | undefined {
  const id = textOf(raw.ID, 40) || textOf(raw.AVDID, 40);
  if (id === "") return undefined;
  const place = isFields(raw.CauseMetadata) ? raw.CauseMetadata : {};
  const line = lineOf(place.StartLine);
  return {
    id: peerId(id),
    title: textOf(raw.Title, 200),
    message: textOf(raw.Message, 300) || textOf(raw.Title, 300),
    resolution: textOf(raw.Resolution, 300),
    severity: textOf(raw.Severity, 20),
    line,
    endLine: Math.max(lineOf(place.EndLine), line),
  };
}

/** Trivy has called its checks `DS002`, `AVD-DS-0002` and `DS-0002`. */
const peerId = (id: string): string =>
  id.replace(/^(?:AVD-)?DS-?(\d{1,4})$/i, (_, digits: string) => `DS-${digits.padStart(4, "0")}`);

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
