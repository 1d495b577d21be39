import { listOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

const MOST = 5;

export default defineRule<"image">({
  id: "shared-account-numbers",
  title: "Two accounts of the image share a number",
  category: "users",
  needs: "image",
  severity: "info",
  requirements: [],
  why: "Files belong to numbers, not to names: accounts that share one own each other's files, which is seldom meant.",
  fix: "Give each user and each group a number of its own.",
  aliases: ["dockle:DKL-LI-0002"],
  examples: {
    bad: [
      {
        title: "two users",
        facts: {
          accounts: { passwd: "root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/root:/bin/sh\n", group: undefined },
        },
      },
      {
        title: "two groups",
        facts: { accounts: { passwd: undefined, group: "lab:x:1000:\nstudy:x:1000:me\n" } },
      },
    ],
    good: [
      { title: "each has its own", facts: {} },
      { title: "lists that are not there", facts: { accounts: { passwd: undefined, group: undefined } } },
      {
        title: "the same account twice",
        facts: { accounts: { passwd: "a:x:7:7::/:/bin/sh\na:x:7:7::/:/bin/sh\n", group: undefined } },
      },
    ],
  },
  *check({ accounts }) {
    for (const [what, path, text] of [
      ["users", "/etc/passwd", accounts.passwd],
      ["groups", "/etc/group", accounts.group],
    ] as const) {
      for (const [number, names] of [...namesByNumber(text ?? "")].slice(0, MOST)) {
        yield {
          message: `The ${what} ${listOf(names.slice(0, 4))} have the same number, ${number}.`,
          fix: "Give each a number of its own, or leave out the one that is not used.",
          location: { imagePath: path },
        };
      }
    }
  },
});

/** Numbers that several names have, in the order of the list. */
function namesByNumber(text: string): Map<string, readonly string[]> {
  const names = new Map<string, Set<string>>();
  for (const line of text.split("\n")) {
    const [name = "", , number = ""] = line.split(":");
    if (name === "" || !/^\d{1,10}$/.test(number)) continue;
    names.set(number, (names.get(number) ?? new Set()).add(name.slice(0, 40)));
  }
  return new Map([...names].flatMap(([number, set]) => (set.size > 1 ? [[number, [...set]] as const] : [])));
}
