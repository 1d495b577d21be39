import { at } from "../helpers.ts";
import { jobCommands } from "../job-commands.ts";
import { podExample } from "../job-examples.ts";
import { checkPods, type Said } from "../jobs.ts";
import { defineRule } from "../rule.ts";

const script = (line: string): string =>
  `\ncontainers:\n  - name: fit\n    command: ["/bin/sh", "-c"]\n    args:\n      - |\n        set -e\n        ${line}\n`;

export default defineRule<"job">({
  id: "job-downloads",
  title: "A job fetches code or data when it starts",
  category: "offline",
  needs: "job",
  severity: "error",
  requirements: ["K8S-22", "OFF-01"],
  why: "Nothing can be fetched on the cluster: each attempt hangs for a while and then fails. Examples that clone or download when the job starts come from a service with internet.",
  fix: "Put code into the image, and copy data to the project's storage before the job.",
  aliases: [],
  examples: {
    bad: [
      podExample(
        "a container that clones",
        '\ninitContainers:\n  - name: code\n    command: ["git", "clone", "https://github.com/lab/tool"]\ncontainers: [{name: fit}]\n',
        10,
      ),
      podExample("a download in its script", script("curl -O https://example.org/x.csv && fit"), 14),
      podExample("waiting for data to be copied in", script("kubectl cp data pod:/data"), 14),
    ],
    good: [
      podExample("an analysis", script("exec fit /safe_data/x.csv")),
      podExample("git without a network", script("git log -1")),
    ],
  },
  *check(facts, profile) {
    yield* checkPods(facts, profile, function* (pod): Iterable<Said> {
      for (const { words, range, container } of jobCommands(facts, pod)) {
        const what = fetched(words);
        if (what === undefined) continue;
        yield {
          message: `The ${container.title} runs “${what}”, which needs a network, and the cluster has none.`,
          fix: what.startsWith("git")
            ? "Copy the code into the image, and take this command away."
            : "Copy the data to the project's storage before the job, and take this command away.",
          ...at(facts, range),
        };
      }
    });
  },
});

/** What a command fetches from elsewhere, in the words of the command. */
function fetched(words: readonly string[]): string | undefined {
  const program = (words[0] ?? "").replace(/^.*\//, "");
  const [verb = "", second = ""] = words.slice(1).filter((word) => !word.startsWith("-"));
  const local = words.some((word) => /^https?:\/\/(?:localhost|127\.)/.test(word));
  if (program === "git" && /^(?:clone|pull|fetch)$/.test(verb)) return `git ${verb}`;
  if (/^(?:curl|wget|aria2c)$/.test(program) && !local) return program;
  if (/^(?:rsync|scp)$/.test(program) && words.some((word) => /^[\w.@-]+:/.test(word))) return program;
  if (program === "kubectl" && verb === "cp") return "kubectl cp";
  if (program === "aws" && verb === "s3" && /^(?:cp|sync)$/.test(second)) return `aws s3 ${second}`;
  if (/^(?:hf|huggingface-cli)$/.test(program) && verb === "download") return `${program} download`;
  return undefined;
}
