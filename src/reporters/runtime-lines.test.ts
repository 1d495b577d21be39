import { describe, expect, it } from "vitest";
import type { Report, RuntimeResult } from "../evidence/report.ts";
import { renderHtml } from "./page/render.tsx";
import { notClearReport } from "./page/sample-report.ts";
import { runtimeLines } from "./runtime-lines.ts";
import { displayWidth } from "./wrap.ts";

const look = { width: 80, color: false, unicode: false } as const;
const runtime = (id: string, differences: Partial<RuntimeResult> = {}): RuntimeResult => ({
  id,
  title: `The ${id}`,
  decides: id === "k8s",
  foreseen: false,
  startedWith: "docker 28.2",
  imitated: true,
  notImitated: ["GPUs."],
  problem: "",
  verdict: "clear",
  requirements: [
    { id: "DIR-07", status: "pass", reason: "Shown by the test run." },
    { id: "UID-05", status: "not-assessed", reason: "It cannot be shown there." },
  ],
  ...differences,
});
const failing = (id: string): RuntimeResult =>
  runtime(id, {
    verdict: "not-clear",
    requirements: [
      { id: "DIR-07", status: "fail", reason: `python (process ${id.length}) lost \u001b[31m/results<b>.` },
      { id: "UID-05", status: "pass", reason: "Shown." },
    ],
  });
const reportOf = (runtimes: readonly RuntimeResult[]): Report => {
  const { recording } = notClearReport;
  if (recording === null) throw new Error("the sample has a run");
  const exit = { code: 3, signal: null, cause: "exited" as const, detail: "" };
  return {
    ...notClearReport,
    runtimes,
    recording: { ...recording, runtime: "k8s", exit: { ...exit, code: 0 } },
    others: [{ ...recording, runtime: "podman", exit }],
  };
};

describe("runtimeLines", () => {
  it("says nothing of a test in one runtime", () => {
    expect(runtimeLines(reportOf([runtime("k8s")]), look)).toEqual([]);
  });

  it("is a table with the reasons of what fails beside the verdict", () => {
    const report = reportOf([runtime("k8s"), failing("podman"), failing("ood")]);
    expect(runtimeLines(report, look).join("\n")).toBe(
      [
        " Runtimes",
        "",
        "              k8s*        podman      ood",
        "  the job     exit 0      exit 3      not run",
        "  verdict     clear       not clear   not clear",
        "  DIR-07      pass        fail        fail",
        "  UID-05      -           pass        pass",
        "",
        "  podman, ood: DIR-07: python lost /results<b>.",
        "  * decides the verdict; - is not assessed, and the report says why.",
        "  k8s, podman, ood: imitated with docker 28.2.",
        "",
      ].join("\n"),
    );
  });

  it("keeps within the width, whatever the number of runtimes", () => {
    const many = Array.from({ length: 9 }, (_, index) => failing(`runtime-${index}-with-a-long-name`));
    for (const width of [40, 80, 200])
      for (const line of runtimeLines(reportOf(many), { ...look, width }))
        expect(displayWidth(line)).toBeLessThanOrEqual(width);
  });
});

it("the page has every reason, and takes nothing in them for HTML", () => {
  const html = renderHtml(
    reportOf([runtime("k8s"), failing("podman"), runtime("ood", { problem: "No space." })]),
  );
  expect(html).toContain("It cannot be shown there.");
  expect(html).toContain("lost");
  expect(html).not.toContain("/results<b>");
  expect(html).toContain("not run: No space.");
  expect(html).toContain("GPUs.");
});
