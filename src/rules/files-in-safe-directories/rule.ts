import type { Instruction, Range } from "../../dockerfile/model.ts";
import { oncePerCommand } from "../../dockerfile/shell.ts";
import { layered } from "../../dockerfile/variables.ts";
import { safeDirectories } from "../../profiles/profile.ts";
import {
  at,
  copyParts,
  expandBraces,
  expandKnown,
  finalSteps,
  fixOf,
  flagValue,
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

export default defineRule<"dockerfile">({
  id: "files-in-safe-directories",
  title: "Files are put where the Safe Haven mounts its own directories",
  category: "directories",
  needs: "dockerfile",
  severity: "error",
  requirements: ["DIR-03"],
  why: "When the job runs, the project's data, the results and the scratch space are mounted over these directories. Whatever the image holds there is hidden, so the program does not find it.",
  fix: "Keep code, models and settings elsewhere in the image, for example below /opt.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "code copied to the data directory",
        dockerfile: "FROM python:3.12\nCOPY model.pt /safe_data/model.pt\n",
        lines: [2],
      },
      {
        title: "a relative copy",
        dockerfile: "FROM python:3.12\nWORKDIR /scratch/app\nCOPY . .\n",
        lines: [3],
      },
      {
        title: "written by commands",
        dockerfile:
          "FROM python:3.12\nRUN echo 1 > /safe_outputs/version\nRUN cd /safe_data && curl -fsSO https://example.org/a.bin\nRUN git clone https://example.org/tool.git /scratch/tool\n",
        lines: [2, 3, 4],
      },
      {
        title: "a model cache filled at build",
        dockerfile: "FROM python:3.12\nENV HF_HOME=/safe_data/hf\nRUN hf download bert-base-uncased\n",
        lines: [3],
      },
      {
        title: "through a variable",
        dockerfile: `FROM python:3.12\nENV APP=/safe_data/app\nCOPY src/ \${APP}/\n`,
        lines: [3],
      },
    ],
    good: [
      {
        title: "code elsewhere",
        dockerfile: "FROM python:3.12\nRUN mkdir /safe_data /safe_outputs /scratch\nCOPY src/ /opt/app/\n",
      },
      {
        title: "starting in scratch",
        dockerfile: "FROM python:3.12\nCOPY src/ /opt/app/\nWORKDIR /scratch\n",
      },
      {
        title: "scratch used while building and cleared",
        dockerfile:
          "FROM python:3.12\nRUN curl -fsSL -o /scratch/x.tgz https://example.org/x.tgz && tar xzf /scratch/x.tgz -C /opt && rm -rf /scratch/*\n",
      },
      {
        title: "the cache variable set after the build is done with it",
        dockerfile:
          "FROM python:3.12\nRUN HF_HOME=/opt/hf hf download bert-base-uncased\nENV HF_HOME=/safe_data/hf\n",
      },
      {
        title: "empty directories from another stage",
        dockerfile:
          "FROM alpine AS d\nRUN mkdir /safe_data\nFROM scratch\nCOPY --from=d /safe_data /safe_data\n",
      },
      {
        title: "similar names",
        dockerfile: "FROM python:3.12\nCOPY a /safe_data_tools/\nCOPY b /scratchpad/\n",
      },
    ],
  },
  *check(facts, profile) {
    const folders = safeDirectories(profile);
    for (const step of finalSteps(facts)) {
      const { instruction } = step;
      if (instruction.keyword === "COPY" || instruction.keyword === "ADD") {
        const { sources, target } = copyParts(instruction);
        if (target === undefined) continue;
        const path = resolvePath(step.folder, expandKnown(target, step.variables));
        const folder = folders.find((one) => isWithin(path, one));
        if (folder === undefined) continue;
        const sameFolder =
          flagValue(instruction, "from") !== undefined &&
          sources.every((one) => resolvePath("/", one) === folder);
        if (sameFolder && path === folder) continue;
        yield {
          message: `${instruction.keyword} puts files into ${path}, where the Safe Haven mounts its own ${folder}: the job will not see them.`,
          fix: fixOf(
            "Copy them to another place in the image, and let the program look there.",
            moved(instruction, sources),
          ),
          ...at(facts.dockerfile, instruction.range),
          subjects: [`contents:${folder}`],
        };
      } else if (instruction.keyword === "RUN") {
        let cleared: string[] | undefined;
        const seen = new Set<string>();
        for (const placed of placedCommands(step)) {
          if (!mayWrite(placed.command.parsed)) continue;
          for (const { path, range, folderOnly } of written(placed)) {
            const folder = folders.find((one) => isWithin(path, one));
            if (folder === undefined || (folderOnly === true && path === folder)) continue;
            cleared ??= clearedPaths(step);
            if (cleared.some((one) => isWithin(path, one) || one === folder)) continue;
            if (seen.has(folder)) continue;
            seen.add(folder);
            const what = placed.command.name === "" ? "The command" : `“${placed.command.name}”`;
            yield folderOnly === true
              ? {
                  severity: "info" as const,
                  message: `${path} is created in the image, but the Safe Haven mounts its own ${folder} over it: the program has to create it when it runs.`,
                  fix: "Let the program create the folder when it starts.",
                  ...at(facts.dockerfile, range),
                }
              : {
                  message: `${what} writes to ${path}, where the Safe Haven mounts its own ${folder}: the job will not see it.`,
                  fix: fixOf(
                    "Write to another place in the image, and let the program look there.",
                    `/opt/${path.slice(folder.length + 1) || "app"}`,
                  ),
                  ...at(facts.dockerfile, range),
                  subjects: [`contents:${folder}`],
                };
          }
        }
      }
    }
  },
});

