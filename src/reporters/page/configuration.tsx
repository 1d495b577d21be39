import type { Report } from "../../evidence/report.ts";
import { shellWord } from "../../findings/shell-word.ts";
import { plainText } from "../plain.ts";
import { Code, Facts } from "./elements.tsx";

/** What the image says of how it starts. Folded up: the page begins with what matters more. */
export function Configuration({ image }: { image: NonNullable<Report["image"]> }) {
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
          <h4>Environment variables</h4>
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
