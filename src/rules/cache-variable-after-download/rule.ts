import type { Instruction, Range } from "../../dockerfile/model.ts";
import { oncePerCommand } from "../../dockerfile/shell.ts";
import { callsIn } from "../code-calls.ts";
import { at, finalSteps, fixOf, hasOption, isWithin } from "../helpers.ts";
import { innerCommand } from "../inner-command.ts";
import { MODEL_CACHES, type ModelCache } from "../model-caches.ts";
import { type DockerfileFacts, defineRule } from "../rule.ts";
import { runCode } from "../run-code.ts";
import { placeOf, type RunCommand, runCommands } from "../run-commands.ts";
import { type RunStep, runSteps } from "../run-steps.ts";
import { hideSecrets } from "../secrets.ts";

export default defineRule<"dockerfile">({
  id: "cache-variable-after-download",
  title: "A model is fetched into a folder where the job does not look",
  category: "offline",
  needs: "dockerfile",
  severity: "error",
  mentions: [
    "download",
    "from_pretrained",
    "sentencetransformer",
    "crossencoder",
    "pipeline",
    "load_dataset",
    "hub",
    "models.",
    "load_model",
    "applications",
    "fetch",
    "api.load",
    "easyocr",
    "playwright",
    "ollama",
    "cmdstan",
    "cache",
    "warm",
    "preload",
  ],
  requirements: ["IMG-12"],
  why: "The model is in the image, but the library looks for it in another folder when the job runs, does not find it, and tries to download it, which fails in the Safe Haven. Without a variable it lies in the home of the user who builds, and the job has another one.",
  fix: "Say with ENV where the models lie, before the RUN that fetches them, in a folder that everyone can read.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a script, as a remark",
        dockerfile: "FROM python:3.12\nRUN python /opt/download_models.py\nENV HF_HOME=/opt/hf\n",
        lines: [2],
      },
      {
        title: "ENV comes after the download",
        dockerfile: "FROM python:3.12\nRUN hf download lab/model\nENV HF_HOME=/opt/hf\n",
        lines: [2],
      },
      {
        title: "never said",
        dockerfile:
          "FROM python:3.12\nRUN python -c \"from transformers import AutoModel; AutoModel.from_pretrained('bert-base-uncased')\"\n",
        lines: [2],
      },
      {
        title: "only for this RUN",
        dockerfile:
          'FROM python:3.12\nRUN apt-get update && \\\n    TORCH_HOME=/opt/torch python3 -c \\\n    \'import torch; torch.hub.load("pytorch/vision", "resnet18")\'\n',
        lines: [4],
      },
      {
        title: "by ARG",
        dockerfile: "FROM python:3.12\nARG NLTK_DATA=/opt/nltk\nRUN python -m nltk.downloader punkt\n",
        lines: [3],
      },
      {
        title: "by export",
        dockerfile: "FROM python:3.12\nRUN export HF_HOME=/opt/hf && huggingface-cli download lab/model\n",
        lines: [2],
      },
      {
        title: "in the code itself",
        dockerfile:
          "FROM python:3.12\nRUN python <<EOF\nimport os\nos.environ['HF_HOME'] = '/opt/hf'\nfrom sentence_transformers import SentenceTransformer\nSentenceTransformer('all-MiniLM-L6-v2')\nEOF\n",
        lines: [6],
      },
      {
        title: "another folder afterwards",
        dockerfile:
          "FROM python:3.12\nENV HF_HOME=/opt/hf\nRUN hf download lab/model\nENV HF_HOME=/scratch/hf\n",
        lines: [3],
      },
      {
        title: "R",
        dockerfile: "FROM rocker/r-ver:4.4.1\nRUN Rscript -e 'cmdstanr::install_cmdstan(cores = 2)'\n",
        lines: [2],
      },
    ],
    good: [
      {
        title: "a script after ENV, and one that has nothing to do with it",
        dockerfile:
          "FROM python:3.12\nRUN python build.py\nENV HF_HOME=/opt/hf\nRUN python download_models.py\n",
      },
      {
        title: "ENV comes first",
        dockerfile:
          "FROM python:3.12\nENV HF_HOME=/opt/hf\nRUN hf download lab/model && chmod -R a+rX /opt/hf\n",
      },
      {
        title: "a folder of its own",
        dockerfile:
          "FROM python:3.12\nRUN hf download lab/model --local-dir /opt/model && python -c \"import nltk; nltk.download('punkt', download_dir='/opt/nltk')\" && python -m nltk.downloader -d /usr/share/nltk_data punkt\n",
      },
      {
        title: "the cache in the call",
        dockerfile:
          "FROM python:3.12\nRUN python -c \"AutoModel.from_pretrained('lab/model', cache_dir='/opt/hf')\"\n",
      },
      {
        title: "saved elsewhere",
        dockerfile:
          "FROM python:3.12\nRUN python -c \"AutoModel.from_pretrained('lab/model').save_pretrained('/opt/model')\"\n",
      },
      {
        title: "moved",
        dockerfile:
          "FROM python:3.12\nRUN hf download lab/model && mv /root/.cache/huggingface /opt/hf\nENV HF_HOME=/opt/hf\n",
      },
      {
        title: "a home of its own",
        dockerfile:
          "FROM python:3.12\nENV HOME=/opt/home\nRUN python -c \"import torch; torch.hub.load('a/b', 'c')\"\n",
      },
      {
        title: "in a builder stage",
        dockerfile:
          "FROM python:3.12 AS b\nRUN hf download lab/model\nFROM python:3.12\nENV HF_HOME=/opt/hf\nCOPY --from=b /root/.cache/huggingface /opt/hf\n",
      },
      {
        title: "a local model",
        dockerfile: "FROM python:3.12\nRUN python -c \"AutoModel.from_pretrained('./model')\"\n",
      },
      {
        title: "only a text",
        dockerfile:
          "FROM python:3.12\nRUN python -c \"print('nltk.download(1)') # nltk.download(2)\" && echo hf download x\n",
      },
      {
        title: "the same folder by another variable",
        dockerfile:
          "FROM python:3.12\nRUN HF_HUB_CACHE=/opt/hf/hub hf download lab/model\nENV HF_HOME=/opt/hf\n",
      },
    ],
  },
  *check(facts) {
    const environment = facts.stages.at(-1)?.environment;
    if (environment === undefined) return;
    let moves: readonly Move[] | undefined;
    const inJob = (name: string): string | undefined => environment.get(name)?.expanded;
    for (const step of runSteps(facts)) {
      if (!step.final) continue;
      yield* afterScripts(facts, step);
      for (const { cache, range, variable } of downloads(facts, step)) {
        const built = folder(cache, variable);
        const looked = folder(cache, inJob);
        const lies = built ?? `${variable("HOME") ?? "/root"}/${cache.fallback}`;
        if (lies === looked || lies.includes("$")) continue;
        moves ??= movesIn(facts);
        if (isMoved(moves, step.instruction, lies)) continue;
        const later = cache.variables.find(([name]) => setAfter(facts, step.instruction, name));
        yield {
          message: messageOf(cache, lies, looked, built !== undefined, later?.[0]),
          fix: fixOf(
            "Put this before the RUN.",
            `ENV ${later === undefined || looked === undefined ? cache.variable : `${later[0]}=${inJob(later[0]) ?? ""}`}`,
          ),
          ...at(facts.dockerfile, range),
          ...(cache.hosts === undefined ? {} : { subjects: cache.hosts }),
        };
      }
    }
  },
});

