import { expect, it } from "vitest";
import { defaultConfig } from "../config/config.ts";
import { testProfile } from "../rules/test-facts.ts";
import { withPeerSettings } from "./suppressions.ts";

it.each([
  [undefined, undefined, undefined],
  [undefined, "high", "high"],
  ["high", undefined, "high"],
  ["high", "medium", "medium"],
  ["high", "critical", "high"],
] as const)("takes the stricter limit: profile %s, settings %s", async (place, project, wanted) => {
  const profile = testProfile();
  const scan = {
    databaseDays: { value: 7, source: "assumed" },
    failOn: place && { value: place, source: "IG-04" },
  };
  const config = { ...defaultConfig, scan: { failOn: project, image: undefined } };
  const settings = await withPeerSettings(".", new Set(), config, { ...profile, scan });
  expect(settings.profile.scan?.failOn?.value).toBe(wanted);
  // What a reviewer compares the evidence with knows nothing of the project's settings.
  expect((settings.placeProfile ?? settings.profile).scan).toEqual(scan);
});
