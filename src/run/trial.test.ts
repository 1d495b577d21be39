import fc from "fast-check";
import { expect, it } from "vitest";
import { defaultConfig } from "../config/config.ts";
import { nothingExpected } from "../config/expectations.ts";
import { chooseRuntimes, findRuntime } from "../profiles/find.ts";
import { testProfile } from "../rules/test-facts.ts";
import { NO_EXTRAS } from "./extras.ts";
import { trialName, trialsOf } from "./trial.ts";

const profile = testProfile();
const settings = defaultConfig.test;

it("tries every case in every runtime, those that decide first", () => {
  const cases = [
    { name: "small", settings, expect: nothingExpected },
    { name: "Large sample!", settings, expect: nothingExpected },
  ];
  const trials = trialsOf(
    chooseRuntimes(profile, { named: ["podman"], foreseen: true }),
    cases,
    () => NO_EXTRAS,
  );
  expect(trials.map((trial) => [trialName(trial), trial.decides])).toEqual([
    ["podman-small", true],
    ["podman-large-sample", true],
    ["future-small", false],
    ["future-large-sample", false],
  ]);
});

it("makes names for folders and containers of any name", () => {
  const runtime = findRuntime(profile, "k8s");
  fc.assert(
    fc.property(fc.string(), (name) => {
      const trial = {
        runtime,
        case: { name, settings, expect: nothingExpected },
        decides: true,
        extras: NO_EXTRAS,
      };
      expect(trialName(trial)).toMatch(/^k8s(?:-[a-z0-9-]{1,40})?$/);
    }),
  );
});
