import { expect, it } from "vitest";
import { defaultConfig } from "../config/config.ts";
import { profileHash } from "../profiles/hash.ts";
import { testProfile } from "../rules/test-facts.ts";
import { Collector } from "./collector.ts";
import { withPeerSettings } from "./suppressions.ts";

it("names the policy as the place gives it, whatever the project's settings add", async () => {
  const profile = testProfile();
  const scan = { failOn: "high", image: undefined } as const;
  const config = { ...defaultConfig, scan, labels: { "org.example.licence": "spdx" as const } };
  const settings = await withPeerSettings(".", new Set(), config, profile);
  expect(settings.profile).not.toEqual(profile);
  const sink = { start: () => {}, detail: () => {}, done: () => {} };
  const { profile: named } = await new Collector("check", "x", settings, sink).report();
  expect(named.sha256).toBe(profileHash(profile));
});
