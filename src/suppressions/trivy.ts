import { parseDocument } from "yaml";
import { wholeLine } from "../findings/finding.ts";
import type { Waiver } from "../findings/waivers.ts";

/** Lines of `.trivyignore` that name checks of a Dockerfile; those for vulnerabilities are a scan's business. */
export function readTrivyIgnore(text: string, file: string): Waiver[] {
  const waivers: Waiver[] = [];
  let words: string[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.slice(0, 1000).trim();
    if (line.startsWith("#")) {
      words.push(line.slice(1).trim());
      continue;
    }
    const match = /^((?:AVD-)?DS-?\d+)\b(?:\s+exp:(\d{4}-\d{2}-\d{2}))?(?:\s*#\s*(.*))?/i.exec(line);
    if (match !== null) {
      waivers.push({
        rule: `trivy:${match[1]}`,
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

/** The `misconfigurations` of `.trivyignore.yaml`, which have a place for paths, reason and end. */
export function readTrivyIgnoreYaml(text: string): Waiver[] {
  const document = parseDocument(text, { prettyErrors: false, logLevel: "error" });
  if (document.errors.length > 0) return [];
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 50 });
  } catch {
    return [];
  }
  const entries: unknown =
    typeof value === "object" && value !== null ? Reflect.get(value, "misconfigurations") : [];
  if (!Array.isArray(entries)) return [];
  return entries.slice(0, 500).flatMap((entry: unknown): Waiver[] => {
    if (typeof entry !== "object" || entry === null) return [];
    const id: unknown = Reflect.get(entry, "id");
    if (typeof id !== "string") return [];
    const statement: unknown = Reflect.get(entry, "statement");
    const expiry: unknown = Reflect.get(entry, "expired_at");
    const paths: unknown = Reflect.get(entry, "paths");
    const waiver: Waiver = {
      rule: `trivy:${id}`,
      reason: typeof statement === "string" ? statement : "",
      until: expiry instanceof Date ? expiry.toISOString().slice(0, 10) : dateOf(expiry),
      source: "trivy",
    };
    const named = Array.isArray(paths) ? paths.filter((path) => typeof path === "string") : [];
    return named.length === 0 ? [waiver] : named.map((path) => ({ ...waiver, path }));
  });
}

const dateOf = (value: unknown): string | undefined =>
  typeof value === "string" ? /^\d{4}-\d{2}-\d{2}/.exec(value)?.[0] : undefined;
