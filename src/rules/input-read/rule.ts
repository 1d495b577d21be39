import { fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { processName } from "../runs.ts";

const process = { pid: 9, command: "python ask.py", executable: "/usr/bin/python3" };
const read = { stdinRead: true, stdinReaders: [process], terminalOpens: 0 };

export default defineRule<"run">({
  id: "input-read",
  title: "The program waits for something to be typed in",
  category: "job",
  needs: "run",
  severity: "warning",
  requirements: ["IMG-14"],
  why: "A job in the Safe Haven runs without anybody at a keyboard: standard input is empty. A program that asks gets no answer, and stops or goes on with nothing.",
  fix: "Take the answer from an argument, a configuration file or a variable of the environment.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a question, and an error",
        facts: {
          recording: { input: read, exit: { code: 1, signal: null, cause: "exited", detail: "" } },
        },
      },
      {
        title: "a shell that finds nothing to do",
        facts: { recording: { argv: ["/bin/bash"], input: { ...read, stdinReaders: [] } } },
      },
    ],
    good: [
      { title: "no question", facts: {} },
      {
        title: "a shell that looks for its terminal",
        facts: { recording: { input: { stdinRead: false, stdinReaders: [], terminalOpens: 2 } } },
      },
      {
        title: "not observed",
        facts: { recording: { input: { stdinRead: null, stdinReaders: [], terminalOpens: 0 } } },
      },
    ],
  },
  *check({ recording }) {
    const { input, exit } = recording;
    if (input.stdinRead !== true) return;
    const [reader] = input.stdinReaders;
    const who = reader === undefined ? "The program" : processName(reader);
    yield {
      message: `${who} read from standard input, which is empty in a job${exit.code === 0 ? "" : ", and the job failed"}.`,
      fix: fixOf(
        "Give the answer as an argument.",
        'CMD ["python", "/opt/app/main.py", "--site", "Lothian"]',
      ),
      ...(reader === undefined ? {} : { location: { process: reader } }),
    };
  },
});
