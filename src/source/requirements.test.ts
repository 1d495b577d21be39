import { expect, it } from "vitest";
import { isRequirements, requirementsIn } from "./requirements.ts";

it("knows lists of packages by their names", () => {
  const names = [
    "requirements.txt",
    "a/dev-requirements.txt",
    "requirements/base.txt",
    "environment.yml",
    "conda_env.yaml",
  ];
  expect(names.filter(isRequirements)).toEqual(names);
  expect(["notes.txt", "a.yml", "venv/requirements.txt", "requirements.md"].filter(isRequirements)).toEqual(
    [],
  );
});

it("reads requirements with their places", () => {
  const { requirements, constrained } = requirementsIn(
    "requirements.txt",
    "\uFEFF# x\r\n-r b.txt\r\n  numpy>=1 # why\r\na==1 \\\r\n  --hash=sha256:0\r\nb @ https://x/y#egg=b\r\n",
  );
  expect(requirements.map(({ text, line, startColumn }) => [text, line, startColumn])).toEqual([
    ["numpy>=1", 3, 3],
    ["a==1", 4, 1],
    ["b @ https://x/y#egg=b", 6, 1],
  ]);
  expect(constrained).toBe(false);
  expect(requirementsIn("requirements.txt", "-c c.txt\nx\n").constrained).toBe(true);
});

it("reads the dependencies of an environment, and nothing else of it", () => {
  const text =
    "channels: [x]\ndependencies:\n- python=3.12\n- 'a>=1' # y\n- pip:\n  - b\n- c\nvariables:\n  - d\n";
  expect(
    requirementsIn("environment.yml", text).requirements.map((one) => [one.text, one.tool, one.line]),
  ).toEqual([
    ["python=3.12", "conda", 3],
    ["a>=1", "conda", 4],
    ["b", "pip", 6],
    ["c", "conda", 7],
  ]);
});
