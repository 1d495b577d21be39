import * as z from "zod";
import { VEX_STATES, type VexState } from "../findings/vulnerability.ts";
import type { ImportedScan } from "./imported.ts";
import { readPurl } from "./purl.ts";
import { MOST_SCANNED, type ScannedVulnerability, textOf } from "./scanned.ts";

/** What is read of CycloneDX 1.4 to 1.7; the rest is passed over. */

const text = z.string().nullish();
const component = z.object({
  "bom-ref": text,
  group: text,
  name: text,
  version: text,
  purl: text,
  hashes: z.array(z.object({ alg: text, content: text })).nullish(),
  properties: z.array(z.object({ name: text, value: text })).nullish(),
  get components() {
    return z.array(component).nullish();
  },
});
type Component = z.infer<typeof component>;

const tool = z.object({ name: text, version: text });
const vulnerability = z.object({
  id: text,
  references: z.array(z.object({ id: text })).nullish(),
  ratings: z
    .array(
      z.object({
        source: z.object({ name: text }).nullish(),
        score: z.number().nullish(),
        severity: text,
        method: text,
      }),
    )
    .nullish(),
  description: text,
  recommendation: text,
  analysis: z
    .object({
      state: text,
      justification: text,
      detail: text,
    })
    .nullish(),
  affects: z
    .array(
      z.object({
        ref: z.string(),
        versions: z.array(z.object({ version: text, status: text })).nullish(),
      }),
    )
    .nullish(),
});

const document = z.object({
  metadata: z
    .object({
      tools: z.union([z.array(tool), z.object({ components: z.array(tool).nullish() })]).nullish(),
      component: component.nullish(),
    })
    .nullish(),
  components: z.array(component).max(500_000).nullish(),
  vulnerabilities: z.array(vulnerability).max(MOST_SCANNED),
});
type Rated = z.infer<typeof vulnerability>;

/** States of an analysis that say that there is nothing to do. */
const passedOver = (state: unknown): VexState | undefined => VEX_STATES.find((known) => known === state);

/** Deeper nesting is not of this world, and would exhaust the stack. */
const DEPTH = 50;

/** Reads a bill of materials with vulnerabilities; a text says why it cannot be read. */
export function readCycloneDx(value: unknown): ImportedScan | string {
  if (depthOf(value) > DEPTH) return "is nested too deeply to be read";
  if (!(value as { vulnerabilities?: unknown }).vulnerabilities)
    return "is a bill of materials without a list of vulnerabilities: no scan was made of it";
  const read = document.safeParse(value);
  if (!read.success)
    return `is no CycloneDX that can be read (${read.error.issues[0]?.path.join(".") ?? ""})`;
  const { metadata, components, vulnerabilities } = read.data;
  const byReference = new Map<string, Component>();
  const note = (list: readonly Component[]): void => {
    for (const one of list) {
      if (typeof one["bom-ref"] === "string") byReference.set(one["bom-ref"], one);
      note(one.components ?? []);
    }
  };
  note(components ?? []);
  const found: ScannedVulnerability[] = [];
  let others = 0;
  for (const one of vulnerabilities) {
    const affects = one.affects ?? [];
    if (textOf(one.id, 100) === "" || affects.length === 0) others++;
    else
      for (const affected of affects) {
        if (found.length >= MOST_SCANNED) return "lists more vulnerabilities than could be true";
        found.push(vulnerabilityOf(one, affected, byReference.get(affected.ref)));
      }
  }
  const tools = metadata?.tools ?? [];
  const [by] = "components" in tools ? (tools.components ?? []) : (tools as z.infer<typeof tool>[]);
  return {
    kind: "scan",
    scanner: {
      name: textOf(by?.name, 60) || "an unnamed scanner",
      version: textOf(by?.version, 60) || "unknown",
    },
    about: digestsOf(metadata?.component),
    vulnerabilities: found,
    others,
  };
}

