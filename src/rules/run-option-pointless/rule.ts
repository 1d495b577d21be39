import { safeDirectories } from "../../profiles/profile.ts";
import { runOptions } from "../../run-files/options.ts";
import { at, fixOf, isWithin } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"run-files">({
  id: "run-option-pointless",
  title: "An option file has what ces-run does itself or cannot read",
  category: "job",
  needs: "run-files",
  severity: "warning",
  requirements: [],
  why: "ces-run mounts the three directories and connects the GPU itself. A second mount in their place hides them, and a word that is no option ends the command before the container starts.",
  fix: "Keep the option file to options of the engine that ces-run does not set.",
  aliases: [],
  examples: {
    bad: [
      { title: "the engine's way to a GPU", files: { opt_file: "--gpus all\n" }, lines: [1] },
      { title: "a mount of its own", files: { opt_file: "-v ./data:/safe_data\n" }, lines: [1] },
      { title: "a whole command", files: { opt_file: "podman run -it\n" }, lines: [1] },
      { title: "a dash from a word processor", files: { opt_file: "–network=none\n" }, lines: [1] },
      { title: "an open quote", files: { opt_file: '-e "A=b\n' }, lines: [1] },
    ],
    good: [
      { title: "options", files: { opt_file: "-p 8787:8787 -it\n-e A=b -v ./x:/mnt/x\n# note\n" } },
      { title: "a value on the next line", files: { "run.opt": "--mount\ntype=tmpfs,destination=/run\n" } },
    ],
  },
  *check(facts, profile) {
    for (const { file, option, value, range } of runOptions(facts)) {
      if (option === "--gpus") {
        yield {
          message: "ces-run connects the GPU by an option of its own.",
          fix: fixOf("Take this line away, and run it like this.", "ces-run --gpu ..."),
          ...at(file, range),
        };
        continue;
      }
      const target =
        option === "-v" || option === "--volume"
          ? value.split(":")[1]
          : option === "--mount"
            ? /(?:^|,)(?:target|dst|destination)=([^,]*)/.exec(value)?.[1]
            : undefined;
      const folder = safeDirectories(profile).find(
        (one) =>
          target !== undefined && isWithin(target.replace(/\/$/, ""), one) && !isWithin(one, `${target}/x`),
      );
      if (folder !== undefined && target?.replace(/\/$/, "") === folder)
        yield {
          message: `ces-run mounts ${folder} itself, and this would take its place.`,
          fix: "Take this option away.",
          ...at(file, range),
        };
    }
    for (const file of facts.files) {
      if (file.kind !== "options") continue;
      for (const [index, row] of file.rows.entries()) {
        const open = row.find(({ unclosed }) => unclosed);
        const [first] = row;
        if (open !== undefined)
          yield {
            message: "A quote is opened on this line and not closed.",
            fix: "Close the quote, or take it away.",
            ...at(file, open.range),
          };
        else if (first !== undefined && !first.value.startsWith("-") && !takesNext(file.rows[index - 1])) {
          yield {
            message: /^[\u2010-\u2015]/.test(first.value)
              ? "The dash is not the one of the keyboard, so that no option begins with it."
              : "The line does not begin with an option.",
            fix: fixOf("Write options only, each with plain dashes.", "--network=none"),
            ...at(file, first.range),
          };
        }
      }
    }
  },
});

/** True when the line before ends with an option that may still want its value. */
const takesNext = (row: readonly { readonly value: string }[] | undefined): boolean =>
  /^--?[a-z][a-z-]*$/.test(row?.at(-1)?.value ?? "");
