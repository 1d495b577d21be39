import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { hideSecrets } from "../secrets.ts";
import { startCommand } from "../start-command.ts";

export default defineRule<"dockerfile">({
  id: "shell-form-start-command",
  title: "ENTRYPOINT or CMD is written without JSON brackets",
  category: "start-up",
  needs: "dockerfile",
  severity: "warning",
  requirements: [],
  why: "Without brackets the program runs inside /bin/sh. The shell does not pass signals on, so a job that is stopped loses its last results, and arguments of the job are ignored by ENTRYPOINT.",
  fix: 'Write the words as a JSON array: ENTRYPOINT ["python", "main.py"].',
  aliases: ["hadolint:DL3025", "buildkit:JSONArgsRecommended"],
  examples: {
    bad: [
      { title: "CMD", dockerfile: "FROM python:3.12\nCMD python /opt/main.py\n", lines: [2] },
      { title: "both", dockerfile: "FROM python:3.12\nENTRYPOINT python\nCMD /opt/main.py\n", lines: [2, 3] },
      {
        title: "single quotes are not JSON",
        dockerfile: "FROM python:3.12\nCMD ['python', 'main.py']\n",
        lines: [2],
      },
    ],
    good: [
      { title: "JSON", dockerfile: 'FROM python:3.12\nENTRYPOINT ["python", "/opt/main.py"]\n' },
      {
        title: "the shell named on purpose",
        dockerfile: 'FROM python:3.12\nCMD ["/bin/sh", "-c", "cd /scratch && exec python /opt/main.py"]\n',
      },
      {
        title: "exec in a shell",
        dockerfile: "FROM python:3.12\nCMD exec python /opt/main.py --cores $OMP_NUM_THREADS\n",
      },
    ],
  },
  *check(facts) {
    const start = startCommand(facts);
    if (start === undefined) return;
    for (const instruction of [start.entrypoint, start.command]) {
      if (instruction === undefined || instruction.exec !== undefined || instruction.text === "") continue;
      if (/^exec\s/.test(instruction.text)) continue;
      const broken = instruction.text.startsWith("[");
      yield {
        message: broken
          ? `${instruction.keyword} looks like JSON but is not, so the whole line is given to a shell: JSON strings take double quotes.`
          : `${instruction.keyword} runs through a shell, which does not pass on the signal that ends a job.`,
        fix: fixOf(
          "Write a JSON array.",
          `${instruction.keyword} ${asJson(hideSecrets(instruction.text.slice(0, 2000)))}`,
        ),
        ...at(facts.dockerfile, instruction.range),
      };
    }
  },
});

function asJson(text: string): string {
  const plain = text.length < 500 && !/[|&;<>$`"'(){}*?\\\n]/.test(text);
  if (text.startsWith("[")) return text.length < 500 ? text.replaceAll("'", '"') : '["program", "argument"]';
  return plain
    ? JSON.stringify(text.trim().split(/\s+/)).replaceAll('","', '", "')
    : `["/bin/sh", "-c", ${JSON.stringify(`exec ${text.slice(0, 300)}`)}]`;
}
