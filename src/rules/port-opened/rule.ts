import { defineRule } from "../rule.ts";
import { processName, times } from "../runs.ts";

const process = { pid: 9, command: "tensorboard --bind_all", executable: "/usr/bin/python3" };
const listen = { address: "0.0.0.0", port: 6006, process, count: 1 };

export default defineRule<"run">({
  id: "port-opened",
  title: "The program waits for others to connect",
  category: "job",
  needs: "run",
  severity: "info",
  requirements: [],
  why: "Nobody can reach a job in the Safe Haven from outside, but other jobs on the same network may. A port that only the job itself uses is better opened for itself alone (127.0.0.1).",
  fix: "Open the port on 127.0.0.1, or not at all.",
  aliases: [],
  examples: {
    bad: [
      { title: "a dashboard", facts: { recording: { listens: [listen] } } },
      {
        title: "any free port",
        facts: { recording: { listens: [{ ...listen, address: "::", port: 0, count: 3 }] } },
      },
    ],
    good: [{ title: "no port, or one for the job itself", facts: {} }],
  },
  *check({ recording }) {
    for (const { address, port, process, count } of recording.listens.slice(0, 5)) {
      const which = port === 0 ? "a free port" : `port ${port}`;
      yield {
        message: `${processName(process)} opened ${which} on ${address} for everybody${count === 1 ? "" : `, ${times(count)}`}.`,
        fix: "Open it on 127.0.0.1: most programs have an option such as --host 127.0.0.1.",
        location: { process },
      };
    }
  },
});
