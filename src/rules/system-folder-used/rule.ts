import { allSteps, at, expandKnown, fixOf, isWithin, resolvePath, type Step } from "../helpers.ts";
import { defineRule } from "../rule.ts";

/** What the kernel or the start of the machine puts there hides or refuses the image's own files. */
const SYSTEM = ["/proc", "/sys", "/dev", "/boot", "/initrd", "/lost+found"];

export default defineRule<"dockerfile">({
  id: "system-folder-used",
  title: "WORKDIR or VOLUME lies in a folder of the system",
  category: "directories",
  needs: "dockerfile",
  severity: "warning",
  requirements: [],
  why: "Folders such as /proc and /dev are filled by the machine when the container starts. Files of the image are hidden there, and a volume may reach the machine itself.",
  fix: "Use a folder of your own, such as /opt/app.",
  aliases: ["trivy:DS-0030", "dockle:DKL-DI-0002"],
  keywords: ["WORKDIR", "VOLUME"],
  examples: {
    bad: [
      {
        title: "each of them",
        dockerfile:
          "FROM python:3.12\nWORKDIR /proc/app\nWORKDIR /boot\nWORKDIR /dev/\nWORKDIR /initrd/x\nWORKDIR /lost+found\n",
        lines: [2, 3, 4, 5, 6],
      },
      {
        title: "step by step, from a variable, in a builder stage",
        dockerfile:
          'FROM python:3.12 AS a\nENV D=/dev\nWORKDIR "$D"\nFROM python:3.12\nWORKDIR /\nWORKDIR proc\n',
        lines: [3, 6],
      },
      {
        title: "a volume",
        dockerfile: 'FROM python:3.12\nVOLUME /data /sys\nVOLUME ["/dev"]\n',
        lines: [2, 3],
      },
    ],
    good: [
      {
        title: "other folders",
        dockerfile: "FROM python:3.12\nWORKDIR /opt/dev\nWORKDIR /process\nVOLUME /data\n",
      },
      { title: "shared memory", dockerfile: "FROM python:3.12\nVOLUME /dev/shm\n" },
    ],
  },
  *check(facts) {
    for (const step of allSteps(facts)) {
      const { instruction } = step;
      const path = paths(step).find((one) => SYSTEM.some((folder) => isWithin(one, folder)));
      if (path === undefined || path === "/dev/shm") continue;
      yield {
        aliases: peersOf(instruction.keyword, path),
        message: `${instruction.keyword} ${path.slice(0, 80)} lies in a folder that belongs to the system.`,
        fix: fixOf("Use a folder of your own.", `${instruction.keyword} /opt/app`),
        ...at(facts.dockerfile, instruction.range),
        ...(instruction.keyword === "VOLUME" ? { subjects: [`config:volume:${path}`] } : {}),
      };
    }
  },
});

/** The peers' rules: one reads WORKDIR, the other VOLUME, and each has its own list. */
function peersOf(keyword: string, path: string): string[] {
  if (keyword === "WORKDIR") return isWithin(path, "/sys") ? [] : ["trivy:DS-0030"];
  return /^\/(?:sys|dev|proc)$/.test(path) ? ["dockle:DKL-DI-0002"] : [];
}

function paths({ instruction, folder, variables }: Step): string[] {
  if (instruction.keyword !== "WORKDIR" && instruction.keyword !== "VOLUME") return [];
  const written = instruction.exec ?? instruction.words.map(({ value }) => value);
  return written.map((path) => resolvePath(folder, expandKnown(path, variables)));
}
