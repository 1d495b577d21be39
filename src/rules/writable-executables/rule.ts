import { at, copyParts, expandKnown, finalSteps, fixOf, flagValue, resolvePath } from "../helpers.ts";
import { isProgramFile, ordinaryOwner, ownershipChanges, programsOf, writersOf } from "../ownership.ts";
import { defineRule } from "../rule.ts";

/** Folders that hold the system's own programs. */
const SYSTEM = /^\/(?:usr(?:\/local)?|opt)?$/;

export default defineRule<"dockerfile">({
  id: "writable-executables",
  title: "Programs in the image can be changed by the job",
  category: "security",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["IMG-10", "BG-05"],
  why: "A program that belongs to root and that nobody else can write is still the one that was reviewed when the job runs.",
  fix: "Copy programs with --chown=root:root --chmod=555, and open only the folders that the job writes to.",
  aliases: [],
  mentions: ["chmod", "chown", "install", "mkdir"],
  examples: {
    bad: [
      {
        title: "everyone may write",
        dockerfile: "FROM python:3.12\nCOPY --chmod=777 run.sh /opt/run.sh\n",
        lines: [2],
      },
      {
        title: "copied to a user",
        dockerfile: 'FROM python:3.12\nCOPY --chown=app:app . /opt/app\nCMD ["python", "/opt/app/main.py"]\n',
        lines: [2],
      },
      {
        title: "opened afterwards",
        dockerfile:
          'FROM python:3.12\nCOPY src/ /opt/app/\nRUN true \\\n    && chmod -R a+rwx /opt/app\nCMD ["python", "/opt/app/main.py"]\n',
        lines: [4],
      },
      {
        title: "given to a user afterwards",
        dockerfile:
          'FROM python:3.12\nWORKDIR /opt/app\nCOPY main.py .\nRUN chown -R app:app /opt/app\nCMD ["python", "main.py"]\n',
        lines: [4],
      },
      { title: "one script", dockerfile: "FROM python:3.12\nRUN chmod 777 /usr/local/bin/run\n", lines: [2] },
    ],
    good: [
      {
        title: "root's, and closed",
        dockerfile:
          'FROM python:3.12\nCOPY --chown=root:root --chmod=555 run.sh /opt/run.sh\nRUN chmod +x /opt/run.sh && chmod 755 /opt/run.sh\nCMD ["/opt/run.sh"]\n',
      },
      {
        title: "a folder that the job writes to",
        dockerfile:
          'FROM python:3.12\nCOPY src/ /opt/app/\nRUN mkdir /quarto && chmod a+rwx /quarto && chmod -R 777 /opt/app/cache\nCMD ["python", "/opt/app/main.py"]\n',
      },
      {
        title: "settings for a user",
        dockerfile: "FROM python:3.12\nCOPY --chown=app settings.yaml requirements.txt /etc/app/\n",
      },
      {
        title: "readable for everyone",
        dockerfile: "FROM python:3.12\nCOPY src/ /opt/app/\nRUN chmod -R a+rX /opt/app\n",
      },
      {
        title: "in a builder stage",
        dockerfile: "FROM gcc AS b\nCOPY --chmod=777 . /src\nFROM python:3.12\nRUN true\n",
      },
    ],
  },
  *check(facts) {
    for (const { instruction, folder, variables } of finalSteps(facts)) {
      if (instruction.keyword !== "COPY" && instruction.keyword !== "ADD") continue;
      if (instruction.flags.length === 0) continue;
      const { sources, target } = copyParts(instruction);
      if (target === undefined) continue;
      const path = resolvePath(folder, expandKnown(target, variables));
      const mode = flagValue(instruction, "chmod") ?? "";
      const open = writersOf(mode) !== 0 && (/[1357]/.test(mode) || mode.includes("x"));
      const owner = ordinaryOwner(expandKnown(flagValue(instruction, "chown") ?? "", variables));
      if (!open && (owner === undefined || !programsOf(facts).copiedBy(sources, path))) continue;
      yield {
        message: open
          ? `${instruction.keyword} makes programs in ${path} that ${whose(writersOf(mode))} can change (mode ${mode.slice(0, 20)}).`
          : `${instruction.keyword} gives the programs in ${path} to the user ${owner?.slice(0, 40) ?? ""}, who may change them.`,
        fix: fixOf(
          "Leave them to root, and let everyone read and start them.",
          `${instruction.keyword} --chown=root:root --chmod=555 ${sources.join(" ").slice(0, 200)} ${target}`,
        ),
        ...at(facts.dockerfile, instruction.range),
        subjects: ["programs-writable"],
      };
    }
    for (const { program, to, path, recursive, range } of ownershipChanges(facts)) {
      const writers = program === "chmod" ? writersOf(to) : 0;
      const owner = program === "chown" ? ordinaryOwner(to) : undefined;
      if (writers === 0 && owner === undefined) continue;
      const programs = programsOf(facts);
      const holds = recursive && (SYSTEM.test(path) || programs.folders.has(path));
      if (!holds && !isProgramFile(path) && !(programs.paths.has(path) && /\.\w+$/.test(path))) continue;
      yield {
        message:
          owner === undefined
            ? `“chmod” lets ${whose(writers)} change the programs in ${path}.`
            : `“chown” gives the programs in ${path} to the user ${owner.slice(0, 40)}, who may change them.`,
        fix: fixOf(
          "Leave programs to root and let everyone read them; open only the folder that the job writes to.",
          `RUN chmod -R a+rX ${path}`,
        ),
        ...at(facts.dockerfile, range),
        subjects: ["programs-writable"],
      };
    }
  },
});

const whose = (writers: number): string => ((writers & 0o002) !== 0 ? "everyone" : "their group");
