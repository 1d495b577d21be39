import { fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { idleKind, serverName, startedBy } from "../start-command.ts";

const command = (...words: string[]): { entrypoint: string[]; command: string[] } => ({
  entrypoint: [],
  command: words,
});

export default defineRule<"image">({
  id: "image-starts-no-job",
  title: "The image starts a server or a prompt, and no job",
  category: "start-up",
  needs: "image",
  severity: "warning",
  requirements: ["INT-03", "IMG-14"],
  why: "Jobs on the GPU cluster are batch jobs: no port can be reached, nobody types, and a server keeps the GPUs reserved until the time limit ends it.",
  fix: 'Start the program that does the work with ENTRYPOINT in JSON form, for example ENTRYPOINT ["python", "/opt/app/main.py"].',
  aliases: [],
  examples: {
    bad: [
      { title: "Jupyter", facts: { entrypoint: ["tini", "--"], command: ["start-notebook.py"] } },
      { title: "a Python prompt", facts: command("python3") },
      { title: "a shell", facts: command("/bin/bash") },
      { title: "a server by a shell", facts: command("/bin/sh", "-c", "jupyter lab --ip=0.0.0.0") },
      { title: "waiting", facts: command("sleep", "infinity") },
    ],
    good: [
      { title: "a script", facts: command("python", "/opt/app/main.py") },
      { title: "a script by a shell", facts: command("/bin/sh", "-c", "python /opt/app/main.py") },
      { title: "nothing at all, which program-not-found tells", facts: command() },
    ],
  },
  *check(image) {
    const words = startedBy([...image.entrypoint, ...image.command]);
    if (words === undefined || words.length === 0) return;
    const server = serverName(words);
    const kind = idleKind(words);
    if (server === undefined && kind === undefined) return;
    const shown = words.join(" ").slice(0, 80);
    yield {
      message:
        server !== undefined
          ? `The image starts ${server}: in the Safe Haven nobody can reach it, and the job never ends by itself.`
          : kind === "waits"
            ? `The image starts “${shown}”, which waits and does no work.`
            : `The image starts “${shown}”, which ${kind === "shell" ? "does nothing without a person at the keyboard" : "opens a prompt and waits for a person"}.`,
      fix: fixOf(
        "Name the program that does the work.",
        /^R/.test(words[0]?.replace(/^.*\//, "") ?? "")
          ? 'ENTRYPOINT ["Rscript", "--vanilla", "/opt/app/main.R"]'
          : 'ENTRYPOINT ["python", "/opt/app/main.py"]',
      ),
      location: { imagePath: "config" },
      subjects: ["config:start-command"],
    };
  },
});
