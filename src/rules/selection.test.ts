import { describe, expect, it } from "vitest";
import { type Selection, settle, unknownWords } from "./selection.ts";

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
    ["a peer's name", { rules: { DL3002: "off" } }, { "root-user": "off" }],
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
