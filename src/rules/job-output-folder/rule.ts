import { at, fixOf } from "../helpers.ts";
import { podExample } from "../job-examples.ts";
import {
  checkPods,
  commandText,
  containersOf,
  isPart,
  listIn,
  mountsOf,
  partAt,
  type Said,
  textOf,
} from "../jobs.ts";
import { defineRule } from "../rule.ts";

const pod = (lines: string, mount = ""): string =>
  `\ncontainers:\n  - name: fit\n${lines}    volumeMounts:\n      - {mountPath: /safe_outputs, name: user-output${mount}}\n`;

export default defineRule<"job">({
  id: "job-output-folder",
  title: "All jobs write to the same output folder",
  category: "directories",
  needs: "job",
  severity: "info",
  requirements: [],
  why: "On the cluster /safe_outputs is the user's whole output folder and not a fresh one: a job that writes there directly can write over the results of the last one.",
  fix: "Let the job make a folder of its own in /safe_outputs, named after itself.",
  aliases: [],
  examples: {
    bad: [
      podExample("the program alone", pod("    command: [fit]\n"), 9),
      podExample("the folder itself", pod("    command: [fit, --out, /safe_outputs]\n"), 9),
    ],
    good: [
      podExample("a folder for the job", pod("    args: ['mkdir -p /safe_outputs/${JOB_ID} && exec fit']\n")),
      podExample("a folder by the mount", pod("    command: [fit]\n", ", subPathExpr: $(POD_NAME)")),
      podExample(
        "a folder by a variable",
        pod("    env:\n      - {name: OUT, value: /safe_outputs/$(POD_NAME)}\n"),
      ),
    ],
  },
  *check(facts, profile) {
    const outputs = profile.directories.outputs.value;
    for (const said of checkPods(facts, profile, function* (pod): Iterable<Said> {
      const mounted = mountsOf(pod).filter(({ target }) => target === outputs);
      if (mounted.length === 0) return;
      if (mounted.some(({ spec }) => spec.subPath !== undefined || spec.subPathExpr !== undefined)) return;
      const main = containersOf(pod).filter(({ isInit }) => !isInit);
      const named = main.some((container) => {
        const values = listIn(container.spec.env).flatMap((one) =>
          isPart(one) ? [textOf(partAt(one, "value")) ?? ""] : [],
        );
        return [commandText(container), ...values].some((text) => /[^\s"']/.test(after(text, `${outputs}/`)));
      });
      const [first] = main;
      if (named || first === undefined) return;
      yield {
        message: `The job writes to ${outputs} itself, which all your jobs share, unless the program makes a folder of its own.`,
        fix: fixOf(
          "Make a folder for each job; this needs a shell in the image.",
          'command: ["/bin/sh", "-c"]',
          "args:",
          "  - |",
          "    JOB_ID=$(echo ${HOSTNAME} | sed 's/-[a-z0-9]\\{5\\}$//')",
          `    mkdir -p ${outputs}/\${JOB_ID}`,
          "    exec <program>",
        ),
        ...at(facts, pod.document.rangeOf([...first.path, "name"])),
      };
    })) {
      if (!("notAssessed" in said)) yield said;
    }
  },
});

/** The character after the first place of a text, or nothing. */
function after(text: string, wanted: string): string {
  const at = text.indexOf(wanted);
  return at < 0 ? "" : text.charAt(at + wanted.length);
}
