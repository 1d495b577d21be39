import { expect, it } from "vitest";
import type { Finding } from "./finding.ts";
import { addBeside, joinRuns } from "./runtimes.ts";

const finding = (runtime: string, differences: Partial<Finding> = {}): Finding => ({
  rule: "r",
  title: "t",
  severity: "error",
  requirements: ["X-01"],
  message: "python (process 1) could not write /x.",
  aliases: [],
  location: { process: { pid: 1, command: "python", executable: "/usr/bin/python" } },
  runtimes: [runtime],
  ...differences,
});

it("joins what is the same in several runtimes, whatever the process ids", () => {
  const other = finding("podman", { message: "python (process 27) could not write /x." });
  expect(joinRuns([[finding("k8s")], [other, finding("podman", { rule: "s" })]])).toEqual([
    { ...finding("k8s"), runtimes: ["k8s", "podman"] },
    finding("podman", { rule: "s" }),
  ]);
  // Two of a kind in one run stay two.
  expect(
    joinRuns([[finding("k8s"), finding("k8s")], [finding("ood")]]).map(({ runtimes }) => runtimes),
  ).toEqual([["k8s", "ood"], ["k8s"]]);
});

it("makes a remark of what only showed beside the verdict, and leaves other findings alone", () => {
  const { runtimes: _, ...file } = finding("k8s", { rule: "of-the-file" });
  const own = [finding("k8s"), file];
  expect(
    addBeside(own, [
      [finding("ood"), file, finding("ood", { rule: "s" })],
      [finding("podman", { rule: "s" })],
    ]),
  ).toEqual([
    finding("k8s", { runtimes: ["k8s", "ood"] }),
    file,
    finding("ood", { rule: "s", severity: "info", runtimes: ["ood", "podman"] }),
  ]);
});
