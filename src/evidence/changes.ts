import type { Finding } from "../findings/finding.ts";
import { fingerprints } from "../findings/fingerprint.ts";

/** What is not the same in two versions of the same thing. */

/** Null where there is none. */
export interface ValueChange {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface ComparedPackage {
  readonly type: string;
  readonly name: string;
  readonly version: string;
}

export interface PackageChanges {
  readonly added: readonly ComparedPackage[];
  readonly removed: readonly ComparedPackage[];
  readonly changed: readonly {
    readonly type: string;
    readonly name: string;
    readonly before: readonly string[];
    readonly after: readonly string[];
  }[];
}

type Values = Readonly<Record<string, string>>;

/** Names whose values differ, in order; `show` makes what is shown of a value. */
export function valueChanges(
  before: Values,
  after: Values,
  show: (side: "before" | "after", name: string, value: string) => string = (_side, _name, value) => value,
): ValueChange[] {
  const own = (values: Values, name: string): string | undefined =>
    Object.hasOwn(values, name) ? values[name] : undefined;
  const of = (side: "before" | "after", values: Values, name: string): string | null => {
    const value = own(values, name);
    return value === undefined ? null : show(side, name, value);
  };
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => own(before, name) !== own(after, name))
    .toSorted()
    .map((name) => ({ name, before: of("before", before, name), after: of("after", after, name) }));
}

/** Packages by type and name: one that is there in several versions has changed when any of them has. */
export function packageChanges(
  before: readonly ComparedPackage[],
  after: readonly ComparedPackage[],
): PackageChanges {
  const was = versionsOf(before);
  const is = versionsOf(after);
  const only = (here: typeof was, there: typeof was): ComparedPackage[] =>
    [...here]
      .filter(([key]) => !there.has(key))
      .flatMap(([, { type, name, versions }]) => [...versions].map((version) => ({ type, name, version })));
  return {
    added: only(is, was),
    removed: only(was, is),
    changed: [...is].flatMap(([key, { type, name, versions }]) => {
      const old = was.get(key)?.versions;
      const same =
        old === undefined || (old.size === versions.size && [...old].every((one) => versions.has(one)));
      return same ? [] : [{ type, name, before: [...old], after: [...versions] }];
    }),
  };
}

function versionsOf(packages: readonly ComparedPackage[]) {
  const all = new Map<string, { type: string; name: string; versions: Set<string> }>();
  for (const { type, name, version } of packages) {
    const key = JSON.stringify([type, name]);
    const one = all.get(key) ?? { type, name, versions: new Set<string>() };
    one.versions.add(version);
    all.set(key, one);
  }
  return all;
}

/** Those that the others do not have, wherever they stand now. */
export function findingsWithout(findings: readonly Finding[], others: readonly Finding[]): Finding[] {
  const known = new Set(fingerprints(others));
  const marks = fingerprints(findings);
  return findings.filter((_, index) => !known.has(marks[index] ?? ""));
}