/** A script that, by its name, fetches models: what it does is not read here. */
const FETCHES = /(?:download|fetch|preload|prefetch|pre_?cache|cache|warm)[\w-]*\.(?:py|R|sh)$/i;

const startsFetching = oncePerCommand(
  ({ name, values }) =>
    FETCHES.test(name) ||
    (/^(?:python[\d.]*|Rscript|(?:ba)?sh)$/.test(name) &&
      FETCHES.test(values.find((value) => !value.startsWith("-")) ?? "")),
);

/** Programs that some library comes with to fetch its models. */
const mayFetchByName = oncePerCommand(({ name }) =>
  /^(?:hf|huggingface-cli|python[\d.]*|playwright|npx|ollama)$/.test(name),
);

/** A variable that is first set after such a script has run. */
function* afterScripts(facts: DockerfileFacts, step: RunStep) {
  const command = step.commands.find(({ parsed }) => startsFetching(parsed));
  if (command === undefined) return;
  const place = placeOf(facts, step.instruction);
  const late = MODEL_CACHES.flatMap(({ variables }) => variables.map(([name]) => name)).find(
    (name) =>
      !place?.variables.has(name) &&
      !command.assignments.has(name) &&
      setAfter(facts, step.instruction, name),
  );
  if (late === undefined) return;
  const value = facts.stages.at(-1)?.environment.get(late)?.expanded ?? "";
  yield {
    severity: "info" as const,
    message: `What this script fetches may lie elsewhere than the job looks: ${late} is set only afterwards.`,
    fix: fixOf("Put this before the RUN.", `ENV ${late}=${hideSecrets(value).slice(0, 200)}`),
    ...at(facts.dockerfile, command.range),
  };
}

interface Download {
  readonly cache: ModelCache;
  readonly range: Range;
  readonly variable: (name: string) => string | undefined;
}

