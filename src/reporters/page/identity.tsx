import type { Report } from "../../evidence/report.ts";
import { plural, sizeOf } from "../../findings/counting.ts";
import { plainText } from "../plain.ts";
import { Code, Facts, Section } from "./elements.tsx";
import { shellWord } from "./words.ts";

/** Which image the page is about. */
export function Identity({ report }: { report: Report }) {
  const { subject, image } = report;
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
      {image !== null && <Configuration image={image} />}
    </Section>
  );
}

function Configuration({ image }: { image: NonNullable<Report["image"]> }) {
  const environment = Object.entries(image.environment);
  return (
    <details>
      <summary>How the image is set up</summary>
      <Facts
        facts={[
          ["User", image.user === "" ? "none set (root)" : <Code text={image.user} max={200} />],
          [
            "Working folder",
            <Code text={image.workingDirectory === "" ? "/" : image.workingDirectory} max={500} />,
          ],
          ["Entrypoint", <Argv argv={image.entrypoint} />],
          ["Command", <Argv argv={image.command} />],
        ]}
      />
      {environment.length > 0 && (
        <>
          <h3>Environment variables</h3>
          <pre>
            <code>{environment.map(([name, value]) => plainText(`${name}=${value}`, 1000)).join("\n")}</code>
          </pre>
        </>
      )}
    </details>
  );
}

function Argv({ argv }: { argv: readonly string[] }) {
  return argv.length === 0 ? <>none</> : <Code text={argv.map(shellWord).join(" ")} />;
}
