import type { InventorySummary, PackageSummary, Report } from "../../evidence/report.ts";
import { plural } from "../../findings/counting.ts";
import { plainText } from "../plain.ts";
import { Code, type Column, DataTable, Section } from "./elements.tsx";
import { Search } from "./search.tsx";

const TITLES: Readonly<Record<string, string>> = {
  deb: "Debian packages",
  apk: "Alpine packages",
  rpm: "RPM packages",
  conda: "Conda packages",
  python: "Python packages",
  r: "R packages",
  julia: "Julia packages",
  npm: "npm packages",
  java: "Java archives",
  go: "Go modules",
  rust: "Rust crates",
};

/** So many are listed, of each kind its share. */
const MAX_PACKAGES = 5000;

/** What is installed in the image, by the tool that installs it. Folded up: browsers find what is in it all the same. */
export function Packages({ report }: { report: Report }) {
  const { inventory } = report;
  return (
    <Section id="packages" title="Packages in the image">
      {inventory === undefined ? (
        <p>No image’s files were read, so nothing is said about what is installed in one.</p>
      ) : (
        <Installed inventory={inventory} />
      )}
    </Section>
  );
}

function Installed({ inventory }: { inventory: InventorySummary }) {
  const { counts, distribution, layers, notAssessed, packages, removed } = inventory;
  const share = Math.min(1, MAX_PACKAGES / (packages.length + removed.length));
  return (
    <>
      <p>
        {plural(packages.length, "package")} in {plural(layers.length, "layer")}
        {distribution === null ? "" : `; the image says that it is ${plainText(distribution, 100)}`}.
      </p>
      {notAssessed.length > 0 && (
        <p class="note">Not looked at: {notAssessed.map((gap) => plainText(gap, 300)).join("; ")}.</p>
      )}
      <Search id="search-packages" label="Search packages by name, version, licence or layer" />
      {Object.entries(counts).map(([type, count]) => (
        <Group
          title={TITLES[type] ?? plainText(type, 40)}
          count={count}
          packages={packages.filter((one) => one.type === type)}
          share={share}
          layers={layers}
        />
      ))}
      {removed.length > 0 && (
        <Group
          title="In lower layers only, removed or replaced later"
          count={removed.length}
          packages={removed}
          share={share}
          layers={layers}
        />
      )}
    </>
  );
}

interface GroupProps {
  readonly title: string;
  readonly count: number;
  readonly packages: readonly PackageSummary[];
  /** How much of it is listed, from 0 to 1. */
  readonly share: number;
  readonly layers: InventorySummary["layers"];
}

function Group({ title, count, packages, share, layers }: GroupProps) {
  const instruction = (index: number): string => layers[index]?.instruction ?? "";
  return (
    <details>
      <summary>
        {title} <span class="quiet">{plural(count, "package")}</span>
      </summary>
      <DataTable
        caption={title}
        rows={packages}
        most={Math.ceil(packages.length * share)}
        columns={[
          { head: "Name", cell: (one) => <Code text={one.name} max={200} /> },
          { head: "Version", cell: (one) => plainText(one.version, 200) },
          { head: "Licence", cell: licence },
          {
            head: "From",
            cell: ({ layer, removedIn }) => (
              <>
                layer {layer + 1} {plainText(instruction(layer), 60)}
                {removedIn !== undefined &&
                  `, until layer ${removedIn + 1} ${plainText(instruction(removedIn), 60)}`}
              </>
            ),
          },
          ...(packages.some(({ contains = [] }) => contains.length > 0) ? [WITH_IT] : []),
        ]}
      />
    </details>
  );
}

const WITH_IT: Column<PackageSummary> = { head: "With it", cell: ({ contains = [] }) => inner(contains) };

function licence({ licence: expression, licenceWritten }: PackageSummary): string {
  if (expression !== null) return plainText(expression, 500);
  return licenceWritten === undefined ? "not said" : `“${plainText(licenceWritten, 200)}”`;
}

const MAX_INNER = 20;

function inner(contains: readonly PackageSummary[]): string {
  const names = contains
    .slice(0, MAX_INNER)
    .map(({ name, version }) => plainText(`${name} ${version}`.trim(), 200));
  const more = contains.length - names.length;
  return [...names, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}
