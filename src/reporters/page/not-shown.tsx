import type { Report, RequirementResult } from "../../evidence/report.ts";
import { plural } from "../../findings/counting.ts";
import { Section, Words } from "./elements.tsx";
import { LevelWords, RequirementLink } from "./requirements.tsx";

/** Requirements of the image that nothing was shown about, under the reason why. */
export function NotShown({ report }: { report: Report }) {
  const missing = report.requirements.filter((r) => r.scope === "image" && r.status === "not-assessed");
  const groups = new Map<string, RequirementResult[]>();
  for (const requirement of missing) {
    const group = groups.get(requirement.reason);
    if (group === undefined) groups.set(requirement.reason, [requirement]);
    else group.push(requirement);
  }
  const ordered = [...groups].sort(([, a], [, b]) => Math.min(...a.map(weight)) - Math.min(...b.map(weight)));
  return (
    <Section id="not-shown" title="What was not shown">
      {missing.length === 0 ? (
        <p>Every requirement of the image was looked at.</p>
      ) : (
        <>
          <p>
            Nothing is said about {plural(missing.length, "requirement")} of the image. Not shown is not the
            same as passed.
          </p>
          {ordered.map(([reason, group]) => (
            <div class="group">
              <h3>
                <Words text={reason} max={600} />
              </h3>
              <ul class="rows">
                {group
                  .toSorted((a, b) => weight(a) - weight(b))
                  .map((requirement) => (
                    <li>
                      <RequirementLink id={requirement.id} known /> <LevelWords requirement={requirement} />
                      <br />
                      <Words text={requirement.text} />
                    </li>
                  ))}
              </ul>
            </div>
          ))}
        </>
      )}
    </Section>
  );
}

/** What counts for the verdict comes first. */
function weight({ level, force }: RequirementResult): number {
  const base = level === "must" || level === "must-not" ? 0 : level === "may" ? 2 : 1;
  return base + (force === "foreseen" ? 6 : force === "advised" ? 3 : 0);
}
