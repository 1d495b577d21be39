import { createHash } from "node:crypto";
import type { InventorySummary, PackageSummary, Report } from "../../evidence/report.ts";
import { jsonText } from "../json-text.ts";
import { plainLine } from "../plain.ts";
import { documented, imageName, layerText, secondOf } from "./document.ts";

const IMAGE = "SPDXRef-Image";
const NOT_SAID = "NOASSERTION";

interface Relationship {
  readonly spdxElementId: string;
  readonly relationshipType: "DESCRIBES" | "CONTAINS";
  readonly relatedSpdxElement: string;
}

/** SPDX 2.3 as JSON. What is in the image, not what lower layers have. */
export function renderSpdx(report: Report): string {
  const { inventory, uuid } = documented(report, "SPDX");
  const { subject, tool, times } = report;
  const name = imageName(report);
  const packages: unknown[] = [];
  const relationships: Relationship[] = [
    { spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES", relatedSpdxElement: IMAGE },
  ];
  const add = (list: readonly PackageSummary[], within: string): void => {
    for (const one of list) {
      const id = idOf(one);
      packages.push(packageOf(one, id, inventory));
      relationships.push({ spdxElementId: within, relationshipType: "CONTAINS", relatedSpdxElement: id });
      add(one.contains ?? [], id);
    }
  };
  add(inventory.packages, IMAGE);
  const gaps = inventory.notAssessed.map((gap) => plainLine(gap)).join("; ");
  return jsonText({
    spdxVersion: "SPDX-2.3",
    dataLicense: "CC0-1.0",
    SPDXID: "SPDXRef-DOCUMENT",
    name,
    documentNamespace: `https://spdx.org/spdxdocs/pratique-${uuid}`,
    creationInfo: {
      created: secondOf(times.startedAt),
      creators: [`Tool: ${tool.name}-${tool.version}`],
      ...(gaps === "" ? {} : { comment: `Not in this document: ${gaps}.` }),
    },
    packages: [
      {
        SPDXID: IMAGE,
        name,
        ...(subject.imageDigest === null ? {} : { versionInfo: subject.imageDigest }),
        ...common,
        licenseDeclared: NOT_SAID,
        primaryPackagePurpose: "CONTAINER",
        ...(subject.imageId === null ? {} : { sourceInfo: `image id ${subject.imageId}` }),
      },
      ...packages,
    ],
    relationships,
  });
}

const common = {
  downloadLocation: NOT_SAID,
  filesAnalyzed: false,
  licenseConcluded: NOT_SAID,
  copyrightText: NOT_SAID,
};

function packageOf(one: PackageSummary, id: string, inventory: InventorySummary): unknown {
  return {
    SPDXID: id,
    name: one.name,
    ...(one.version === "" ? {} : { versionInfo: one.version }),
    ...common,
    licenseDeclared: one.licence ?? NOT_SAID,
    ...(one.licenceWritten === undefined
      ? {}
      : { licenseComments: `The package says: ${plainLine(one.licenceWritten)}` }),
    primaryPackagePurpose: "LIBRARY",
    sourceInfo: `declared by ${one.path}, ${layerText(one, inventory)}`,
    externalRefs: [
      { referenceCategory: "PACKAGE-MANAGER", referenceType: "purl", referenceLocator: one.purl },
    ],
  };
}

/** Names may hold signs that an identifier must not; the hash keeps apart what would look the same without them. */
function idOf({ type, name, purl }: PackageSummary): string {
  const hash = createHash("sha256").update(purl).digest("hex").slice(0, 16);
  return `SPDXRef-Package-${type}-${name.replace(/[^A-Za-z0-9.]+/g, "-").slice(0, 60)}-${hash}`;
}
