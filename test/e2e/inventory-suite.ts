import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { EngineName } from "../../src/engine/engine.ts";
import type { PackageSummary } from "../../src/evidence/report.ts";
import { base, pratique, runIn } from "./support.ts";

/** What pratique lists, compared with what the image's own tools list of themselves. */
export function defineInventorySuite(engine: EngineName): void {
  describe(`the inventory, with ${engine}`, () => {
    const folder = mkdtempSync(join(tmpdir(), "pratique-inventory-"));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    async function listed(image: string): Promise<(type: string) => string[]> {
      const bom = join(folder, "bom.json");
      const { report } = await pratique([
        "inspect",
        image,
        "--engine",
        engine,
        "--output",
        folder,
        "--format",
        "json",
        "--format",
        `cyclonedx=${bom}`,
      ]);
      const packages = report.inventory?.packages ?? [];
      expect(report.inventory?.notAssessed).toEqual([]);
      expect(report.steps[0]?.detail).toMatch(/^[\d,]+ packages, \d+ layers?, /);
      const all = packages.flatMap((one) => [one, ...(one.contains ?? [])]);
      const written = readFileSync(bom, "utf8");
      for (const { purl } of all) expect(written).toContain(JSON.stringify(purl));
      return (type) =>
        all
          .filter((one) => one.type === type && isInstalled(one))
          .map(named)
          .sort();
    }

    it("of an image with Python is that of dpkg and pip", async () => {
      const image = base("PYTHON_BASE");
      const of = await listed(image);
      const dpkg = runIn(engine, image, ["dpkg-query", "-W", "-f", "${Package} ${Version}\\n"]);
      expect(of("deb")).toEqual(dpkg.sort());
      const pip = runIn(engine, image, ["python3", "-m", "pip", "list", "--format=freeze"]);
      expect(of("python")).toEqual(pip.map((line) => line.replace("==", " ")).sort());
    });

    it("of an image with R is that of dpkg and R", async () => {
      const image = base("R_BASE");
      const of = await listed(image);
      const dpkg = runIn(engine, image, ["dpkg-query", "-W", "-f", "${Package} ${Version}\\n"]);
      expect(of("deb")).toEqual(dpkg.sort());
      const code = 'p <- installed.packages(); cat(paste(p[,"Package"], p[,"Version"]), sep="\\n")';
      expect(of("r")).toEqual(runIn(engine, image, ["Rscript", "-e", code]).sort());
    });
  });
}

const named = ({ name, version }: PackageSummary): string => `${name} ${version}`;

/** pip does not list what others carry with them. */
const isInstalled = ({ path }: PackageSummary): boolean => !path.includes("/_vendor/");
