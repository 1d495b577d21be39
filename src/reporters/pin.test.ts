import { expect, it } from "vitest";
import { renderPins } from "./pin.ts";

const look = { width: 70, color: false, unicode: true };
const image = (status: "pinned" | "updated" | "current" | "left", reason = "") => ({
  line: 3,
  image: "python:3",
  status,
  reason,
});
const diff = "--- a/Dockerfile\n+++ b/Dockerfile\n@@ -1 +1 @@\n-FROM python:3\n+FROM python:3@sha256:1\n";

it("shows what changes, and says of the rest why not", () => {
  const file = {
    file: "Dockerfile",
    images: [
      image("pinned"),
      image("pinned"),
      image("updated"),
      image("current"),
      image("left", "it is not known"),
    ],
    diff,
    problem: "",
  };
  expect(renderPins([file], look, false)).toBe(
    `${diff}Dockerfile: 2 images pinned, 1 image updated, 1 image is what the tag stands for.
  Left: python:3 in line 3: it is not known.
`,
  );
  expect(renderPins([file], look, true)).toContain("2 images would be pinned, 1 image would be updated,");
});

it("says that there was nothing to do, or no way to do it", () => {
  const none = { file: "a\u001b[2J", images: [], diff: "", problem: "" };
  expect(renderPins([none], look, false)).toMatch(/^a.*: it names no image that could be pinned\.\n$/);
  expect(renderPins([none], look, false)).not.toContain("\u001b");
  const refused = {
    ...none,
    file: "b",
    images: [image("pinned")],
    problem: "It was not changed: it lies elsewhere.",
  };
  expect(renderPins([refused], look, false)).toBe("b: It was not changed: it lies elsewhere.\n");
  expect(renderPins([{ ...none, file: "c", images: [image("left", "no")] }], look, false)).toContain(
    "c: nothing was pinned.",
  );
});
