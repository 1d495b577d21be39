import { describe, expect, it } from "vitest";
import { parseDockerfile } from "./parse.ts";
import { shellCommands } from "./shell.ts";
import { parseScript, unreadScripts } from "./shell-tree.ts";

const open = (n: number): string => `${"(".repeat(n)}true${")".repeat(n)}`;

describe("parseScript", () => {
  it("gives the same tree for the same text, and forgets what is no longer asked for", () => {
    const tree = parseScript("echo once && echo twice");
    expect(parseScript("echo once && echo twice")).toBe(tree);
    for (let n = 0; n < 300; n++) parseScript(`echo ${n} ${"x".repeat(1000)}`);
    expect(parseScript("echo once && echo twice")).not.toBe(tree);
  });

  it("takes no script that opens brackets or heredocs beyond all reason", () => {
    expect(parseScript(open(1001))).toBeUndefined();
    expect(parseScript("cat <<a\n".repeat(1001))).toBeUndefined();
    expect(parseScript(`(a); ${"{ b; } ".repeat(2000)}`)).toBeDefined();
  });
});

describe("unreadScripts", () => {
  it.each([
    ["RUN", `RUN ${open(1001)}`],
    ["RUN", `RUN <<EOF\n${open(1001)}\nEOF`],
    ["RUN", `RUN ["sh", "-c", "${open(1001)}"]`],
    ["ONBUILD", `ONBUILD RUN ${open(1001)}`],
    ["CMD", `CMD ${open(1001)}`],
  ])("names %s: %.20s", (keyword, line) => {
    const { instructions } = parseDockerfile(`FROM x\nRUN true\n${line}\n`);
    const unread = unreadScripts(instructions);
    expect(unread.map((one) => one.keyword)).toEqual([keyword]);
    for (const one of unread) expect(shellCommands(one.trigger ?? one)).toEqual([]);
  });

  it("names no other", () => {
    const text = `FROM x\nENV A=${open(1001)}\nRUN ${open(50)} ${"x".repeat(2000)}\n`;
    expect(unreadScripts(parseDockerfile(text).instructions)).toEqual([]);
  });
});
