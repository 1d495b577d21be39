import type { Instruction } from "../../dockerfile/model.ts";
import { lineage } from "../../dockerfile/variables.ts";
import { keywordEdit } from "../edits.ts";
import { allSteps, at, copyParts, fixOf, flagValue } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "add-instead-of-copy",
  title: "ADD is used where COPY would be clear",
  category: "base-image",
  needs: "dockerfile",
  severity: "warning",
  keywords: ["ADD"],
  requirements: ["IMG-07", "BG-07"],
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
      {
        title: "a file in a builder stage",
        dockerfile: "FROM python:3.12 AS a\nADD main.py /opt/\nFROM python:3.12\nRUN true\n",
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
    const final = new Set(lineage(facts.stages));
    for (const { instruction, stage } of allSteps(facts)) {
      if (instruction.keyword !== "ADD") continue;
      // What a builder stage downloads or unpacks does not reach the image by itself.
      const builder = !final.has(stage);
      const { sources, target = "/opt/" } = copyParts(instruction);
      const place = at(facts.dockerfile, instruction.range);
      const address = sources.find((source) => /^(?:https?|ftp):\/\//i.test(source));
      const repository = sources.find((source) => /^git@|\.git(?:#|$)|^git:\/\//.test(source));
      const archive = sources.find((source) => /\.(?:tar|tgz|tbz2?|txz|tar\.\w+)$/i.test(source));
      if (builder && (repository ?? address ?? archive) !== undefined) continue;
      if (repository !== undefined) {
        yield {
          aliases: peersOf(sources, builder),
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
          aliases: peersOf(sources, builder),
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
        const flags = instruction.flags
          .map((flag) => `--${flag.name}${flag.value === undefined ? "" : `=${flag.value}`} `)
          .join("");
        const edit = copiesAlike(instruction, sources)
          ? keywordEdit(facts.dockerfile, instruction, "COPY")
          : undefined;
        yield {
          ...(builder ? { severity: "info" } : {}),
          aliases: peersOf(sources, builder),
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
          ...(edit === undefined ? {} : { edits: [edit] }),
        };
      }
    }
  },
});

/** What some peers let pass without a look at what is in it. */
const PACKED = /\.(?:tar|t?z|t?[bgx]z2?|tb2|lz|lzma|t?lz|tpz)$|\.tar\.\w+$/i;

/** The peers' rules for an ADD: some want no ADD at all, others none of plain files. */
function peersOf(sources: readonly string[], builder: boolean): string[] {
  const plain = sources.some(
    (source) => !PACKED.test(source) && !/^\w+:\/\/|^git@|\.git(?:#|$)/.test(source),
  );
  return [
    ...(plain ? ["hadolint:DL3020", "trivy:DS-0005"] : []),
    "checkov:CKV_DOCKER_4",
    ...(builder ? [] : ["dockle:CIS-DI-0009"]),
  ];
}

/** Flags that mean the same for both instructions. */
const SHARED_FLAGS = new Set(["chown", "chmod", "link", "exclude"]);
/** ADD unpacks by content, not by name: only what cannot be an archive is certain to be copied alike. */
const NO_ARCHIVE =
  /(?:^|\/)(?:\.{1,2}|src|app|code|scripts?|tests?|config|notebooks|docs|lib|LICEN[CS]E|README|NEWS|Makefile|Snakefile|Dockerfile|DESCRIPTION|NAMESPACE|Pipfile)$|\/$|\.(?:py|pyi|ipynb|r|rmd|qmd|rds|rprofile|jl|m|sh|bash|pl|js|ts|java|c|cc|cpp|h|hpp|f|f90|sql|do|sas|stan|nf|smk|cwl|wdl|txt|md|rst|csv|tsv|json|ya?ml|toml|cfg|conf|config|ini|env|lock|xml|html|css|in|service|template)$/i;

/** True where COPY with the same words does exactly what ADD did. */
function copiesAlike(instruction: Instruction, sources: readonly string[]): boolean {
  if (!instruction.flags.every(({ name }) => SHARED_FLAGS.has(name))) return false;
  if (sources.length === 0 && instruction.heredocs.length === 0) return false;
  return sources.every((source) => !/[$*?[\]\\]/.test(source) && NO_ARCHIVE.test(source));
}

const short = (text: string): string =>
  (text.length > 120 ? `${text.slice(0, 117)}...` : text).replace(/\/\/[^/@\s]*@/, "//");
