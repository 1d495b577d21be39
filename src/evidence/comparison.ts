import type { Finding } from "../findings/finding.ts";
import {
  findingsWithout,
  type PackageChanges,
  packageChanges,
  type ValueChange,
  valueChanges,
} from "./changes.ts";
import type { Report, RequirementStatus, Verdict } from "./report.ts";
import { VULNERABILITY_SEVERITIES, type Vulnerability } from "./vulnerabilities.ts";

/** Version of the document's shape; the same rules as for a report. */
export const COMPARISON_SCHEMA = "pratique-comparison/1.0";

/** What changed from one version's evidence to another's: from what was approved to what is asked for now. */
export interface Comparison {
  readonly schema: typeof COMPARISON_SCHEMA;
  readonly before: ComparedReport;
  readonly after: ComparedReport;
  /** Whether both are about the same image. */
  readonly sameImage: boolean;
  /** Requirements whose status is not the same; those that got worse come first. */
  readonly requirements: readonly RequirementChange[];
  readonly findings: { readonly came: readonly Finding[]; readonly went: readonly Finding[] };
  /** Findings that are passed over now and were not before, and the other way round. */
  readonly waived: { readonly came: readonly Finding[]; readonly went: readonly Finding[] };
  /** Profile, commit, Dockerfile, bases, user, entrypoint, command and so on. */
  readonly facts: readonly ValueChange[];
  readonly environment: readonly ValueChange[];
  /** Null where one of them has no list of packages. */
  readonly packages: PackageChanges | null;
  /** Hosts that the program asked for; null where one of them was not run. */
  readonly hosts: { readonly came: readonly string[]; readonly went: readonly string[] } | null;
  /**
   * Vulnerabilities that count now and did not before, and the other way round, the worst first; null where one of them
   * was not scanned. A newer database may know more of the same packages.
   */
  readonly vulnerabilities: VulnerabilityChanges | null;
}

export interface VulnerabilityChanges {
  readonly came: readonly Vulnerability[];
  /** They are gone, or accepted by now. */
  readonly went: readonly Vulnerability[];
}

export interface ComparedReport {
  readonly name: string;
  readonly verdict: Verdict;
  /** ISO date. */
  readonly day: string;
  readonly imageId: string | null;
}

export interface RequirementChange {
  readonly id: string;
  readonly text: string;
  readonly before: RequirementStatus | "absent";
  readonly after: RequirementStatus | "absent";
  /** What was shown before is not shown any more. */
  readonly worse: boolean;
}

/** Compares two reports of the same command. Of what only one of them looked at, nothing is said to be the same. */
export function compareReports(before: Report, after: Report): Comparison {
  const open = (report: Report): Finding[] => report.findings.filter(({ waived }) => waived === undefined);
  const waived = (report: Report): Finding[] => report.findings.filter((one) => one.waived !== undefined);
  const came = findingsWithout(open(after), open(before));
  const went = findingsWithout(open(before), open(after));
  return {
    schema: COMPARISON_SCHEMA,
    before: sideOf(before),
    after: sideOf(after),
    sameImage: before.subject.imageId !== null && before.subject.imageId === after.subject.imageId,
    requirements: requirementChanges(before, after),
    findings: { came, went },
    waived: {
      came: findingsWithout(waived(after), waived(before)),
      went: findingsWithout(waived(before), waived(after)),
    },
    facts: valueChanges(factsOf(before), factsOf(after)),
    environment: valueChanges(before.image?.environment ?? {}, after.image?.environment ?? {}),
    packages:
      before.inventory === undefined || after.inventory === undefined
        ? null
        : packageChanges(before.inventory.packages, after.inventory.packages),
    hosts: hostChanges(before, after),
    vulnerabilities: vulnerabilityChanges(before, after),
  };
}

