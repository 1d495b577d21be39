import { isAsBad, severityOf } from "../../findings/vulnerability.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { hideSecrets } from "../secrets.ts";

export default defineRule<"scan">({
  id: "dockerfile-check-failed",
  title: "Trivy finds something in the Dockerfile that no rule here found",
  category: "security",
  needs: "scan",
  severity: "info",
  requirements: ["IG-02", "IG-03"],
  why: "Information Governance may look at Trivy's own scan of the Dockerfile. What rules of pratique say already is not said again; the rest is listed, and fails nothing unless a limit is set.",
  fix: "Look at what Trivy says, and change the line where it is right.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "listed",
        dockerfile: "FROM python:3.12\nRUN a\n",
        facts: {
          misconfigurations: [
            {
              id: "DS-0099",
              title: "A check",
              message: "Something is not as it should be",
              resolution: "Do it in another way",
              severity: "HIGH",
              line: 2,
              endLine: 2,
            },
          ],
        },
        lines: [2],
      },
      {
        title: "as bad as the limit, and about the whole file",
        dockerfile: "FROM python:3.12\n",
        facts: {
          misconfigurations: [
            {
              id: "DS-0098",
              title: "A check",
              message: "Something is missing.",
              resolution: "",
              severity: "CRITICAL",
              line: 0,
              endLine: 0,
            },
          ],
        },
        profile: {
          scan: {
            databaseDays: { value: 7, source: "assumed" },
            failOn: { value: "high", source: "pratique.yaml" },
          },
        },
        lines: [1],
      },
    ],
    good: [
      { title: "nothing that is not known already", dockerfile: "FROM python:3.12\n" },
      {
        title: "not assessed without Trivy",
        dockerfile: "FROM python:3.12\n",
        facts: { dockerfileMissing: "Trivy is not installed" },
      },
    ],
  },
  *check({ misconfigurations, dockerfile, dockerfileMissing }, { scan }) {
    if (dockerfileMissing !== undefined) yield { notAssessed: dockerfileMissing };
    const limit = scan?.failOn?.value;
    for (const { id, message, resolution, severity, line, endLine, rules = [] } of misconfigurations) {
      const first = Math.min(Math.max(line, 1), dockerfile?.lines.length ?? 1);
      const last = Math.min(Math.max(endLine, first), dockerfile?.lines.length ?? first);
      const fails = limit !== undefined && isAsBad(severityOf(severity), limit);
      yield {
        message: `Trivy says: ${sentence(message)} (${id}, ${severity.toLowerCase()}).`,
        fix: fixOf(
          `${sentence(resolution) || "Look at what Trivy says"}.`,
          `trivy config --severity ${severity} .`,
        ),
        // A waiver for the rule that stands for it is one for this too.
        aliases: [`trivy:${id}`, ...rules.map((rule) => `pratique:${rule}`)],
        severity: fails ? "error" : "info",
        ...(dockerfile === undefined
          ? {}
          : at(dockerfile, {
              start: { line: first, column: 1 },
              end: { line: last, column: Math.max((dockerfile.lines[last - 1] ?? "").length + 1, 2) },
            })),
      };
    }
  },
});

/** One line without a full stop; what Trivy quotes may hold a secret. */
const sentence = (text: string): string =>
  hideSecrets(text.slice(0, 250))
    .replace(/\s+/g, " ")
    .replace(/[.\s]+$/, "");
