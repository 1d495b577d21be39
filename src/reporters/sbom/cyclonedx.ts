import type { InventorySummary, PackageSummary, Report } from "../../evidence/report.ts";
import { jsonText } from "../json-text.ts";
import { plainLine } from "../plain.ts";
import { documented, imageName, layerText, secondOf } from "./document.ts";
import { scannerComponents, vulnerabilities } from "./vulnerabilities.ts";

/** CycloneDX 1.6. What is in the image, not what lower layers have, and what scanners know against it. */
export function renderCycloneDx(report: Report): string {
  const { inventory, uuid } = documented(report, "CycloneDX", report.vulnerabilities?.list);
  const { subject, tool, times } = report;
  const reference = subject.imageId || "image";
  const digest = /^sha256:([0-9a-f]{64})$/.exec(subject.imageDigest ?? "")?.[1];
  return jsonText({
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuid}`,
    version: 1,
    metadata: {
      timestamp: secondOf(times.startedAt),
      tools: {
        components: [
          { type: "application", name: tool.name, version: tool.version },
          ...scannerComponents(report.vulnerabilities),
        ],
      },
      component: {
        type: "container",
        "bom-ref": reference,
        name: imageName(report),
        ...(subject.imageDigest === null ? {} : { version: subject.imageDigest }),
        ...(digest === undefined ? {} : { hashes: [{ alg: "SHA-256", content: digest }] }),
      },
      properties: [
        ...(subject.imageId === null ? [] : [{ name: "pratique:imageId", value: subject.imageId }]),
        ...[
          ...inventory.notAssessed,
          ...(report.vulnerabilities?.notAssessed ?? ["known vulnerabilities"]),
        ].map((value) => ({ name: "pratique:notAssessed", value: plainLine(value) })),
      ],
    },
    components: [...system(inventory), ...inventory.packages.map((one) => component(one, inventory))],
    ...vulnerabilities(report, reference),
    // Software that declares itself nowhere cannot be listed.
    compositions: [
      { aggregate: inventory.notAssessed.length > 0 ? "incomplete" : "unknown", assemblies: [reference] },
    ],
  });
}

function system({ distribution }: InventorySummary): unknown[] {
  if (distribution === null) return [];
  const [name = "", version] = distribution.split(" ");
  return [
    {
      type: "operating-system",
      "bom-ref": `os:${distribution}`,
      name,
      ...(version === undefined ? {} : { version }),
    },
  ];
}

function component(one: PackageSummary, inventory: InventorySummary): unknown {
  const { group, name } = namesOf(one);
  return {
    type: "library",
    "bom-ref": one.purl,
    ...(group === "" ? {} : { group }),
    name,
    ...(one.version === "" ? {} : { version: one.version }),
    ...licences(one),
    purl: one.purl,
    ...(one.contains === undefined
      ? {}
      : { components: one.contains.map((part) => component(part, inventory)) }),
    evidence: { occurrences: [{ location: one.path }] },
    properties: [
      { name: "pratique:type", value: one.type },
      { name: "pratique:layer", value: layerText(one, inventory) },
    ],
  };
}

function licences({ licence, licenceWritten }: PackageSummary): { licenses?: unknown[] } {
  if (licence !== null) return { licenses: [{ expression: licence }] };
  return licenceWritten === undefined ? {} : { licenses: [{ license: { name: plainLine(licenceWritten) } }] };
}

/** `org.apache.spark:spark-core`, `@babel/core` */
function namesOf({ type, name }: PackageSummary): { readonly group: string; readonly name: string } {
  const split =
    type === "java" ? name.indexOf(":") : type === "npm" && name.startsWith("@") ? name.indexOf("/") : -1;
  return split < 0 ? { group: "", name } : { group: name.slice(0, split), name: name.slice(split + 1) };
}
