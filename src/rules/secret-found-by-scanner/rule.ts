import { isAsBad, severityOf } from "../../findings/vulnerability.ts";
import { fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

const secret = {
  rule: "aws-access-key-id",
  title: "AWS Access Key ID",
  severity: "CRITICAL",
  path: "/opt/app/settings.toml",
  line: 3,
};

export default defineRule<"scan">({
  id: "secret-found-by-scanner",
  title: "A scanner finds a secret in the image that no rule here found",
  category: "security",
  needs: "scan",
  severity: "warning",
  requirements: [],
  why: "Everybody who gets the image gets what lies in it. Scanners know other shapes of secrets than pratique; what both find is said once.",
  fix: "Look at the file: take the secret out of the image and change it where it is used, or waive the finding where it is an example.",
  aliases: [],
  examples: {
    bad: [
      { title: "in a file", facts: { secrets: [secret] } },
      {
        title: "as bad as the limit",
        facts: { secrets: [secret] },
        profile: {
          scan: {
            databaseDays: { value: 7, source: "assumed" },
            failOn: { value: "high", source: "pratique.yaml" },
          },
        },
      },
    ],
    good: [{ title: "nothing that is not known already" }],
  },
  *check({ secrets }, { scan }) {
    const limit = scan?.failOn?.value;
    for (const { title, rule, path, line, severity } of secrets)
      yield {
        message: `Trivy takes line ${line} of ${path.slice(0, 200)} for a secret: ${(title || rule).slice(0, 100)}.`,
        location: { imagePath: path },
        severity: limit !== undefined && isAsBad(severityOf(severity), limit) ? "error" : "warning",
        fix: fixOf(
          "Look at the file; where it is a secret, leave it out of the build and change it where it is used.",
          "echo '<file>' >> .dockerignore",
        ),
      };
  },
});