/** Whether anything differs that a reviewer wants to know of. */
export const differs = ({
  requirements,
  findings,
  waived,
  facts,
  environment,
  packages,
  hosts,
  vulnerabilities,
}: Comparison): boolean =>
  [
    requirements,
    findings.came,
    findings.went,
    waived.came,
    waived.went,
    facts,
    environment,
    packages?.added ?? [],
    packages?.removed ?? [],
    packages?.changed ?? [],
    hosts?.came ?? [],
    hosts?.went ?? [],
    vulnerabilities?.came ?? [],
    vulnerabilities?.went ?? [],
  ].some((list) => list.length > 0);

const sideOf = ({ subject, verdict, times }: Report): ComparedReport => ({
  name: subject.imageReference ?? subject.name,
  verdict,
  day: times.startedAt.slice(0, 10),
  imageId: subject.imageId,
});

/** From what is worth most to what is worth least. */
const WORTH: readonly (RequirementStatus | "absent")[] = ["pass", "waived", "not-assessed", "absent", "fail"];

function requirementChanges(before: Report, after: Report): RequirementChange[] {
  const was = new Map(before.requirements.map((one) => [one.id, one]));
  const is = new Map(after.requirements.map((one) => [one.id, one]));
  const all = [...new Set([...was.keys(), ...is.keys()])].flatMap((id): RequirementChange[] => {
    const old = was.get(id)?.status ?? "absent";
    const now = is.get(id)?.status ?? "absent";
    if (old === now) return [];
    const text = (is.get(id) ?? was.get(id))?.text ?? "";
    return [{ id, text, before: old, after: now, worse: WORTH.indexOf(now) > WORTH.indexOf(old) }];
  });
  return [...all.filter(({ worse }) => worse), ...all.filter(({ worse }) => !worse)];
}

function factsOf({ build, image, profile, subject, tool }: Report): Record<string, string> {
  const known: Record<string, string | null | undefined> = {
    pratique: tool.version,
    profile: `${profile.id} ${profile.version}`,
    commit:
      subject.git === null ? null : `${subject.git.commit}${subject.git.clean ? "" : " (with changes)"}`,
    Dockerfile: subject.dockerfile?.sha256,
    image: subject.imageId,
    platform: image?.platform,
    user: image?.user,
    "working folder": image?.workingDirectory,
    entrypoint: image === null ? null : JSON.stringify(image.entrypoint),
    command: image === null ? null : JSON.stringify(image.command),
    bases: build?.bases
      .map(({ reference, digest }) => `${reference} ${digest ?? "(digest not known)"}`)
      .join(", "),
  };
  return Object.fromEntries(
    Object.entries(known).flatMap(([name, value]) =>
      value === null || value === undefined ? [] : [[name, value]],
    ),
  );
}

function hostChanges(before: Report, after: Report): Comparison["hosts"] {
  const hosts = ({ recording, others }: Report): Set<string> | undefined =>
    recording === null
      ? undefined
      : new Set(
          [recording, ...others].flatMap(({ attempts }) =>
            attempts.flatMap(({ host, address }) => host ?? address ?? []),
          ),
        );
  const was = hosts(before);
  const is = hosts(after);
  if (was === undefined || is === undefined) return null;
  return { came: [...is].filter((host) => !was.has(host)), went: [...was].filter((host) => !is.has(host)) };
}

/** By name and package: in another version of the package it is still the same one. */
const nameOf = ({ id, package: name }: Vulnerability): string => JSON.stringify([id, name]);

function vulnerabilityChanges(before: Report, after: Report): VulnerabilityChanges | null {
  if (before.vulnerabilities === undefined || after.vulnerabilities === undefined) return null;
  const open = (report: Report): readonly Vulnerability[] =>
    (report.vulnerabilities?.list ?? []).filter(({ waived }) => waived === undefined);
  const without = (list: readonly Vulnerability[], others: readonly Vulnerability[]): Vulnerability[] => {
    const known = new Set(others.map(nameOf));
    const worst = ({ severity }: Vulnerability): number => VULNERABILITY_SEVERITIES.indexOf(severity);
    return list.filter((one) => !known.has(nameOf(one))).toSorted((a, b) => worst(a) - worst(b));
  };
  return { came: without(open(after), open(before)), went: without(open(before), open(after)) };
}
