import { allSteps, at } from "../helpers.ts";
import { exposedPorts } from "../ports.ts";
import { defineRule } from "../rule.ts";

const SSH = 22;

export default defineRule<"dockerfile">({
  id: "ssh-port-exposed",
  title: "The port for SSH is exposed",
  category: "security",
  needs: "dockerfile",
  severity: "warning",
  keywords: ["EXPOSE"],
  requirements: [],
  why: "Nobody can log in to a job in the Safe Haven, and an SSH server in an image makes reviewers ask what it is for.",
  fix: "Take the port out of EXPOSE, and the SSH server out of the image.",
  aliases: ["trivy:DS-0004", "checkov:CKV_DOCKER_1"],
  examples: {
    bad: [
      { title: "port 22", dockerfile: "FROM python:3.12\nEXPOSE 8080 22/tcp\n", lines: [2] },
      {
        title: "in any stage and way of writing",
        dockerfile: 'FROM python:3.12 AS a\nARG P=22\nEXPOSE "$P"\nFROM python:3.12\nEXPOSE 20-25\n',
        lines: [3, 5],
      },
    ],
    good: [{ title: "another port", dockerfile: "FROM python:3.12\nEXPOSE 2222 8022 22/udp\n" }],
  },
  *check(facts) {
    for (const step of allSteps(facts)) {
      for (const { word, numbers, protocol } of exposedPorts(step)) {
        const [first, last = first] = numbers;
        if (first === undefined || last === undefined || first > SSH || last < SSH) continue;
        if (!/^(?:tcp)?$/i.test(protocol)) continue;
        yield {
          // A range that holds the port is noticed here only.
          ...(numbers.length > 1 ? { aliases: [] } : {}),
          message: "EXPOSE names port 22: no one can log in to a job in the Safe Haven.",
          fix: "Take port 22 out, and the SSH server with it.",
          ...at(facts.dockerfile, word.range),
        };
      }
    }
  },
});
