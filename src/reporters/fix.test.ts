import { expect, it } from "vitest";
import type { FixedFile } from "../fix/result.ts";
import { renderFixes } from "./fix.ts";

const plain = { width: 80, color: false, unicode: true };
const one: FixedFile = {
  file: "Dockerfile",
  rules: [
    { rule: "add-instead-of-copy", count: 2 },
    { rule: "unpinned-base", count: 1 },
  ],
  fixed: 3,
  left: 2,
  diff: "--- a/Dockerfile\n+++ b/Dockerfile\n@@ -1 +1 @@\n-ADD \u001B[31mx\n+COPY x\n",
  written: true,
  notes: ["A base image was not pinned: docker.io cannot be reached."],
};
const quiet: FixedFile = { file: "other", rules: [], fixed: 0, left: 1, diff: "", written: false, notes: [] };

it("says what was fixed, and what could not be", () => {
  expect(renderFixes([one, quiet], plain, false)).toBe(
    "Fixed 3 of 5 findings in Dockerfile: add-instead-of-copy (2), unpinned-base.\n    A base image was not pinned: docker.io cannot be reached.\n",
  );
  expect(renderFixes([{ ...quiet, notes: ["It was not changed."] }], plain, false)).toBe(
    "other: nothing was fixed.\n    It was not changed.\n",
  );
  expect(renderFixes([quiet], plain, true)).toBe("Nothing can be fixed without you.\n");
});

it("shows the diff of a dry run, safe for a terminal", () => {
  expect(renderFixes([one], plain, true)).toMatch(
    /^--- a\/Dockerfile\n\+\+\+ b\/Dockerfile\n@@ -1 \+1 @@\n-ADD \\x1b\[31mx\n\+COPY x\nWould fix 3 of 5 findings/,
  );
  const coloured = renderFixes([one], { ...plain, color: true }, true);
  expect(coloured).toContain("\u001B[31m-ADD \\x1b[31mx\u001B[39m\n\u001B[32m+COPY x\u001B[39m\n");
  expect(coloured).toContain("\u001B[32mWould fix\u001B[39m 3 of 5");
});
