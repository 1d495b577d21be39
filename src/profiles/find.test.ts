import { describe, expect, it } from "vitest";
import { testProfile } from "../rules/test-facts.ts";
import { chooseRuntimes, findProfile, findRuntime } from "./find.ts";

const profile = testProfile();
const chosen = (asked: Parameters<typeof chooseRuntimes>[1]): string[] =>
  chooseRuntimes(profile, asked).map(({ runtime, decides }) => `${runtime.id}${decides ? "*" : ""}`);

describe("chooseRuntimes", () => {
  it.each([
    ["the profile's own where nothing is asked for", {}, ["k8s*"]],
    ["those that are named, and they decide", { named: ["apptainer", "podman"] }, ["apptainer*", "podman*"]],
    ["one that is named twice once", { named: ["k8s", "k8s"] }, ["k8s*"]],
    ["all the others beside", { matrix: true }, ["k8s*", "podman", "apptainer", "ood", "future"]],
    [
      "all the others beside what is named",
      { named: ["podman"], matrix: true },
      ["podman*", "k8s", "apptainer", "ood", "future"],
    ],
    ["what is announced beside the rest", { foreseen: true }, ["k8s*", "future"]],
    ["what is announced alone, which decides nothing", { named: ["future"] }, ["future"]],
  ])("takes %s", (_title, asked, wanted) => {
    expect(chosen(asked)).toEqual(wanted);
  });

  it.each(["kubernetes", "", "constructor", "__proto__", "K8S"])("knows no runtime %j", (id) => {
    expect(() => chooseRuntimes(profile, { named: [id] })).toThrow(
      expect.objectContaining({ code: "runtime.unknown", exitCode: 2, hint: expect.stringContaining("ood") }),
    );
  });
});

it("finds by name, and nothing that merely every object has", () => {
  expect(findProfile("shs-gpu-cluster").id).toBe("shs-gpu-cluster");
  expect(findRuntime(profile, "ood").timeLimit?.value).toBe("6h");
  expect(() => findProfile("toString")).toThrow(expect.objectContaining({ code: "profile.unknown" }));
});
