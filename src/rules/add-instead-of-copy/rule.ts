import { at, copyParts, finalSteps, fixOf, flagValue } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "add-instead-of-copy",
  title: "ADD is used where COPY would be clear",
  category: "base-image",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["IMG-07"],
  why: "ADD downloads addresses and unpacks archives without saying so, which a reviewer has to know to see what enters the image. COPY does one thing.",
  fix: "Use COPY for files of the project. For downloads use RUN with curl, check the checksum and unpack in the same RUN.",
  aliases: ["hadolint:DL3020", "trivy:DS-0005", "checkov:CKV_DOCKER_4", "dockle:CIS-DI-0009"],
  examples: {
    bad: [
      { title: "a file", dockerfile: "FROM python:3.12\nADD main.py /opt/\n", lines: [2] },
      {
        title: "a download",
        dockerfile: "FROM python:3.12\nADD https://example.org/tool.tar.gz /opt/\n",
        lines: [2],
      },
      {
        title: "an archive",
        dockerfile: "FROM python:3.12\nADD --chown=root:root code.tar.xz /opt/\n",
        lines: [2],
      },
      {
        title: "a repository",
        dockerfile: "FROM python:3.12\nADD https://github.com/example/tool.git#v1 /opt/tool\n",
        lines: [2],
      },
    ],
    good: [
      { title: "COPY", dockerfile: "FROM python:3.12\nCOPY main.py /opt/\n" },
      {
        title: "in a builder stage",
        dockerfile:
          "FROM python:3.12 AS build\nADD code.tar.gz /src/\nFROM python:3.12\nCOPY --from=build /src /opt/src\n",
      },
    ],
  },
  *check(facts) {
    for (const { instruction } of finalSteps(facts)) {
      if (instruction.keyword !== "ADD") continue;
      const { sources, target = "/opt/" } = copyParts(instruction);
      const place = at(facts.dockerfile, instruction.range);
      const address = sources.find((source) => /^(?:https?|ftp):\/\//i.test(source));
      const repository = sources.find((source) => /^git@|\.git(?:#|$)|^git:\/\//.test(source));
      if (repository !== undefined) {
        yield {
          message: `ADD clones ${short(repository)}: what enters the image is not pinned or visible in the project.`,
          fix: fixOf(
            "Clone a fixed commit in a builder stage and copy what is needed.",
            `COPY --from=build /src/ ${target}`,
          ),
          ...place,
        };
      } else if (address !== undefined) {
        if (flagValue(instruction, "checksum") !== undefined) continue;
        yield {
          message: `ADD downloads ${short(address)} without checking what arrives.`,
          fix: fixOf(
            "Download with curl and check the checksum.",
            `RUN curl -fsSLo /tmp/download ${short(address)} \\`,
            `    && echo "<sha256>  /tmp/download" | sha256sum -c - \\`,
            `    && install -m 0644 /tmp/download ${target} && rm /tmp/download`,
          ),
          ...place,
        };
      } else {
        const archive = sources.find((source) => /\.(?:tar|tgz|tbz2?|txz|tar\.\w+)$/i.test(source));
        const flags = instruction.flags
          .map((flag) => `--${flag.name}${flag.value === undefined ? "" : `=${flag.value}`} `)
          .join("");
        yield {
          message:
            archive === undefined
              ? `ADD copies ${short(sources.join(" "))}: COPY says so more clearly.`
              : `ADD unpacks ${short(archive)} without saying so.`,
          fix:
            archive === undefined
              ? fixOf("Use COPY.", `COPY ${flags}${short(sources.join(" "))} ${target}`)
              : fixOf(
                  "Copy the unpacked folder, or unpack in a RUN.",
                  `COPY ${flags}${archive.replace(/\.[^/]*$/, "")}/ ${target}`,
                ),
          ...place,
        };
      }
    }
  },
});

const short = (text: string): string =>
  (text.length > 120 ? `${text.slice(0, 117)}...` : text).replace(/\/\/[^/@\s]*@/, "//");
