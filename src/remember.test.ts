import { expect, it } from "vitest";
import { forget, onceFor, remembered } from "./remember.ts";

it("works out one answer for each text until it is told to forget, and holds a bounded number", () => {
  const asked: string[] = [];
  const upper = remembered(2, (text) => {
    asked.push(text);
    return text.toUpperCase();
  });
  expect([upper("a"), upper("a"), upper("b")]).toEqual(["A", "A", "B"]);
  expect(asked).toEqual(["a", "b"]);
  expect([upper("c"), upper("a")]).toEqual(["C", "A"]);
  expect(asked).toEqual(["a", "b", "c", "a"]);
  forget();
  expect(upper("a")).toBe("A");
  expect(asked).toEqual(["a", "b", "c", "a", "a"]);
});

it("does not hold long texts", () => {
  let count = 0;
  const length = remembered(10, (text) => {
    count++;
    return text.length;
  });
  const long = "x".repeat(5000);
  expect([length(long), length(long), count]).toEqual([5000, 5000, 2]);
});

it("works things out once for each object, undefined among them", () => {
  let count = 0;
  const once = onceFor<{ readonly kept: unknown[] }>()(() => {
    count++;
    return undefined;
  });
  const object = { kept: [] };
  expect([once(object), once(object), count]).toEqual([undefined, undefined, 1]);
  once({ kept: [] });
  expect(count).toBe(2);
});
