import { afterEach, describe, expect, it, vi } from "vitest";
import { PratiqueError } from "../errors.ts";
import { displayWidth } from "../reporters/wrap.ts";
import { RULE_NAMES } from "../rules/registry/registry.gen.ts";
import { explain, listRules, type RulesOptions } from "./explain.ts";

let printed = "";
vi.spyOn(process.stdout, "write").mockImplementation((text) => {
  printed += String(text);
  return true;
});
const { isTTY, columns } = process.stdout;
afterEach(() => {
  printed = "";
  Object.assign(process.stdout, { isTTY, columns });
});

const list = async (options: Partial<RulesOptions> = {}): Promise<string[]> => {
  printed = "";
  await listRules({ format: "text", ...options });
  return printed.split("\n").slice(0, -1);
};
async function failure(work: Promise<unknown>): Promise<PratiqueError> {
  const error = await work.catch((thrown: unknown) => thrown);
  if (error instanceof PratiqueError) return error;
  throw new Error("it did not fail");
}

describe("pratique rules", () => {
  it("prints one line of fields for each rule into a pipe", async () => {
    Object.assign(process.stdout, { isTTY: false });
    const lines = await list();
    expect(lines).toHaveLength(Object.keys(RULE_NAMES).length);
    for (const line of lines) expect(line.split("\t")).toHaveLength(6);
    expect(lines.find((line) => line.startsWith("root-user\t"))).toMatch(
      /\twarning\t[a-z-]+\t-\t.*hadolint:DL3002/,
    );
  });

  it.each([40, 80, 120])("fits %i columns on a terminal", async (width) => {
    Object.assign(process.stdout, { isTTY: true, columns: width });
    const lines = (await list()).map((line) => line.replace(/\u001b\[\d+m/g, ""));
    expect(lines[0]).toMatch(/^Rule +Severity +Category/);
    const widest = Math.max(...lines.map(displayWidth));
    // A rule's own name is never broken.
    expect(widest).toBeLessThanOrEqual(Math.max(width, 70));
    expect(lines.join("\n")).toContain("hadolint:DL3002");
  });

  it.each<[string, Partial<RulesOptions>, RegExp]>([
    ["a requirement", { requirement: "off-01" }, /OFF-01/],
    ["a peer", { peer: "hadolint" }, /hadolint:/],
    ["a peer's rule", { peer: "DL3002" }, /^root-user\t/],
    ["a peer's rule in full", { peer: "hadolint:dl3002" }, /^root-user\t/],
    ["a category", { category: "offline" }, /\toffline\t/],
    ["being optional", { optional: true }, /\toptional\t/],
  ])("filters by %s", async (_what, filter, pattern) => {
    Object.assign(process.stdout, { isTTY: false });
    const lines = await list(filter);
    const all = await list();
    expect(lines).toEqual(all.filter((line) => lines.includes(line)));
    expect(lines.length).toBeLessThan(all.length);
    for (const line of lines) expect(line).toMatch(pattern);
    if (filter.optional !== true) expect(lines).not.toEqual([]);
  });

  it("joins filters, by kind too, and prints JSON", async () => {
    await listRules({ format: "json", kind: "project", category: "offline" });
    const rules: readonly { id: string; needs: string; category: string }[] = JSON.parse(printed);
    expect(rules.length).toBeGreaterThan(0);
    for (const rule of rules) expect(rule).toMatchObject({ needs: "project", category: "offline" });
    printed = "";
    await listRules({ format: "json", kind: "run", peer: "DL3002" });
    expect(JSON.parse(printed)).toEqual([]);
  });

  it("says so when nothing can fit", async () => {
    expect((await failure(listRules({ format: "text", requirement: "OFF-1" }))).hint).toContain("OFF-01");
    expect((await failure(listRules({ format: "text", peer: "hadolnt" }))).hint).toContain("hadolint");
  });
});

describe("pratique explain", () => {
  it.each(["root-user", "DL3002", "hadolint:dl3002"])("finds a rule as %s", async (name) => {
    await explain(name);
    expect(printed).toMatch(/^root-user\n[\s\S]*Why it matters[\s\S]*Category: /);
  });

  it("explains a requirement, with its rules", async () => {
    await explain("off-01");
    expect(printed).toMatch(/^OFF-01\n[\s\S]*must[\s\S]*no-runtime-download/);
    printed = "";
    await explain("OFF-01", { format: "json" });
    const { requirements } = JSON.parse(printed);
    expect(requirements[0]).toMatchObject({
      id: "OFF-01",
      rules: expect.arrayContaining(["no-runtime-download"]),
    });
  });

  it("says what may have been meant", async () => {
    expect((await failure(explain("root-usr"))).hint).toContain("“root-user”");
    expect((await failure(explain("DL30002"))).hint).toMatch(/DL3/);
    expect((await failure(explain("OFF-0l"))).hint).toMatch(/OFF-0/);
    expect((await failure(explain("offline"))).hint).toContain("--category offline");
    expect((await failure(explain("all"))).code).toBe("rule.unknown");
    expect((await failure(explain("zzzzzzzzzzzzzzzz"))).hint).toContain("pratique rules");
  });
});