const moved = (instruction: Instruction, sources: readonly string[]): string =>
  `${instruction.keyword} ${instruction.flags.map((flag) => `--${flag.name}${flag.value === undefined ? "" : `=${flag.value}`} `).join("")}${sources.join(" ")} /opt/app/`;

interface Written {
  readonly path: string;
  readonly range: Range;
  readonly folderOnly?: boolean;
}

/** Variables that decide where a download ends, with what a downloading command mentions. */
const CACHES: readonly (readonly [variable: string, mention: RegExp])[] = [
  [
    "HF_HUB_CACHE",
    /(?:^|\s|\/)(?:hf|huggingface-cli)\s+download|snapshot_download|hf_hub_download|from_pretrained|load_dataset|pipeline\(|SentenceTransformer\(/,
  ],
  [
    "HF_HOME",
    /(?:^|\s|\/)(?:hf|huggingface-cli)\s+download|snapshot_download|hf_hub_download|from_pretrained|load_dataset|pipeline\(|SentenceTransformer\(/,
  ],
  ["SENTENCE_TRANSFORMERS_HOME", /SentenceTransformer\(/],
  ["TORCH_HOME", /torch\.hub|torchvision|pretrained\s*=|load_state_dict_from_url/],
  ["NLTK_DATA", /nltk/],
  ["PIP_TARGET", /\bpip[\d.]*\s+install/],
  ["JULIA_DEPOT_PATH", /\bPkg\./],
  ["R_LIBS", /install\.packages|install2\.r/],
  ["R_LIBS_USER", /install\.packages|install2\.r/],
];

function written({ step, command, folder }: PlacedCommand): Written[] {
  const found: Written[] = [];
  const add = (word: string | undefined, range: Range, folderOnly = false): void => {
    if (word === undefined) return;
    const expanded = expandKnown(word, layered(command.assignments, step.variables));
    if (expanded.includes("$") || expanded === "-") return;
    for (const one of expandBraces(expanded))
      found.push({ path: resolvePath(folder, one), range, ...(folderOnly ? { folderOnly } : {}) });
  };
  for (const target of command.writesTo) add(target.value, target.range);
  const range = command.range;
  const plain = operands(command);
  const last = command.args.findLast(({ value }) => !value.startsWith("-"));
  switch (command.name) {
    case "touch":
    case "tee":
    case "truncate":
      for (const arg of command.args) if (!arg.value.startsWith("-")) add(arg.value, arg.range);
      break;
    case "cp":
    case "mv":
    case "rsync":
    case "ln":
      for (const value of optionValues(command, "-t", "--target-directory")) add(value, range);
      if (plain.length > 1) add(last?.value, last?.range ?? range);
      break;
    case "install":
      if (!hasLetter(command, "d") && plain.length > 1) add(last?.value, last?.range ?? range);
      break;
    case "mkdir":
      for (const arg of command.args) if (!arg.value.startsWith("-")) add(arg.value, arg.range, true);
      break;
    case "wget": {
      const named = [
        ...optionValues(command, "-O", "--output-document"),
        ...optionValues(command, "-P", "--directory-prefix"),
      ];
      for (const value of named) add(value, range);
      if (named.length === 0 && plain.length > 0) add(".", range);
      break;
    }
    case "curl": {
      const named = [...optionValues(command, "-o", "--output"), ...optionValues(command, "--output-dir")];
      for (const value of named) add(value, range);
      if (hasOption(command, "--remote-name") || hasLetter(command, "O")) add(".", range);
      break;
    }
    case "tar": {
      const extracts =
        hasLetter(command, "x") ||
        hasOption(command, "--extract") ||
        /^[a-z]*x/.test(command.args[0]?.value ?? "");
      const targets = optionValues(command, "-C", "--directory");
      if (extracts) for (const value of targets.length > 0 ? targets : ["."]) add(value, range);
      break;
    }
    case "unzip": {
      const targets = optionValues(command, "-d");
      if (!hasLetter(command, "l"))
        for (const value of targets.length > 0 ? targets : ["."]) add(value, range);
      break;
    }
    case "git":
      if (plain[0] === "clone") {
        const explicit = plain
          .slice(1)
          .filter((word) => !/:\/\/|^git@|\.git$/.test(word))
          .at(-1);
        add(explicit ?? ".", range);
      }
      break;
    case "dd":
      for (const arg of command.args) if (arg.value.startsWith("of=")) add(arg.value.slice(3), arg.range);
      break;
    case "hf":
    case "huggingface-cli":
      for (const value of optionValues(command, "--local-dir", "--cache-dir")) add(value, range);
      break;
    case "pip":
    case "pip3":
      for (const value of optionValues(command, "-t", "--target", "--prefix")) add(value, range);
      break;
    default:
      break;
  }
  for (const variable of cachesOf(command.parsed)) {
    const value = command.assignments.get(variable) ?? step.variables.get(variable);
    if (value?.startsWith("/") === true) add(value.split(":")[0], range);
  }
  return found;
}

/** The variables that decide where a command downloads to. */
const cachesOf = oncePerCommand(({ name, values }): readonly string[] => {
  const text = [name, ...values].join(" ").slice(0, 20_000);
  return CACHES.filter(([, mention]) => mention.test(text)).map(([variable]) => variable);
});

const WRITERS = new Set(
  "touch tee truncate cp mv rsync ln install mkdir wget curl tar unzip git dd hf huggingface-cli pip pip3".split(
    " ",
  ),
);

/** False for what `written` has nothing to say about. */
const mayWrite = oncePerCommand(
  (command) => WRITERS.has(command.name) || command.writesTo.length > 0 || cachesOf(command).length > 0,
);

/** What the same RUN removes again. */
function clearedPaths(step: Step): string[] {
  return placedCommands(step).flatMap(({ command, folder }) =>
    command.name === "rm"
      ? operands(command).map((word) =>
          resolvePath(folder, expandKnown(word, step.variables).replace(/\/(?:\*|\{.*|\.\[.*)$/, "")),
        )
      : [],
  );
}
