import { defineRule } from "../rule.ts";
import { processName } from "../runs.ts";

const process = { pid: 9, command: "sudo chown -R me /data", executable: "/usr/bin/sudo" };

export default defineRule<"run">({
  id: "set-user-id-used",
  title: "A program was started for its special rights",
  category: "users",
  needs: "run",
  severity: "info",
  requirements: [],
  why: "Programs such as sudo, su and ping carry a mark that gives them another user's rights. The test runs with no_new_privs, where the mark has no effect, and so may the Safe Haven: what such a program is started for is not done.",
  fix: "Do what needs such rights with RUN, while the image is built.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "sudo in a start script",
        facts: {
          recording: { setUserId: [{ path: "/usr/bin/sudo", kind: "user", process, count: 1 }] },
        },
      },
    ],
    good: [{ title: "none", facts: {} }],
  },
  *check({ recording }) {
    for (const { path, kind, process } of recording.setUserId.slice(0, 5)) {
      yield {
        message: `${processName(process)} was started from ${path.slice(0, 160)}, which has a set-${kind}-ID mark: it had no effect.`,
        fix: "Do what it was for with RUN in the Dockerfile.",
        location: { process },
      };
    }
  },
});
