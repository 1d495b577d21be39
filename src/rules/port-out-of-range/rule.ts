import { allSteps, at } from "../helpers.ts";
import { exposedPorts, HIGHEST_PORT } from "../ports.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "port-out-of-range",
  title: "EXPOSE names a port that cannot exist",
  category: "syntax",
  needs: "dockerfile",
  severity: "error",
  requirements: [],
  why: "Ports end at 65535. A builder stops at a higher number, so there is no image.",
  fix: "Write the port that the program listens on, or take EXPOSE out: a batch job needs none.",
  aliases: ["hadolint:DL3011", "trivy:DS-0008"],
  keywords: ["EXPOSE"],
  examples: {
    bad: [
      { title: "too high", dockerfile: "FROM python:3.12\nEXPOSE 80 65536/tcp\n", lines: [2] },
      { title: "a range", dockerfile: "FROM python:3.12\nEXPOSE 65000-66000\n", lines: [2] },
      {
        title: "from a variable, in a builder stage",
        dockerfile: "FROM python:3.12 AS a\nARG PORT=80000\nEXPOSE $PORT\nFROM python:3.12\nRUN true\n",
        lines: [3],
      },
      { title: "behind a port of the host", dockerfile: "FROM python:3.12\nEXPOSE 80:80000\n", lines: [2] },
    ],
    good: [
      { title: "the highest", dockerfile: "FROM python:3.12\nEXPOSE 0 65535/udp 8000-8010\n" },
      { title: "an unknown variable", dockerfile: "FROM python:3.12\nARG PORT\nEXPOSE $PORT\n" },
    ],
  },
  *check(facts) {
    for (const step of allSteps(facts)) {
      for (const { word, numbers } of exposedPorts(step)) {
        const wrong = numbers.find((number) => number > HIGHEST_PORT);
        if (wrong === undefined) continue;
        yield {
          message: `There is no port ${wrong}: the highest is ${HIGHEST_PORT}.`,
          fix: "Write the port that the program listens on, or take it out.",
          ...at(facts.dockerfile, word.range),
        };
      }
    }
  },
});
