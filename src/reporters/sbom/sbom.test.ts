import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv, type ValidateFunction } from "ajv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PackageSummary, Report } from "../../evidence/report.ts";
import type { Vulnerability } from "../../evidence/vulnerabilities.ts";
import { readCycloneDx } from "../../scanners/cyclonedx.ts";
import { clearReport, lintReport, notClearReport } from "../page/sample-report.ts";
import { renderCycloneDx } from "./cyclonedx.ts";
import { renderSpdx } from "./spdx.ts";

const schemas = join(fileURLToPath(import.meta.url), "..", "..", "..", "..", "test", "schemas");
const schema = (name: string) => JSON.parse(readFileSync(join(schemas, `${name}.schema.json`), "utf8"));
const ajv = () => new Ajv({ strict: false, validateFormats: false });

/** The two that CycloneDX's refers to are named as in its own folder. */
const cyclonedx = ajv()
  .addSchema(schema("spdx"), "http://cyclonedx.org/schema/spdx.SNAPSHOT.schema.json")
  .addSchema(schema("jsf-0.82"), "http://cyclonedx.org/schema/jsf-0.82.SNAPSHOT.schema.json")
  .compile(schema("bom-1.6"));
const spdx = ajv().compile(schema("spdx-2.3"));

function mistakes(validate: ValidateFunction, text: string): unknown[] {
  validate(JSON.parse(text));
  return validate.errors ?? [];
}

const WRITERS = [
  ["CycloneDX", renderCycloneDx, cyclonedx],
  ["SPDX", renderSpdx, spdx],
] as const;

const text = fc.string({ unit: "binary", maxLength: 40 });
const one: fc.Arbitrary<PackageSummary> = fc
  .record({
    name: text,
    version: text,
    path: text,
    written: text,
    licence: fc.option(text),
    layer: fc.nat(9),
  })
  .map(({ name, version, path, written, licence, layer }) => ({
    type: "python",
    name: name || "x",
    version,
    purl: `pkg:pypi/${encodeURIComponent(name.toWellFormed())}`,
    licence,
    licenceWritten: written,
    path,
    places: 1,
    layer,
  }));
const report: fc.Arbitrary<Report> = fc
  .tuple(
    fc.uniqueArray(one, { maxLength: 5, selector: ({ purl }) => purl }),
    fc.array(text, { maxLength: 2 }),
    text,
  )
  .map(([packages, notAssessed, name]) => ({
    ...notClearReport,
    subject: { ...notClearReport.subject, name, imageReference: null, imageId: name, imageDigest: name },
    inventory: {
      distribution: name,
      counts: {},
      notAssessed,
      layers: [{ diffId: name, instruction: name }],
      packages,
      removed: [],
    },
  }));

describe("what scanners know, in CycloneDX", () => {
  const base = {
    id: "CVE-2023-1",
    package: "Foo_Bar",
    version: "1.0",
    fixedVersion: "",
    cvss: null,
    title: "",
  };
  const known: Vulnerability = { ...base, severity: "high", origin: "project" };
  const scanned = (...list: Vulnerability[]): Report => ({
    ...clearReport,
    inventory: {
      distribution: null,
      counts: {},
      notAssessed: [],
      layers: [{ diffId: "a", instruction: null }],
      packages: [
        {
          type: "python",
          name: "foo-bar",
          version: "1.0",
          purl: "pkg:pypi/foo-bar@1.0",
          licence: null,
          path: "/x",
          places: 1,
          layer: 0,
        },
      ],
      removed: [],
    },
    vulnerabilities: {
      scanners: [
        { name: "Trivy", version: "0.74.0", databaseOf: null },
        { name: "Trivy", version: "0.74.0", databaseOf: null, file: "again.json" },
      ],
      list,
      notAssessed: [],
    },
  });
  const written = (report: Report) => {
    const text = renderCycloneDx(report);
    expect(mistakes(cyclonedx, text)).toEqual([]);
    return JSON.parse(text);
  };

  it("points at the package, however it is spelt, or at the image where no package is listed", () => {
    const bom = written(scanned(known, { ...known, package: "elsewhere" }));
    expect(bom.vulnerabilities.map(({ affects }: { affects: unknown }) => affects)).toEqual([
      [{ ref: "pkg:pypi/foo-bar@1.0" }],
      [{ ref: bom.metadata.component["bom-ref"] }],
    ]);
    expect(bom.metadata.tools.components.map(({ name }: { name: string }) => name)).toEqual([
      "pratique",
      "Trivy",
    ]);
  });

  it("gives the state that a VEX document gave, and none for a risk that somebody accepted", () => {
    const waived = { reason: "minizip is not used", source: "settings", by: "IG" };
    const bom = written(
      scanned(
        known,
        { ...known, id: "CVE-2023-2", waived },
        { ...known, id: "CVE-2023-3", waived: { reason: "x", source: "vex.json", state: "not_affected" } },
      ),
    );
    expect(bom.vulnerabilities.map(({ analysis }: { analysis: unknown }) => analysis)).toEqual([
      undefined,
      {
        response: ["will_not_fix"],
        detail: "Waived: minizip is not used (in pratique.yaml, agreed by IG)",
      },
      { state: "not_affected", detail: "Waived: x (in vex.json)" },
    ]);
  });

  it("is read back as what it was", () => {
    const fixable: Vulnerability = {
      ...known,
      fixedVersion: "1.1",
      aliases: ["GHSA-aaaa-bbbb-cccc"],
      epss: 0.5,
    };
    const read = readCycloneDx(written(scanned(fixable)));
    expect(read).toMatchObject({
      vulnerabilities: [
        {
          id: "CVE-2023-1",
          aliases: ["GHSA-aaaa-bbbb-cccc"],
          package: "foo-bar",
          version: "1.0",
          fixedVersion: "1.1",
          severity: "high",
          epss: 0.5,
        },
      ],
    });
  });

  it("says that no scan was made, and that one found nothing", () => {
    const { vulnerabilities: _, ...unscanned } = scanned();
    const bom = written(unscanned);
    expect(bom.vulnerabilities).toBeUndefined();
    expect(bom.metadata.properties).toContainEqual({
      name: "pratique:notAssessed",
      value: "known vulnerabilities",
    });
    expect(written(scanned()).vulnerabilities).toEqual([]);
    expect(written(scanned()).serialNumber).not.toBe(written(scanned(known)).serialNumber);
  });
});

