import { LineCounter, parseDocument } from "yaml";
import { type Severity, wholeLine } from "../findings/finding.ts";
import type { Waiver } from "../findings/waivers.ts";
import { LABEL_FORMATS, type LabelFormat } from "../profiles/profile.ts";

/** What of hadolint's own settings has a meaning for us. */
export interface HadolintSettings {
  /** `ignored`: kept as waivers, so that a reader sees what is passed over. */
  readonly waivers: readonly Waiver[];
  /** `override`: severities by hadolint's names. */
  readonly rules: Readonly<Record<string, Severity>>;
  readonly trustedRegistries: readonly string[];
  readonly labels: Readonly<Record<string, LabelFormat>>;
  readonly strictLabels: boolean;
  /** Comments that ignore rules do not count. */
  readonly ignoresComments: boolean;
}

const NONE: HadolintSettings = {
  waivers: [],
  rules: {},
  trustedRegistries: [],
  labels: {},
  strictLabels: false,
  ignoresComments: false,
};

const SEVERITY: Readonly<Record<string, Severity>> = {
  error: "error",
  warning: "warning",
  info: "info",
  style: "info",
};

/** Reads the text of `.hadolint.yaml`. A file that is not what it should be has no settings; hadolint says the rest. */
export function readHadolint(text: string, file: string): HadolintSettings {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, logLevel: "error" });
  if (document.errors.length > 0) return NONE;
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 50 });
  } catch {
    return NONE;
  }
  if (typeof value !== "object" || value === null) return NONE;
  const get = (name: string): unknown => Reflect.get(value, name);
  const lines = text.split("\n");
  const waivers = strings(get("ignored")).map((rule, index): Waiver => {
    const node: unknown = document.getIn(["ignored", index], true);
    const offset = hasRange(node) ? node.range[0] : 0;
    const { line } = counter.linePos(offset);
    return {
      rule: `hadolint:${rule}`,
      reason: wordsAt(lines, line),
      source: "hadolint",
      location: wholeLine(file, line, lines[line - 1] ?? ""),
    };
  });
  const override = get("override");
  const rules: Record<string, Severity> = {};
  for (const [name, severity] of Object.entries(SEVERITY)) {
    if (typeof override !== "object" || override === null) break;
    for (const rule of strings(Reflect.get(override, name))) rules[`hadolint:${rule}`] = severity;
  }
  const labels: Record<string, LabelFormat> = {};
  const schema = get("label-schema");
  if (typeof schema === "object" && schema !== null) {
    // One that hadolint may add later is any text to us.
    for (const [name, kind] of Object.entries(schema))
      if (typeof kind === "string") labels[name] = LABEL_FORMATS.find((known) => known === kind) ?? "text";
  }
  return {
    waivers,
    rules,
    trustedRegistries: strings(get("trustedRegistries")),
    labels,
    strictLabels: get("strict-labels") === true,
    ignoresComments: get("disable-ignore-pragma") === true,
  };
}

/** A comment behind the entry, or on the lines just above it, says why. */
function wordsAt(lines: readonly string[], line: number): string {
  const behind = /\s#\s*(.+)$/.exec((lines[line - 1] ?? "").slice(0, 1000))?.[1];
  if (behind !== undefined) return behind.trim();
  const above: string[] = [];
  for (let at = line - 2; at >= 0 && above.length < 5; at--) {
    const comment = /^\s*#\s*(.*)$/.exec((lines[at] ?? "").slice(0, 1000))?.[1];
    if (comment === undefined) break;
    above.unshift(comment.trim());
  }
  return above.join(" ").trim();
}

const strings = (value: unknown): string[] =>
  Array.isArray(value)
    ? value.filter((entry): entry is string => typeof entry === "string").slice(0, 500)
    : [];

const hasRange = (node: unknown): node is { range: [number, number, number] } =>
  typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range);
