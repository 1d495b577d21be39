import { defineRule } from "../rule.ts";
import { placeOf, waiverName } from "../waivers.ts";

export default defineRule<"waivers">({
  id: "waiver-without-reason",
  title: "A finding is passed over without a reason",
  category: "style",
  needs: "waivers",
  severity: "warning",
  requirements: [],
  why: "A reviewer has to decide whether what is passed over can stand, and cannot ask anybody. Without a reason it cannot be accepted.",
  fix: "Say why, for a reader who does not know the project.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "in pratique.yaml",
        facts: {
          uses: [
            {
              waiver: { rule: "root-user", reason: "", source: "settings" },
              outcome: "refused",
              known: true,
            },
          ],
        },
      },
      {
        title: "a hadolint comment alone",
        facts: {
          uses: [
            {
              waiver: { rule: "hadolint:DL3008", reason: "", source: "hadolint" },
              outcome: "used",
              known: true,
            },
          ],
        },
      },
    ],
    good: [
      {
        title: "with a reason",
        facts: {
          uses: [
            {
              waiver: {
                rule: "root-user",
                reason: "the base image's start script needs it",
                source: "comment",
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
      if (waiver.reason.trim() !== "" || outcome === "expired" || outcome === "unused") continue;
      const own = waiver.source === "settings" || waiver.source === "comment";
      yield {
        severity: own ? "warning" : "info",
        message: own
          ? `${waiverName(waiver)} gives no reason, so it does not count.`
          : `${waiverName(waiver)} gives no reason.`,
        fix:
          waiver.source === "settings"
            ? "Add a line to the waiver.\n    reason: <why this can stand>"
            : waiver.source === "comment"
              ? 'Add the reason to the comment.\n    reason="<why this can stand>"'
              : "Say why in a comment beside it.",
        ...placeOf(waiver),
      };
    }
  },
});
