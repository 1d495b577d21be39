import type { ShellCommand } from "../../dockerfile/shell.ts";
import { at, copyParts, fixOf, flagValue } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { runSteps } from "../run-steps.ts";

const ARCHIVE = /\.(?:tar|tgz|tbz2?|txz|tlz|tpz|tzst|zip|Z|lz|lzma|(?:tar\.)?(?:gz|bz2|xz|zst|lz|lzma|Z))$/;
const UNPACKER =
  /^(?:tar|bsdtar|unzip|gunzip|gzip|bunzip2|bzip2|unxz|xz|unlzma|lzma|zcat|bzcat|xzcat|unzstd|zstd|uncompress|7za?)$/;

export default defineRule<"dockerfile">({
  id: "archive-copied-then-unpacked",
  title: "An archive is copied into the image and unpacked there",
  category: "size",
  needs: "dockerfile",
  severity: "info",
  keywords: ["COPY"],
  programs: UNPACKER,
  requirements: [],
  why: "The layer of COPY keeps the archive for good, even when a later RUN deletes it, so its content is in the image twice.",
  fix: "Lend the archive to the one RUN that unpacks it, with a bind mount.",
  aliases: ["hadolint:DL3010"],
  examples: {
    bad: [
      {
        title: "into a folder",
        dockerfile:
          "FROM python:3.12\nCOPY data.tar.gz /opt/\nRUN tar -xzf /opt/data.tar.gz -C /opt && rm /opt/data.tar.gz\n",
        lines: [2],
      },
      {
        title: "under another name",
        dockerfile: "FROM x\nCOPY a-1.2.tgz /tmp/a.tgz\nRUN mkdir /a && tar xf /tmp/a.tgz -C /a\n",
        lines: [2],
      },
      {
        title: "one of several",
        dockerfile: "FROM x\nCOPY main.py foo.tar.xz bar.zip ./\nRUN unzip bar.zip\n",
        lines: [2],
      },
      {
        title: "exec form",
        dockerfile: 'FROM x\nCOPY ["foo.tar", "/foo/"]\nRUN cd /foo && tar -xf foo.tar\n',
        lines: [2],
      },
    ],
    good: [
      { title: "not unpacked", dockerfile: "FROM x\nCOPY data.tar.gz /opt/\nRUN python read.py\n" },
      { title: "another archive", dockerfile: "FROM x\nCOPY a.tar.gz /opt/\nRUN tar xf b.tar.gz\n" },
      {
        title: "packed, not unpacked",
        dockerfile: "FROM x\nCOPY a.tar.gz /opt/\nRUN tar -czf /opt/a.tar.gz /etc\n",
      },
      {
        title: "from a stage",
        dockerfile: "FROM x AS b\nFROM y\nCOPY --from=b /a.tar.gz /\nRUN tar xf /a.tar.gz\n",
      },
      {
        title: "a mount",
        dockerfile: "FROM x\nRUN --mount=type=bind,source=a.tgz,target=/tmp/a.tgz tar xf /tmp/a.tgz\n",
      },
      {
        title: "in a builder stage",
        dockerfile: "FROM x AS b\nCOPY a.tgz /\nRUN tar xf /a.tgz\nFROM y\nCOPY --from=b /a /a\n",
      },
    ],
  },
  *check(facts) {
    const final = runSteps(facts).filter((step) => step.final);
    if (final.length === 0) return;
    const unpacked = new Map<string, number>();
    for (const { instruction, commands } of final) {
      for (const command of commands) {
        if (!unpacks(command)) continue;
        for (const { value } of command.args) unpacked.set(baseName(value), instruction.range.start.line);
      }
    }
    const stages = new Set(final.map(({ stage }) => stage?.stage.index ?? -1));
    for (const written of facts.dockerfile.instructions) {
      const instruction = written.trigger ?? written;
      if (instruction.keyword !== "COPY" || !stages.has(written.stage)) continue;
      if (flagValue(instruction, "from") !== undefined) continue;
      const { sources, target = "" } = copyParts(instruction);
      const archive = sources.find((source) => {
        const names = ARCHIVE.test(target) ? [baseName(target)] : [baseName(source)];
        return (
          ARCHIVE.test(source) &&
          names.some((name) => (unpacked.get(name) ?? 0) > instruction.range.start.line)
        );
      });
      if (archive === undefined) continue;
      const name = baseName(archive).slice(0, 60);
      yield {
        message: `${name} is copied into the image and unpacked there, so its content is in the image twice.`,
        fix: fixOf(
          "Take COPY away, and lend the archive to the RUN that unpacks it.",
          `RUN --mount=type=bind,source=${archive.slice(0, 80)},target=/tmp/${name} \\`,
          `    tar -xf /tmp/${name} -C /opt`,
        ),
        ...at(facts.dockerfile, instruction.range),
      };
    }
  },
});

const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

function unpacks({ name, args }: ShellCommand): boolean {
  if (!UNPACKER.test(name)) return false;
  const words = args.map(({ value }) => value);
  if (/^(?:tar|bsdtar)$/.test(name)) {
    const [first = ""] = words;
    return (
      (/^[a-zA-Z]+$/.test(first) && first.includes("x")) ||
      words.some((word) => /^-[a-zA-Z]*x/.test(word) || /^--(?:extract|get)$/.test(word))
    );
  }
  // gzip, xz and the like pack unless they are told otherwise.
  if (/^(?:gzip|bzip2|xz|lzma|zstd)$/.test(name))
    return words.some((word) => /^-[a-zA-Z0-9]*d/.test(word) || /^--(?:decompress|uncompress)$/.test(word));
  return !/^7z/.test(name) || /^[xe]$/.test(words[0] ?? "");
}
