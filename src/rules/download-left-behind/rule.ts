import type { Range } from "../../dockerfile/model.ts";
import {
  at,
  cacheMounts,
  expandKnown,
  finalSteps,
  fixOf,
  hasLetter,
  hasOption,
  isWithin,
  operands,
  optionValues,
  type PlacedCommand,
  placedCommands,
  resolvePath,
  type Step,
} from "../helpers.ts";
import { defineRule } from "../rule.ts";

const ARCHIVE = /\.(?:tar(?:\.\w+)?|tgz|tbz2?|txz|zip|7z|deb|rpm|apk|run|sh|whl|bz2|xz|gz|zst)$/i;
/** Programs that unpack or install a file and leave it where it is. */
const USES =
  /^(?:tar|bsdtar|unzip|7z|dpkg|apt|apt-get|dnf|yum|rpm|gdebi|pip[\d.]*|conda|mamba|R|bash|sh|zsh|python[\d.]*)$/;
const REMOVES = /^(?:rm|unlink|mv|find)$/;

export default defineRule<"dockerfile">({
  id: "download-left-behind",
  title: "A downloaded archive or installer stays in the image",
  category: "size",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["IMG-06", "BG-02"],
  why: "What is unpacked or installed lies in the image twice when the file it came from is not removed. A later RUN cannot take it out of the layer again.",
  fix: "Remove the file in the RUN that downloads it, or let it flow into tar without a file.",
  aliases: [],
  programs: /^(?:curl|wget)$/,
  examples: {
    bad: [
      {
        title: "an installer",
        dockerfile:
          "FROM python:3.12\nRUN wget -q https://example.org/Miniforge3.sh \\\n    && bash Miniforge3.sh -b -p /opt/conda\n",
        lines: [2],
      },
      {
        title: "under another name",
        dockerfile:
          "FROM python:3.12\nRUN wget -qO /tmp/q.deb https://example.org/get && apt-get install -y /tmp/q.deb\n",
        lines: [2],
      },
      {
        title: "an archive, removed too late",
        dockerfile:
          "FROM python:3.12\nRUN true && \\\n    curl -fsSLo /tmp/t.tgz https://example.org/t.tgz && tar xzf /tmp/t.tgz -C /opt\nRUN rm /tmp/t.tgz\n",
        lines: [3],
      },
    ],
    good: [
      {
        title: "removed in the same RUN",
        dockerfile:
          "FROM python:3.12\nRUN cd /tmp && wget -qO t.tgz https://example.org/t && tar xzf t.tgz -C /opt && rm t.tgz && wget -qO- https://example.org/u.tgz | tar xz\nRUN curl -fsSLO https://example.org/q.deb && dpkg -i q.deb && rm -f *.deb\nRUN curl -fsSLo /tmp/x/a.zip https://example.org/a.zip && unzip /tmp/x/a.zip -d /opt && rm -rf /tmp/*\n",
      },
      {
        title: "without a file",
        dockerfile: "FROM python:3.12\nRUN curl -fsSL https://example.org/t.tgz | tar xz -C /opt\n",
      },
      {
        title: "on a mount that is no part of the image",
        dockerfile:
          "FROM python:3.12\nRUN --mount=type=tmpfs,target=/tmp curl -fsSLo /tmp/t.tgz https://example.org/t.tgz && tar xzf /tmp/t.tgz -C /opt\n",
      },
      {
        title: "a program that is kept to be started",
        dockerfile:
          "FROM python:3.12\nRUN curl -fsSLo /usr/local/bin/run.sh https://example.org/run.sh && chmod +x /usr/local/bin/run.sh\n",
      },
      {
        title: "in a builder stage",
        dockerfile:
          "FROM gcc AS b\nRUN wget https://example.org/t.tgz && tar xzf t.tgz\nFROM python:3.12\nCOPY --from=b /t /opt/t\n",
      },
    ],
  },
  *check(facts) {
    for (const step of finalSteps(facts)) {
      if (step.instruction.keyword !== "RUN") continue;
      for (const { path, range } of leftBehind(step)) {
        const name = path.slice(path.lastIndexOf("/") + 1).slice(-80);
        yield {
          message: `${name} is downloaded and used, and stays in the image.`,
          fix: fixOf("Remove it in the same RUN.", `    && rm ${path.slice(-200)}`),
          ...at(facts.dockerfile, range),
        };
      }
    }
  },
});

interface Download {
  readonly path: string;
  readonly range: Range;
}

function leftBehind(step: Step): Download[] {
  const commands = placedCommands(step);
  const downloads = new Map<string, Download>();
  const used = new Set<string>();
  const removed: string[] = [];
  for (const placed of commands) {
    const { command, folder } = placed;
    const here = (word: string): string => resolvePath(folder, expandKnown(word, step.variables));
    const path = downloadedTo(placed);
    if (path !== undefined && ARCHIVE.test(path)) downloads.set(path, { path, range: command.range });
    if (downloads.size === 0) continue;
    if (USES.test(command.name)) for (const { value } of command.args) used.add(here(value));
    if (REMOVES.test(command.name)) removed.push(...operands(command).map(here));
    if (command.name === "trap") removed.push("/");
  }
  if (used.size === 0) return [];
  const gone = [...removed, ...cacheMounts(step.instruction)];
  // Nobody writes more than a few; what does is not worth the time of comparing all with all.
  if (gone.length > 200) return [];
  return [...downloads.values()].filter(
    ({ path }) => used.has(path) && !gone.some((word) => covers(word, path)),
  );
}

/** Where curl or wget puts a file; undefined for what goes to standard output or cannot be told. */
function downloadedTo({ step, command, folder }: PlacedCommand): string | undefined {
  const at = (word: string): string => resolvePath(folder, expandKnown(word, step.variables));
  const address = operands(command).find((word) => /^(?:https?|ftp):\/\//i.test(word));
  const last = address
    ?.replace(/[?#].*$/s, "")
    .split("/")
    .at(-1);
  const words = command.args.map(({ value }) => value);
  if (command.name === "wget") {
    const named = outputOf(words, "O", "--output-document");
    if (named !== undefined) return named === "-" ? undefined : at(named);
    const [below = "."] = optionValues(command, "-P", "--directory-prefix");
    return last === undefined || words.some((word) => /^-\w*O-$/.test(word))
      ? undefined
      : at(`${below}/${last}`);
  }
  if (command.name !== "curl") return undefined;
  const target = command.writesTo[0]?.value ?? outputOf(words, "o", "--output");
  if (target !== undefined) return at(target);
  const remote = hasOption(command, "--remote-name") || hasLetter(command, "O");
  return remote && last !== undefined ? at(last) : undefined;
}

/** The file of `-o file`, `-fsSLo file` or `--output file`. */
function outputOf(words: readonly string[], letter: string, long: string): string | undefined {
  const index = words.findIndex(
    (word) => word === long || (/^-[A-Za-z]+$/.test(word) && word.endsWith(letter)),
  );
  if (index >= 0) return words[index + 1];
  return words.find((word) => word.startsWith(`${long}=`))?.slice(long.length + 1);
}

/** Whether what a command removes takes in a path: itself, a folder above it, or a pattern for its name. */
function covers(word: string, path: string): boolean {
  if (isWithin(path, word) || word === "/") return true;
  const star = word.indexOf("*");
  return (
    star >= 0 &&
    path.startsWith(word.slice(0, star)) &&
    path.endsWith(word.slice(word.lastIndexOf("*") + 1).replace(/^\/$/, ""))
  );
}
