import type { ComponentChildren } from "preact";
import type { Report } from "../../evidence/report.ts";
import { countBySeverity } from "../../evidence/vulnerabilities.ts";
import { plural, sizeOf } from "../../findings/counting.ts";
import { select } from "../select.ts";
import { Section } from "./elements.tsx";
import { duration } from "./words.ts";

/** One step of a way: where to look, and in few words what is there. */
type Stop = readonly [part: string, title: string, words: string];

/** The page has two readers, who ask for different things: each has an order to read it in. */
export function Ways({ report }: { report: Report }) {
  return (
    <Section id="ways" title="Two ways through this page">
      <div class="ways">
        <Way title="You made the image">
          <Stops stops={toFix(report)} />
        </Way>
        <Way title="You review it">
          <Stops stops={toReview(report)} />
        </Way>
      </div>
    </Section>
  );
}

function Way({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="way">
      <h3>{title}</h3>
      {children}
    </div>
  );
}

function Stops({ stops }: { stops: readonly Stop[] }) {
  return (
    <ol>
      {stops.map(([part, title, words]) => (
        <li>
          <a href={`#${part}`}>{title}</a>
          <span class="quiet">{words}</span>
        </li>
      ))}
    </ol>
  );
}

function toFix(report: Report): Stop[] {
  const { contents, fitness, recording, space } = report;
  const { stopping, advice } = select(report);
  const stops: (Stop | false)[] = [
    [
      "findings",
      "What to put right, and how",
      stopping.length + advice.length === 0
        ? report.verdict === "incomplete"
          ? "nothing so far; the check is not complete"
          : "nothing that stops the job, and no advice"
        : [
            stopping.length > 0 && plural(stopping.length, "thing stops the job", "things stop the job"),
            advice.length > 0 && plural(advice.length, "piece of advice", "pieces of advice"),
          ]
            .filter(Boolean)
            .join(", "),
    ],
    recording !== null &&
      recording.attempts.length > 0 && [
        "network",
        "When it waited for the network",
        `${plural(recording.attempts.length, "target")}, ${duration(recording.secondsLost)} lost`,
      ],
    recording !== null &&
      recording.failedWrites.length + recording.strayWrites.length > 0 && [
        "writes",
        "Where it wrote or wanted to",
        [
          recording.failedWrites.length > 0 && `${recording.failedWrites.length} refused`,
          recording.strayWrites.length > 0 && `${recording.strayWrites.length} in the wrong place`,
        ]
          .filter(Boolean)
          .join(", "),
      ],
    recording !== null && ["run", "What the run used and printed", duration(recording.seconds)],
    space !== undefined && ["space", "What takes the room", sizeOf(space.map.bytes)],
    contents !== undefined &&
      contents.secrets.length + contents.data.length > 0 && [
        "contents",
        "Secrets and data in the image",
        `${plural(contents.secrets.length, "secret")}, ${plural(contents.data.length, "data file")}`,
      ],
    fitness !== undefined && [
      "fitness",
      "Whether the job’s user can start it",
      `user ${fitness.user.uid}, group ${fitness.user.gid}`,
    ],
  ];
  return stops.filter((stop) => stop !== false);
}

function toReview(report: Report): Stop[] {
  const { findings, requirements, subject, vulnerabilities } = report;
  const ofImage = requirements.filter(({ scope }) => scope === "image");
  const count = (status: string): number => ofImage.filter((one) => one.status === status).length;
  const missing = count("not-assessed");
  const failed = count("fail");
  const waived = findings.filter((finding) => finding.waived !== undefined).length;
  return [
    [
      "verify",
      "Is the page about this image, and unchanged?",
      subject.imageId === null ? "no image was looked at" : "how to verify both",
    ],
    [
      "requirements",
      "What was shown",
      `${count("pass")} of ${plural(ofImage.length, "requirement")}${failed === 0 ? "" : `; ${failed} failed`}`,
    ],
    [
      "not-shown",
      "What was not assessed, and why",
      missing === 0 ? "nothing" : plural(missing, "requirement"),
    ],
    [
      "waived",
      "What the project accepts",
      waived === 0 ? "nothing was waived" : plural(waived, "finding was waived", "findings were waived"),
    ],
    [
      "vulnerabilities",
      "Known vulnerabilities",
      vulnerabilities === undefined
        ? "no scan was made"
        : countBySeverity(vulnerabilities.list)
            .map(({ severity, count: many }) => `${many} ${severity}`)
            .join(", ") || "none",
    ],
    ["provenance", "What it was made from", "and how it was checked"],
    ["limits", "Limits of the observation", "what no such page can show"],
  ];
}
