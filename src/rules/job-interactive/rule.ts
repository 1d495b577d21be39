import { at } from "../helpers.ts";
import { jobCommands } from "../job-commands.ts";
import { podExample } from "../job-examples.ts";
import { checkPods, type Said } from "../jobs.ts";
import { defineRule } from "../rule.ts";
import { serverName } from "../start-command.ts";

const container = (command: string): string => `\ncontainers:\n  - name: fit\n    command: ${command}\n`;

export default defineRule<"job">({
  id: "job-interactive",
  title: "A job waits for somebody to use it",
  category: "start-up",
  needs: "job",
  severity: "warning",
  requirements: ["INT-03"],
  why: "Nobody can open a page that a job serves, and a job that waits holds its GPUs until its time is up, while others queue for them.",
  fix: "Let the job run the analysis itself and end.",
  aliases: [],
  examples: {
    bad: [
      podExample("a notebook", container("[jupyter, lab]"), 10),
      podExample("nothing at all, for ever", container('["sleep", "infinity"]'), 10),
      podExample("the same in a shell", container('["sh", "-c", "tail -f /dev/null"]'), 10),
    ],
    good: [
      podExample("an analysis", container("[Rscript, /opt/app/main.R]")),
      podExample("a short wait", container('["sh", "-c", "sleep 5; fit"]')),
    ],
  },
  *check(facts, profile) {
    yield* checkPods(facts, profile, function* (pod): Iterable<Said> {
      for (const { words, range, container } of jobCommands(facts, pod)) {
        const server = serverName(words);
        if (server === undefined && !waits(words)) continue;
        yield {
          message:
            server === undefined
              ? `The ${container.title} only waits, and holds its machine while it does.`
              : `The ${container.title} starts ${server}, which nobody can reach.`,
          fix: "Run the analysis itself.",
          ...at(facts, range),
        };
      }
    });
  },
});

function waits(words: readonly string[]): boolean {
  const [program = "", ...args] = words;
  const name = program.replace(/^.*\//, "");
  if (name === "sleep") return args.some((arg) => /^(?:infinity|inf|\d{5,}|\d+d)$/.test(arg));
  return name === "tail" && args.some((arg) => /^-\w*f/i.test(arg)) && args.includes("/dev/null");
}
