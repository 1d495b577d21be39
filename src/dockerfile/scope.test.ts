import fc from "fast-check";
import { expect, it } from "vitest";
import { Scope } from "./scope.ts";
import type { Environment } from "./variables.ts";

it("keeps what was seen, whatever is set later", () => {
  const first = new Scope(new Map([["A", "0"]]));
  const before = first.view();
  first.set("A", "1");
  const then = first.view();
  first.set("A", "2");
  const child = new Scope(then);
  child.set("B", "3");
  expect([before, then, first.view(), child.view()].map((view) => view.get("A"))).toEqual([
    "0",
    "1",
    "2",
    "1",
  ]);
  expect(child.view().get("B")).toBe("3");
  expect(first.view().has("B")).toBe(false);
});

it("says what copies would say, through any number of stages", () => {
  const step = fc.record({
    name: fc.constantFrom("A", "B", "C"),
    value: fc.string({ maxLength: 2 }),
    next: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      let scope = new Scope(new Map());
      let copy = new Map<string, string>();
      const seen: [Environment, ReadonlyMap<string, string>][] = [];
      for (const { name, value, next } of steps) {
        scope.set(name, value);
        copy = new Map(copy).set(name, value);
        seen.push([scope.view(), copy]);
        if (next) scope = new Scope(scope.view());
      }
      for (const [view, map] of seen)
        for (const name of ["A", "B", "C"]) expect(view.get(name)).toBe(map.get(name));
    }),
    { numRuns: 100 },
  );
});
