import type { Report } from "../../evidence/report.ts";
import { plural, sizeOf } from "../../findings/counting.ts";
import { plainText } from "../plain.ts";
import { READERS } from "../publication.ts";
import { Code, Facts, Section } from "./elements.tsx";

/** Which image the page is about. */
export function Identity({ report }: { report: Report }) {
  const { subject, image, publication } = report;
  const platform = subject.platform ?? image?.platform ?? null;
  return (
    <Section id="image" title="Which image this is about">
      <Facts
        facts={[
          ["Name", <Code text={subject.name} max={300} />],
          subject.imageReference === null
            ? null
            : ["Reference", <Code text={subject.imageReference} max={500} />],
          [
            "Image id",
            subject.imageId === null ? (
              "none: no image was looked at"
            ) : (
              <Code text={subject.imageId} max={200} />
            ),
          ],
          subject.imageDigest === null ? null : ["Digest", <Code text={subject.imageDigest} max={200} />],
          publication === undefined
            ? null
            : [
                "Published as",
                <>
                  <Code text={`${publication.image}:${publication.tags[0] ?? ""}`} max={500} />, manifest{" "}
                  <Code text={publication.manifest} max={200} />
                  {publication.visibility === undefined ? "" : `; read by ${READERS[publication.visibility]}`}
                </>,
              ],
          platform === null ? null : ["Platform", plainText(platform, 100)],
          image === null
            ? null
            : [
                "Size",
                `${sizeOf(image.size)} in ${plural(image.layers, "layer")}${image.files === null ? "" : `, ${plural(image.files, "file")}`}`,
              ],
          subject.dockerfile === null
            ? null
            : [
                "Dockerfile",
                <>
                  <Code text={subject.dockerfile.path} max={500} />, SHA-256{" "}
                  <Code text={subject.dockerfile.sha256} max={100} />
                </>,
              ],
          subject.git === null
            ? null
            : [
                "Git commit",
                <>
                  <Code text={subject.git.commit} max={100} />
                  {subject.git.clean ? ", nothing uncommitted" : ", with changes that are not committed"}
                </>,
              ],
        ]}
      />
      {subject.imageId === null ? (
        <p>No image was built or opened: this page is about the files of the project alone.</p>
      ) : (
        <p>
          <a href="#verify">How to verify</a> that this page is about the image that you have.
        </p>
      )}
    </Section>
  );
}
