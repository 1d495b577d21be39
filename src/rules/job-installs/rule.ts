import { at, fixOf } from "../helpers.ts";
import { jobCommands } from "../job-commands.ts";
import { podExample } from "../job-examples.ts";
import { checkPods, type Said } from "../jobs.ts";
import { installOf } from "../packages.ts";
import { defineRule } from "../rule.ts";

const script = (line: string): string =>
  `\ncontainers:\n  - name: fit\n    command: ["/bin/sh", "-c"]\n    args: ["${line}"]\n`;

export default defineRule<"job">({
  id: "job-installs",
  title: "A job installs software when it starts",
  category: "offline",
  needs: "job",
  severity: "error",
  requirements: ["OFF-08"],
  why: "No package repository can be reached from the cluster, so that the installation hangs and then fails, and the analysis with it.",
  fix: "Install everything while the image is built.",
  aliases: [],
  examples: {
    bad: [
      podExample("pip", script("pip install numpy && fit"), 11),
      podExample("apt", script("apt-get update; apt-get install -y git; fit"), 11),
    ],
    good: [podExample("nothing to install", script("fit --n 3"))],
  },
  *check(facts, profile) {
    yield* checkPods(facts, profile, function* (pod): Iterable<Said> {
      const told = new Set<unknown>();
      for (const { words, range, container } of jobCommands(facts, pod)) {
        const install = installOf(words);
        if (install === undefined || told.has(container.spec)) continue;
        told.add(container.spec);
        yield {
          message: `The ${container.title} installs software with ${install.program}, and no package repository can be reached in ${profile.place}.`,
          fix: fixOf("Install it while the image is built.", `RUN ${install.program} install <packages>`),
          ...at(facts, range),
        };
      }
    });
  },
});
