import type { Report } from "../../evidence/report.ts";
import { plural, sizeOf } from "../../findings/counting.ts";
import { plainText } from "../plain.ts";
import { Code, DataTable, Facts } from "./elements.tsx";
import { duration } from "./words.ts";

export function Build({ report }: { report: Report }) {
  const { build } = report;
  return (
    <>
      <h3 id="build">How the image was built</h3>
      {build === null ? (
        <p>pratique did not build the image, so it cannot say what went into it.</p>
      ) : (
        <>
          <Facts
            facts={[
              ["Image id", <Code text={build.imageId} max={200} />],
              ["Platform", plainText(build.platform, 100)],
              [
                "Dockerfile",
                <>
                  SHA-256 <Code text={build.dockerfileSha256} max={100} />
                </>,
              ],
              [
                "Context",
                <>
                  {plural(build.contextFiles, "file")}, {sizeOf(build.contextBytes)}, SHA-256{" "}
                  <Code text={build.contextSha256} max={100} />
                </>,
              ],
              ["Took", duration(build.seconds)],
              ["Log", <Code text={build.log} max={300} />],
            ]}
          />
          {build.bases.length > 0 && (
            <DataTable
              caption="Base images"
              rows={build.bases}
              columns={[
                { head: "Reference", cell: (base) => <Code text={base.reference} max={500} /> },
                {
                  head: "Digest",
                  cell: (base) =>
                    base.digest === null ? "not known" : <Code text={base.digest} max={200} />,
                },
              ]}
            />
          )}
          {Object.keys(build.arguments).length > 0 && (
            <>
              <h4>Build arguments</h4>
              <pre>
                <code>
                  {Object.entries(build.arguments)
                    .map(([name, value]) => plainText(`${name}=${value}`, 1000))
                    .join("\n")}
                </code>
              </pre>
            </>
          )}
        </>
      )}
    </>
  );
}
