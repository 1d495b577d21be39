import { parseDocument } from "yaml";
import { wholeLine } from "../findings/finding.ts";
import { isVulnerabilityName } from "../findings/vulnerability.ts";
import type { Waiver } from "../findings/waivers.ts";

/** Lines of `.trivyignore` that name checks of a Dockerfile, or vulnerabilities. */
export function readTrivyIgnore(text: string, file: string): Waiver[] {
  const waivers: Waiver[] = [];
  let words: string[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.slice(0, 1000).trim();
    if (line.startsWith("#")) {
      words.push(line.slice(1).trim());
      continue;
    }
    const match = /^([\w-]+)(?:\s+exp:(\d{4}-\d{2}-\d{2}))?(?:\s*#\s*(.*))?/i.exec(line);
    const rule = ruleOf(match?.[1] ?? "");
    if (match !== null && rule !== undefined) {
      waivers.push({
        rule,
        reason: match[3] ?? words.join(" ").trim(),
        until: match[2],
        source: "trivy",
        location: wholeLine(file, index + 1, raw),
      });
    }
    words = [];
  }
  return waivers;
}

/** A check of Trivy's by the name that rules have for it, or the name of a vulnerability. */
function ruleOf(id: string): string | undefined {
  if (/^(?:AVD-)?DS-?\d+$/i.test(id)) return `trivy:${id}`;
  return isVulnerabilityName(id) ? id : undefined;
}

/**
 * The `misconfigurations` and `vulnerabilities` of `.trivyignore.yaml`, which have a place for paths, reason and end.
 * Vulnerabilities in some paths or packages only are left to Trivy, which knows these.
 */
export function readTrivyIgnoreYaml(text: string): Waiver[] {
  const document = parseDocument(text, { prettyErrors: false, logLevel: "error" });
  if (document.errors.length > 0) return [];
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 50 });
  } catch {
    return [];
  }
  return [
    ...entriesOf(value, "misconfigurations").flatMap(({ id, paths, waiver }) => {
      const named = paths.map((path) => ({ ...waiver, rule: `trivy:${id}`, path }));
      return named.length === 0 ? [{ ...waiver, rule: `trivy:${id}` }] : named;
    }),
    ...entriesOf(value, "vulnerabilities").flatMap(({ id, paths, purls, waiver }) =>
      isVulnerabilityName(id) && paths.length + purls.length === 0 ? [{ ...waiver, rule: id }] : [],
    ),
  ];
}

interface Entry {
  readonly id: string;
  readonly paths: readonly string[];
  readonly purls: readonly string[];
  readonly waiver: Omit<Waiver, "rule">;
}

function entriesOf(document: unknown, name: string): Entry[] {
  const entries: unknown =
    typeof document === "object" && document !== null ? Reflect.get(document, name) : [];
  if (!Array.isArray(entries)) return [];
  return entries.slice(0, 500).flatMap((entry: unknown): Entry[] => {
    if (typeof entry !== "object" || entry === null) return [];
    const id: unknown = Reflect.get(entry, "id");
    if (typeof id !== "string") return [];
    const statement: unknown = Reflect.get(entry, "statement");
    const expiry: unknown = Reflect.get(entry, "expired_at");
    const waiver = {
      reason: typeof statement === "string" ? statement : "",
      until: expiry instanceof Date ? expiry.toISOString().slice(0, 10) : dateOf(expiry),
      source: "trivy" as const,
    };
    const listed = (key: string): string[] => strings(Reflect.get(entry, key));
    return [{ id, paths: listed("paths"), purls: listed("purls"), waiver }];
  });
}

const strings = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];

const dateOf = (value: unknown): string | undefined =>
  typeof value === "string" ? /^\d{4}-\d{2}-\d{2}/.exec(value)?.[0] : undefined;
