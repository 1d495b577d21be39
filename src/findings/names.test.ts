import { expect, it } from "vitest";
import { means } from "./names.ts";

const rule = { id: "root-user", category: "users", aliases: ["hadolint:DL3002", "trivy:DS-0002"] };

it.each([
  ["root-user", true],
  ["Root-User", true],
  ["users", true],
  ["all", true],
  ["DL3002", true],
  ["hadolint:DL3002", true],
  ["DS-0002", true],
  ["AVD-DS-0002", true],
  ["DS002", true],
  ["trivy:DS002", true],
  ["trivy:DS-0020", false],
  ["trivy:DL3002x", false],
  ["DL300", false],
  ["root", false],
  ["", false],
])("“%s” means the rule: %s", (word, wanted) => {
  expect(means(word, rule)).toBe(wanted);
});
