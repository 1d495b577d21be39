import type { Report } from "../../evidence/report.ts";
import { notClearReport } from "./sample-report.ts";

/**
 * The sample with as many packages, findings, vulnerabilities, writes and network attempts as asked, all of them different.
 * Names and fixes are as long as real ones are.
 */
export function largeReport(packages: number, findings: number): Report {
  const { inventory, recording, vulnerabilities } = notClearReport;
  if (inventory === undefined || recording === null || vulnerabilities === undefined)
    throw new Error("the sample has all of them");
  const many = <Item>(items: readonly Item[], count: number, change: (item: Item, index: number) => Item) =>
    Array.from({ length: count }, (_, index) => change(items[index % items.length] as Item, index));
  const named = many(inventory.packages, packages, (one, index) => ({
    ...one,
    name: `${one.name}-${index}`,
    purl: one.purl.replace("@", `-${index}@`),
  }));
  const counts: Record<string, number> = {};
  for (const { type } of named) counts[type] = (counts[type] ?? 0) + 1;
  return {
    ...notClearReport,
    inventory: { ...inventory, counts, packages: named },
    findings: many(notClearReport.findings, findings, (one, index) => ({
      ...one,
      title: `${one.title} (${index})`,
      message: `${one.message} This is number ${index}.`,
    })),
    vulnerabilities: {
      ...vulnerabilities,
      list: many(vulnerabilities.list, findings, (one, index) => ({
        ...one,
        id: `CVE-2026-${10_000 + index}`,
      })),
    },
    recording: {
      ...recording,
      attempts: many(recording.attempts, 60, (one, index) => ({
        ...one,
        host: `host-${index}.example.org`,
        firstAt: index,
        lastAt: index,
      })),
      failedWrites: many(recording.failedWrites, 700, (one, index) => ({
        ...one,
        path: `/opt/app/${index % 7}/cache/${index}.bin`,
      })),
    },
  };
}