/** One for each library in a RUN: they all go to the same folder. */
function downloads(facts: DockerfileFacts, step: RunStep): Download[] {
  const found = new Map<ModelCache, Download>();
  const codes = runCode(step.instruction);
  if (codes.length === 0 && !step.commands.some((one) => mayFetchByName(innerCommand(one).parsed))) return [];
  const commands = runCommands(facts, step);
  for (const { command, variable } of commands) {
    if (!mayFetchByName(command.parsed)) continue;
    for (const cache of MODEL_CACHES) {
      if (found.has(cache) || cache.command?.(command) !== true || hasOption(command, "--help")) continue;
      const told = cache.places.some((place) => hasOption(command, `--${place.replaceAll("_", "-")}`, place));
      if (!told) found.set(cache, { cache, range: command.range, variable });
    }
  }
  for (const code of codes) {
    if (
      code.language === "julia" ||
      /\bsave_pretrained\b|\bsave_to_disk\b|\.save\(/.test(code.text.slice(0, 100_000))
    )
      continue;
    const caches = MODEL_CACHES.filter((cache) => cache.language === code.language && !found.has(cache));
    const outer = commands.find((one) => one.written === code.command) ?? commands.at(-1);
    for (const call of callsIn(code.text, code.language, (name) =>
      caches.some((cache) => mayFetch(cache, name)),
    )) {
      const cache = caches.find((one) => !found.has(one) && one.fetches(call));
      if (
        cache === undefined ||
        call.args.some(({ name }) => name !== undefined && cache.places.includes(name))
      )
        continue;
      const own = (name: string): string | undefined =>
        setInCode(code.text, name) ?? fromOutside(facts, step, outer)(name);
      found.set(cache, { cache, range: code.rangeOf(call.start, call.end), variable: own });
    }
  }
  return [...found.values()];
}

const fromOutside = (facts: DockerfileFacts, step: RunStep, command: RunCommand | undefined) =>
  command?.variable ??
  ((name: string): string | undefined =>
    finalSteps(facts)
      .find(({ instruction }) => instruction === step.instruction)
      ?.variables.get(name));

/** A first look at the name alone, so that arguments are only read where it matters. */
const mayFetch = (cache: ModelCache, name: string): boolean =>
  cache.fetches({ name, start: 0, end: 0, args: ANY }) || /(?:models|applications)\.\w+$/.test(name);

const ANY = [{ name: undefined, text: '"x"', literal: "x", strings: ["x"], start: 0, end: 0 }];

/** `os.environ["HF_HOME"] = "/opt/hf"` and `Sys.setenv(HF_HOME = "/opt/hf")`. */
function setInCode(text: string, name: string): string | undefined {
  const from = text.indexOf(name);
  if (from < 0) return undefined;
  return /^["']?\]?\s{0,9}[=,:]\s{0,9}["']([^"'\n]{1,300})["']/.exec(
    text.slice(from + name.length, from + name.length + 400),
  )?.[1];
}

/** Where the library keeps what it fetched, as far as variables say so. */
function folder(cache: ModelCache, variable: (name: string) => string | undefined): string | undefined {
  for (const [name, below] of cache.variables) {
    const value = variable(name);
    if (value !== undefined && value !== "") return `${value.replace(/\/+$/, "")}${below}`;
  }
  const home = variable("HOME");
  return home === undefined || home === "" ? undefined : `${home.replace(/\/+$/, "")}/${cache.fallback}`;
}

interface Move {
  readonly line: number;
  readonly path: string;
}

/** What `mv` and `cp` take elsewhere; where to, the reader knows. */
function movesIn(facts: DockerfileFacts): Move[] {
  const moves = runSteps(facts).flatMap((step) =>
    step.commands.flatMap(({ name, args, range }) =>
      /^(?:mv|cp|ln|rsync)$/.test(name)
        ? args.map(({ value }) => ({
            line: range.start.line,
            path: value.replace(/^(?:~|\$\{?HOME\}?)(?=\/)/, "/root").replace(/\/[.*]?$/, ""),
          }))
        : [],
    ),
  );
  return moves
    .filter(({ path }) => /^\/(?:root|home|tmp)\b|\.cache|^\/\w+\/\w+/.test(path))
    .slice(0, MOST_MOVES);
}

const MOST_MOVES = 500;

const isMoved = (moves: readonly Move[], from: Instruction, place: string): boolean =>
  moves.some(
    ({ line, path }) => line >= from.range.start.line && (isWithin(place, path) || isWithin(path, place)),
  );

const setAfter = (facts: DockerfileFacts, from: Instruction, name: string): boolean => {
  const set = facts.stages.at(-1)?.environment.get(name);
  return set !== undefined && set.instruction.range.start.line > from.range.start.line;
};

function messageOf(
  cache: ModelCache,
  lies: string,
  looked: string | undefined,
  told: boolean,
  later: string | undefined,
): string {
  const fetched = `${cache.name} fetches into ${lies.slice(0, 120)}`;
  if (looked !== undefined)
    return later === undefined
      ? `${fetched}, but the job looks in ${looked.slice(0, 120)}.`
      : `${fetched}, and ${later} is set only afterwards: the job looks in ${looked.slice(0, 120)}.`;
  return told
    ? `${fetched}, which is said for the build alone: without ENV the job looks in its own home.`
    : `${fetched}, in the home of the user who builds, and the job has another home.`;
}
