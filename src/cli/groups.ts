/** What each command is for, in the order in which a project meets them: the headings of the help. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  "Start:": ["init", "pin", "data"],
  "Check:": ["check", "lint", "build", "inspect", "test", "scan"],
  "Look closer:": ["report", "explain", "rules", "diff", "tree", "compare"],
  "Hand over:": ["sign", "crate", "publish", "job"],
  "Review:": ["verify"],
};

/** The heading of all that is about the program itself. */
export const OTHERS = "Other commands:";

/** The heading that a command stands under. */
export const groupOf = (command: string): string =>
  Object.entries(GROUPS).find(([, names]) => names.includes(command))?.[0] ?? OTHERS;

const IN_ORDER = Object.values(GROUPS).flat();

/** For sorting: those of one group together, the others last. */
export const placeOf = (command: string): number =>
  IN_ORDER.includes(command) ? IN_ORDER.indexOf(command) : IN_ORDER.length;
