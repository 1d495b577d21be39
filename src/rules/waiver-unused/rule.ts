import { defineRule } from "../rule.ts";
import { placeOf, waiverName } from "../waivers.ts";

export default defineRule<"waivers">({
  id: "waiver-unused",
  title: "A waiver matches no finding",
  category: "style",
  needs: "waivers",
  severity: "info",
  requirements: [],
  why: "A waiver that is no longer needed, or that names a rule wrongly, may one day hide something that nobody agreed to.",
  fix: "Take the waiver out, or correct the name of its rule.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "the mistake is gone",
        facts: {
          uses: [
            {
              waiver: { rule: "root-user", reason: "agreed with the data team", source: "settings" },
              outcome: "unused",
              known: true,
            },
          ],
        },
      },
      {
        title: "there is no such rule",
        facts: {
          uses: [
            {
              waiver: { rule: "rot-user", reason: "agreed with the data team", source: "comment" },
              outcome: "unused",
              known: false,
            },
          ],
        },
      },
    ],
    good: [
      {
        title: "it is needed",
        facts: {
          uses: [
            {
              waiver: { rule: "root-user", reason: "agreed with the data team", source: "settings" },
              outcome: "used",
              known: true,
            },
          ],
        },
      },
      {
        title: "a peer's rule that has no counterpart here",
        facts: {
          uses: [
            {
              waiver: { rule: "hadolint:SC2046", reason: "", source: "hadolint" },
              outcome: "unused",
              known: false,
            },
          ],
        },
      },
    ],
  },
  *check({ uses }) {
    for (const { waiver, outcome, known } of uses) {
      if (outcome !== "unused") continue;
      // What peers' own rules need passed over is theirs to know.
      if (waiver.source !== "settings" && waiver.source !== "comment") continue;
      yield {
        severity: known ? "info" : "warning",
        message: known
          ? `${waiverName(waiver)} matched no finding.`
          : `${waiverName(waiver)} names no rule that there is.`,
        fix: known ? "Take it out." : "Correct the name; “pratique rules” lists them.",
        ...placeOf(waiver),
      };
    }
  },
});
