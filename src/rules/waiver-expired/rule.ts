import { defineRule } from "../rule.ts";
import { placeOf, waiverName } from "../waivers.ts";

export default defineRule<"waivers">({
  id: "waiver-expired",
  title: "A waiver has ended",
  category: "style",
  needs: "waivers",
  severity: "warning",
  requirements: [],
  why: "What was accepted until a day has to be looked at again after it. Until then the finding stands.",
  fix: "Mend what the waiver was for, or agree on a new end.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "the day has passed",
        facts: {
          uses: [
            {
              waiver: {
                rule: "unpinned-base",
                reason: "moves to the new base in spring",
                until: "2026-03-31",
                source: "settings",
              },
              outcome: "expired",
              known: true,
            },
          ],
        },
      },
    ],
    good: [
      {
        title: "it still counts",
        facts: {
          uses: [
            {
              waiver: {
                rule: "unpinned-base",
                reason: "moves to the new base in spring",
                until: "2027-03-31",
                source: "settings",
              },
              outcome: "used",
              known: true,
            },
          ],
        },
      },
    ],
  },
  *check({ uses }) {
    for (const { waiver, outcome } of uses) {
      if (outcome !== "expired") continue;
      yield {
        message: `${waiverName(waiver)} ended on ${waiver.until ?? "a day in the past"} and no longer counts.`,
        fix: "Mend what it was for, or agree on a new end and write it down.\n    until: <date>",
        ...placeOf(waiver),
      };
    }
  },
});
