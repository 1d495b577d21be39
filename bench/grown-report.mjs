import { readFileSync } from "node:fs";

const stored = new URL("../test/fixtures/reports/1.0.json", import.meta.url);

/** The stored report of a real check, with as many packages and findings as asked. */
export function grown(packages, findings) {
  const report = JSON.parse(readFileSync(stored, "utf8"));
  const many = (list, count, change) =>
    Array.from({ length: count }, (_, index) => change(structuredClone(list[index % list.length]), index));
  report.inventory.packages = many(report.inventory.packages, packages, (one, index) => ({
    ...one,
    name: `${one.name}-${index}`,
    purl: one.purl.replace("@", `-${index}@`),
  }));
  report.findings = many(report.findings, findings, (one, index) => ({
    ...one,
    message: `${one.message} (${index})`,
  }));
  return report;
}
