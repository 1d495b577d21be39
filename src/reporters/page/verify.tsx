import type { Report } from "../../evidence/report.ts";
import { shellWord } from "../../findings/shell-word.ts";
import { plainText } from "../plain.ts";
import { Code, Section } from "./elements.tsx";

/** How a reader sees that the page is about the image at hand, and that nobody changed it. */
export function Verify({ report }: { report: Report }) {
  const { imageId } = report.subject;
  const image = imageId === null ? "" : ` --image ${plainText(reference(report), 500)}`;
  return (
    <Section id="verify" title="How to verify">
      <p>
        A page is a file that anybody can edit, and so is <code>report.json</code> beside it. What counts is
        that both are signed by somebody you trust, and that they are about the image that you have.
      </p>
      <h3>With pratique</h3>
      <p>
        In the folder that this page lies in, with the public key, which should come to you on another way
        than the page:
      </p>
      <pre class="paste">
        <code>{`pratique verify . --key pratique.pub${image}`}</code>
      </pre>
      <p>It answers, one by one:</p>
      <ul>
        <li>Is the evidence signed with that key, and are the files those that were signed?</li>
        <li>Does this page show that evidence? It is made anew and compared to the byte.</li>
        <li>Does the verdict follow from the requirements and findings?</li>
        <li>Is the evidence about the image that you name?</li>
        <li>
          Was it checked against the policy that you expect (<Code text={report.profile.id} max={100} />,
          version {plainText(report.profile.version, 40)})?
        </li>
        <li>Has nothing in it expired?</li>
      </ul>
      <p>
        What could not be checked is said, and is no pass. A signature says who vouches for the evidence, not
        that the machine it was made on was honest.
      </p>
      <h3>By hand: is this page about your image?</h3>
      {imageId === null ? (
        <p>
          No image was built or opened, so this page says nothing about one: only about the files of the
          project.
        </p>
      ) : (
        <>
          <p>
            Ask the engine for the image’s id, and compare it with <a href="#image">the one above</a>. All 64
            characters have to be the same; docker writes <code>sha256:</code> before them, podman does not.
          </p>
          <pre class="paste">
            <code>
              {(report.engine?.name === "docker" ? ["docker", "podman"] : ["podman", "docker"])
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
    </Section>
  );
}

const reference = ({ subject }: Report): string =>
  shellWord(subject.imageReference ?? subject.imageId ?? subject.name);
