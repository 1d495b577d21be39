import type { ValueChange } from "../evidence/changes.ts";
import {
  type ComparedReport,
  type Comparison,
  differs,
  type RequirementChange,
} from "../evidence/comparison.ts";
import type { Vulnerability } from "../evidence/vulnerabilities.ts";
import { plural } from "../findings/counting.ts";
import type { Finding } from "../findings/finding.ts";
import { placeOf } from "./finding-lines.ts";
import { dotted, type Look, paint, type Style } from "./look.ts";
import { plainLine } from "./plain.ts";
import { indent, wrap } from "./wrap.ts";

/** Lines of each kind; `--format json` has them all. */
const MOST = 20;

type Sign = "+" | "-" | "~" | "!";
const STYLES: Readonly<Record<Sign, Style>> = { "+": "green", "-": "red", "~": "yellow", "!": "red" };

const STATUS: Readonly<Record<RequirementChange["before"], string>> = {
  pass: "shown",
  fail: "not met",
  waived: "waived",
  "not-assessed": "not assessed",
  absent: "not asked",
};

/** What changed between two versions of the evidence, for a screen. Ends with a newline. */
export function renderComparison(comparison: Comparison, look: Look): string {
  const { before, after, requirements, findings, waived, facts, environment, packages, hosts } = comparison;
  const { vulnerabilities } = comparison;
  const arrow = look.unicode ? "→" : "->";
  const line = (sign: Sign, text: string): string[] =>
    indent(plainLine(text, 2000), 4, look.width).map((words, index) =>
      index === 0 ? `  ${paint(look, STYLES[sign], sign)} ${words.slice(4)}` : words,
    );
  const part = (title: string, lines: readonly (readonly string[])[]): string[] => {
    if (lines.length === 0) return [];
    const left = lines.length - MOST;
    return [
      paint(look, "bold", ` ${title}`),
      ...lines.slice(0, MOST).flat(),
      ...(left > 0
        ? [paint(look, "dim", `    and ${plural(left, "more", "more")}; --format json lists them`)]
        : []),
      "",
    ];
  };
  const values = (list: readonly ValueChange[]): string[][] =>
    list.map(({ name, before: old, after: now }) =>
      old === null
        ? line("+", `${name}: ${now}`)
        : now === null
          ? line("-", `${name}: ${old}`)
          : line("~", `${name}: ${old} ${arrow} ${now}`),
    );
  const lines = [
    ...side("Before", before, look),
    ...side("After", after, look),
    "",
    ...part(
      "Requirements",
      requirements.map(({ id, text, before: old, after: now, worse }) =>
        line(worse ? "!" : "+", `${id}: ${STATUS[old]} ${arrow} ${STATUS[now]}. ${text}`),
      ),
    ),
    ...part(
      "Findings that came",
      findings.came.map((one) => line("!", findingText(one))),
    ),
    ...part(
      "Findings that went",
      findings.went.map((one) => line("+", findingText(one))),
    ),
    ...part(
      "Waived now",
      waived.came.map((one) => line("~", `${findingText(one)}: ${one.waived?.reason ?? ""}`)),
    ),
    ...part(
      "No longer waived",
      waived.went.map((one) => line("~", findingText(one))),
    ),
    ...part("Asked of the network", [
      ...(hosts?.came ?? []).map((host) => line("!", host)),
      ...(hosts?.went ?? []).map((host) => line("+", `${host}, no longer`)),
    ]),
    ...part("Vulnerabilities", [
      ...(vulnerabilities?.came ?? []).map((one) => line("!", vulnerabilityText(one))),
      ...(vulnerabilities?.went ?? []).map((one) => line("+", `${vulnerabilityText(one)}, no longer`)),
    ]),
    ...part("Made from", values(facts)),
    ...part("Environment", values(environment)),
    ...part("Packages", [
      ...(packages?.changed ?? []).map(({ type, name, before: old, after: now }) =>
        line("~", `${name} ${old.join(", ")} ${arrow} ${now.join(", ")}  ${type}`),
      ),
      ...(packages?.removed ?? []).map(({ type, name, version }) => line("-", `${name} ${version}  ${type}`)),
      ...(packages?.added ?? []).map(({ type, name, version }) => line("+", `${name} ${version}  ${type}`)),
    ]),
    ...(packages === null
      ? indent("Packages were not compared: one of the two has no list of them.", 1, look.width)
      : []),
    ...(hosts === null
      ? indent("The network was not compared: one of the two was not run.", 1, look.width)
      : []),
    ...(vulnerabilities === null
      ? indent("Vulnerabilities were not compared: one of the two was not scanned.", 1, look.width)
      : []),
    wrap(conclusionOf(comparison), look.width),
  ];
  return `${lines.join("\n")}\n`;
}

/** What a reviewer wants to know first, in a sentence. */
export function conclusionOf(comparison: Comparison): string {
  const { requirements, findings, sameImage, vulnerabilities } = comparison;
  if (!differs(comparison))
    return sameImage ? "Nothing changed: it is the same image." : "Nothing that is compared changed.";
  const worse = requirements.filter((one) => one.worse).length;
  const parts = [
    worse === 0 ? "" : `${plural(worse, "requirement")} got worse`,
    findings.came.length === 0 ? "" : `${plural(findings.came.length, "finding")} came`,
    (vulnerabilities?.came ?? []).length === 0
      ? ""
      : `${plural(vulnerabilities?.came.length ?? 0, "vulnerability", "vulnerabilities")} came`,
  ].filter(Boolean);
  return parts.length === 0 ? "No requirement got worse, and no finding came." : `${parts.join(", and ")}.`;
}

function side(word: string, { name, verdict, day, imageId }: ComparedReport, look: Look): string[] {
  const text = dotted(look, [plainLine(name, 200), verdict, day, (imageId ?? "no image").slice(0, 19)]);
  return indent(`${word} ${text}`, 1, look.width);
}

const vulnerabilityText = ({ id, severity, package: name, version, title }: Vulnerability): string =>
  `${severity} ${id}, ${name} ${version}${title === "" ? "" : `: ${title}`}`;

function findingText({ location, message, rule }: Finding): string {
  const place = placeOf(location);
  return `${message} (${rule}${place === "" ? "" : `, ${place}`})`;
}