function vulnerabilityOf(
  one: Rated,
  {
    ref,
    versions,
  }: {
    ref: string;
    versions?:
      | { version?: string | null | undefined; status?: string | null | undefined }[]
      | null
      | undefined;
  },
  component: Component | undefined,
): ScannedVulnerability {
  const purl = readPurl(component?.purl ?? "") ?? readPurl(ref) ?? readPurl(ref.slice(ref.indexOf("#") + 1));
  const affected = versions?.find(({ status }) => status !== "unaffected")?.version;
  const ratings = one.ratings ?? [];
  const aliases = (one.references ?? []).slice(0, 20).map(({ id }) => textOf(id, 100));
  const epss = ratings.find(({ source }) => isEpss(source?.name))?.score ?? Number.NaN;
  const { analysis } = one;
  const state = passedOver(analysis?.state);
  const reason = [analysis?.justification, analysis?.detail]
    .map((part) => textOf(part, 400))
    .filter(Boolean)
    .join(": ");
  return {
    id: textOf(one.id, 100),
    ...(aliases.some(Boolean) ? { aliases: aliases.filter(Boolean) } : {}),
    package: purl?.name ?? (textOf(component?.name, 300) || textOf(ref, 300) || "an unnamed package"),
    version: purl?.version || textOf(component?.version, 200) || textOf(affected, 200),
    fixedVersion: fixIn(textOf(one.recommendation, 2000), purl?.name),
    severity: textOf(ratings.find(({ severity }) => severity)?.severity, 20),
    cvss: scoreOf(ratings),
    ...(epss >= 0 && epss <= 1 ? { epss } : {}),
    title: textOf(one.description, 300),
    diffId: textOf(component?.properties?.find(({ name }) => /\blayerdiffid$/i.test(name ?? ""))?.value, 100),
    ...(state !== undefined && reason !== "" ? { suppressed: { reason, source: "CycloneDX", state } } : {}),
  };
}

/** The highest score of the newest version of CVSS that anybody gives. */
function scoreOf(ratings: NonNullable<Rated["ratings"]>): number | null {
  for (const method of ["CVSSv4", "CVSSv31", "CVSSv3", "CVSSv2"]) {
    const scores = ratings
      .filter((one) => one.method === method)
      .map(({ score }) => score ?? 0)
      .filter((score) => score > 0 && score <= 10);
    if (scores.length > 0) return Math.max(...scores);
  }
  return null;
}

/** `Upgrade zlib to version 1.3.1; Upgrade libz to version 1.3.1` (Trivy): the version for this package. */
function fixIn(recommendation: string, name: string | undefined): string {
  const all = recommendation.split(/;\s*/);
  const own = all.length === 1 ? all[0] : all.find((one) => one.includes(` ${name} `));
  return /\bto version (\S{1,100})$/.exec(own?.trim() ?? "")?.[1] ?? "";
}

const isEpss = (name: unknown): boolean => typeof name === "string" && /\bepss\b/i.test(name);

/** Every digest by which a bill of materials may name its image. */
function digestsOf(component: Component | null | undefined): string[] {
  const words = [
    component?.purl,
    component?.version,
    component?.["bom-ref"],
    component?.name,
    ...(component?.hashes ?? []).map(({ alg, content }) => (alg === "SHA-256" ? `sha256:${content}` : "")),
    ...(component?.properties ?? []).map(({ value }) => value),
  ];
  return words.flatMap((word) =>
    [...(word ?? "").slice(0, 2000).matchAll(/sha256(?::|%3A)([0-9a-f]{64})/gi)].map(([, hex = ""]) =>
      hex.toLowerCase(),
    ),
  );
}

function depthOf(value: unknown, deep = 0): number {
  if (typeof value !== "object" || value === null || deep > DEPTH) return deep;
  let most = deep;
  for (const one of Object.values(value)) {
    most = Math.max(most, depthOf(one, deep + 1));
    if (most > DEPTH) break;
  }
  return most;
}
