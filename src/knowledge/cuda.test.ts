import { expect, it } from "vitest";
import { compareVersions, firstCuda, minimumDriver } from "./cuda.ts";

it.each([
  ["13.0.1", "580"],
  ["12", "525.60.13"],
  ["12.6.77", "525.60.13"],
  ["11.8", "450.80.02"],
  ["10.2.89", "440.33"],
  ["10.0", "410.48"],
  ["1", undefined],
  ["120.1", undefined],
])("CUDA %s needs the driver %s", (cuda, driver) => {
  expect(minimumDriver(cuda)).toBe(driver);
});

it("knows which CUDA came with a kind of GPU", () => {
  expect(firstCuda("8.0")).toBe("11.0");
  expect(firstCuda("99.0")).toBeUndefined();
});

it.each([
  ["550.54.15", "525.60.13", 1],
  ["525.60.13", "525.60.13", 0],
  ["450.80.02", "450.80.2", 0],
  ["10.2", "11.0", -1],
  ["9", "9.0.1", -1],
])("compares %s with %s", (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b))).toBe(sign);
});
