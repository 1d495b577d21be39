import { describe, expect, it } from "vitest";
import type { Finding } from "../findings/finding.ts";
import { chooseFindings, type Selection, settle, unknownWords } from "./selection.ts";

const rules = [
  { id: "root-user", category: "users", aliases: ["hadolint:DL3002"] },
  { id: "fixed-user-id", category: "users", aliases: [] },
  { id: "missing-health-check", category: "start-up", aliases: ["hadolint:DL3057"] },
];
const settled = (differences: Partial<Selection>) =>
  settle({ rules: {}, select: [], ignore: [], ...differences }, rules);

describe("settle", () => {
  it.each<[string, Partial<Selection>, Record<string, string>]>([
    ["nothing", {}, {}],
    ["one rule's severity", { rules: { "root-user": "info" } }, { "root-user": "info" }],
    [
      "a peer's name, which lets an optional rule run",
      { rules: { DL3057: "warning" } },
      { "missing-health-check": "on" },
    ],
    ["a peer's name that is off, which means findings", { rules: { DL3002: "off" } }, {}],
    [
      "a category, and one rule of it that differs",
      { rules: { "root-user": "error", users: "off" } },
      { "root-user": "error", "fixed-user-id": "off" },
    ],
    [
      "only what is selected",
      { select: ["DL3002"] },
      { "root-user": "on", "fixed-user-id": "off", "missing-health-check": "off" },
    ],
    [
      "everything",
      { select: ["all"], rules: { "root-user": "off", "fixed-user-id": "error" } },
      { "root-user": "on", "fixed-user-id": "error", "missing-health-check": "on" },
    ],
    [
      "everything but one",
      { select: ["all"], ignore: ["users"] },
      { "root-user": "off", "fixed-user-id": "off", "missing-health-check": "on" },
    ],
  ])("takes in %s", (_title, given, wanted) => {
    expect(settled(given)).toEqual(wanted);
  });
});

it("names the words that mean nothing", () => {
  expect(unknownWords(["users", "SC2046", "rot-user", "DL9999", "all"], rules)).toEqual([
    "rot-user",
    "DL9999",
  ]);
});

describe("chooseFindings", () => {
  const finding = (rule: string, ...aliases: readonly string[]): Finding => ({
    rule,
    title: "T",
    severity: "warning",
    requirements: [],
    message: "m.",
    aliases,
  });
  const found = [finding("root-user", "hadolint:DL3002"), finding("root-user"), finding("fixed-user-id")];
  const left = (differences: Partial<Selection>) => {
    const { findings, cut } = chooseFindings(
      { rules: {}, select: [], ignore: [], ...differences },
      found,
      rules,
    );
    return [
      findings.map((one) =>
        found.findIndex(({ rule, aliases }) => rule === one.rule && aliases === one.aliases),
      ),
      [...cut],
    ];
  };

  it.each<[string, Partial<Selection>, unknown]>([
    ["everything by default", {}, [[0, 1, 2], []]],
    ["what bears the peer's name", { select: ["DL3002"] }, [[0], ["root-user", "fixed-user-id"]]],
    ["a category whole", { select: ["users"] }, [[0, 1, 2], []]],
    ["all but what bears the name", { ignore: ["hadolint:DL3002"] }, [[1, 2], ["root-user"]]],
    ["all but what is off", { rules: { DL3002: "off" } }, [[1, 2], ["root-user"]]],
  ])("keeps %s", (_title, given, wanted) => {
    expect(left(given)).toEqual(wanted);
  });

  it("gives the severity that the peer's name has, unless the rule has one of its own", () => {
    const severities = (given: Selection["rules"]) =>
      chooseFindings({ rules: given, select: [], ignore: [] }, found, rules).findings.map(
        ({ severity }) => severity,
      );
    expect(severities({ DL3002: "error" })).toEqual(["error", "warning", "warning"]);
    expect(severities({ DL3002: "error", "root-user": "info" })).toEqual(["warning", "warning", "warning"]);
  });
});
