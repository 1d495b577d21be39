import type { Report } from "../../evidence/report.ts";
import { plural, sizeOf } from "../../findings/counting.ts";
import { plainText } from "../plain.ts";
import { Code, Facts, Section } from "./elements.tsx";
import { shellWord } from "./words.ts";

/** Which image the page is about, and how a reader can see that it is. */
export function Identity({ report }: { report: Report }) {
  const { subject, image, engine, publication } = report;
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
        <p>
          No image was built or opened, so this page says nothing about one: only about the files of the
          project.
        </p>
      ) : (
        <>
          <h3>How to see that this page is about your image</h3>
          <p>
            Ask the engine for the image’s id, and compare it with the one above. All 64 characters have to be
            the same; docker writes <code>sha256:</code> before them, podman does not.
          </p>
          <pre class="paste">
            <code>
              {(engine?.name === "docker" ? ["docker", "podman"] : ["podman", "docker"])
                .map(
                  (name) => `${name} image inspect --format '{{.Id}}' ${plainText(reference(report), 500)}`,
                )
                .join("\n")}
            </code>
          </pre>
          <p class="quiet">
            Only one of the two is needed: the engine that holds the image. A name can be moved to another
            image at any time, the id cannot. If they differ, this page is about another image, whatever its
            name says.
          </p>
        </>
      )}
      {image !== null && <Configuration image={image} />}
    </Section>
  );
}

const reference = ({ subject }: Report): string =>
  shellWord(subject.imageReference ?? subject.imageId ?? subject.name);

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