describe.each(WRITERS)("%s", (name, render, validate) => {
  it("is valid by the official schema", () => {
    for (const sample of [notClearReport, clearReport])
      expect(mistakes(validate, render(sample))).toEqual([]);
  });

  it("is checked by a schema that refuses what is wrong", () => {
    const document = JSON.parse(render(clearReport));
    const broken = name === "SPDX" ? { ...document, SPDXID: 1 } : { ...document, serialNumber: "urn:uuid:1" };
    expect(validate(broken)).toBe(false);
  });

  it("is valid whatever is in the image, and shows nothing that a terminal obeys", () => {
    fc.assert(
      fc.property(report, (any) => {
        const written = render(any);
        expect(mistakes(validate, written)).toEqual([]);
        expect(written).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
      }),
      { numRuns: 100 },
    );
  });

  it("is the same for the same report, and but for the time on another day", () => {
    expect(render(notClearReport)).toBe(render(structuredClone(notClearReport)));
    const later = { ...notClearReport, times: { startedAt: "2031-01-02T03:04:05.678Z", seconds: 9 } };
    const lines = render(notClearReport).split("\n");
    const differing = render(later)
      .split("\n")
      .filter((line, index) => line !== lines[index]);
    expect(differing).toEqual([expect.stringContaining("2031-01-02T03:04:05Z")]);
  });

  it("is refused where no image was read", () => {
    expect(() => render(lintReport)).toThrow(
      expect.objectContaining({ code: "usage.bad-argument", message: expect.stringContaining(name) }),
    );
  });

  it("names every package once, and says what is missing", () => {
    const written = render(notClearReport);
    for (const { purl, contains = [] } of notClearReport.inventory?.packages ?? [])
      for (const each of [purl, ...contains.map((inner) => inner.purl)])
        expect(written.split(JSON.stringify(each)).length).toBe(name === "SPDX" ? 2 : 3);
    expect(written).toContain("built with Go before 1.18");
    expect(written).not.toContain("pkg:pypi/six");
  });
});

describe("CycloneDX", () => {
  const document = JSON.parse(renderCycloneDx(notClearReport));
  const component = (name: string) =>
    document.components.find((found: { name: string }) => found.name === name);

  it("puts what a package brings within it", () => {
    expect(component("python3-wheel").components).toEqual([
      expect.objectContaining({ purl: "pkg:pypi/wheel@0.38.4" }),
    ]);
  });

  it("has groups, expressions, and licences in the package's words", () => {
    expect(component("commons-lang3")).toMatchObject({ group: "org.apache.commons" });
    expect(component("core")).toMatchObject({ group: "@babel", licenses: [{ expression: "MIT" }] });
    expect(component("libc6").licenses).toEqual([{ license: { name: "LGPL-2.1+; GPL-2" } }]);
  });

  it("does not claim to be complete", () => {
    expect(document.compositions[0].aggregate).toBe("incomplete");
  });
});

describe("SPDX", () => {
  const document = JSON.parse(renderSpdx(notClearReport));

  it("relates the image to its packages, and packages to what is in them", () => {
    const ids = new Set(document.packages.map((one: { SPDXID: string }) => one.SPDXID));
    expect(ids.size).toBe(document.packages.length);
    for (const id of ids) expect(id).toMatch(/^SPDXRef-[A-Za-z0-9.-]+$/);
    expect(document.relationships).toHaveLength(document.packages.length);
    for (const { relatedSpdxElement } of document.relationships) expect(ids).toContain(relatedSpdxElement);
  });
});
