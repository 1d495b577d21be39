import { describe, expect, it } from "vitest";
import { processorTime } from "../../test/processor-time.ts";
import { callsIn } from "./code-calls.ts";

const all = (): boolean => true;

describe("callsIn", () => {
  it("tells arguments apart, named and nested ones too", () => {
    const [call] = callsIn('install.packages(c("a", \'b\'), lib = "/x", dependencies=TRUE)', "R", (name) =>
      name.startsWith("install"),
    );
    expect(call?.name).toBe("install.packages");
    expect(call?.args.map(({ name, text, literal }) => [name, text, literal])).toEqual([
      [undefined, "c(\"a\", 'b')", undefined],
      ["lib", '"/x"', "/x"],
      ["dependencies", "TRUE", undefined],
    ]);
    expect(call?.args[0]?.strings).toEqual(["a", "b"]);
  });

  it.each([
    ['remotes::install_github("a/b@v1")', "R", ["remotes::install_github"]],
    ['using Pkg; Pkg.add(["A", "B"]; preserve=x)', "julia", ["Pkg.add"]],
    ["AutoModel.from_pretrained('x').save('y')", "python", ["AutoModel.from_pretrained", ".save"]],
    ['cat("f(x)") # g(y)', "R", ["cat"]],
    ["#= f(x) =# g()", "julia", ["g"]],
    ["f(g(h(1)))", "python", ["f", "g", "h"]],
    ["(1 + 2)[3]", "R", []],
    ["f(", "R", []],
    ["f(x) = g(x)", "julia", ["g"]],
    ['pak::pkg_install  ("x")', "R", ["pak::pkg_install"]],
    [")))f()", "R", ["f"]],
  ] as const)("%s", (code, language, names) => {
    expect(callsIn(code, language, all).map(({ name }) => name)).toEqual(names);
  });

  it("gives places in the code", () => {
    const code = 'x\nf( "a" ,"b")';
    const [call] = callsIn(code, "R", all);
    expect(call?.args.map(({ start, end }) => code.slice(start, end))).toEqual(['"a"', '"b"']);
    expect(code.slice(call?.start, call?.end)).toBe('f( "a" ,"b")');
  });

  it("takes deep nesting and long code in its stride", () => {
    const time = processorTime(() => {
      callsIn("f(".repeat(100_000), "R", all);
      callsIn(`${"f(".repeat(50_000)}${")".repeat(50_000)}`, "R", all);
      callsIn(`f(${'"a",'.repeat(40_000)})`, "python", all);
    });
    expect(time).toBeLessThan(2000);
  });
});
