import { lineage } from "../../dockerfile/variables.ts";
import type { Library } from "../../knowledge/library.ts";
import type { LibraryUse } from "../../source/facts.ts";
import { fixOf, isWithin, someOf } from "../helpers.ts";
import { isLocal, jobUses, usesHub } from "../hugging-face.ts";
import { environmentLines, useLocation } from "../offline.ts";
import { defineRule, type ProjectFacts } from "../rule.ts";

const WANTS_NETWORK = new Set(["download", "download+telemetry", "telemetry", "online-service", "install"]);

export default defineRule<"project">({
  id: "unproven-offline-use",
  title: "A library that fetches from the internet is used",
  category: "offline",
  needs: "project",
  severity: "warning",
  requirements: [],
  why: "In the Safe Haven nothing can be fetched: the call waits for the network and fails. Whether it does so in your job is shown by the test run; this points at the line before that.",
  fix: "Fetch what the call needs while the image is built, and tell the library where it lies.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "word lists",
        dockerfile: "FROM python:3.12\nCOPY src/ /opt/\n",
        files: { "src/a.py": 'import nltk\n\nnltk.download("punkt")\n' },
        lines: [3],
      },
      {
        title: "weights of a model",
        dockerfile: "FROM pytorch/pytorch:2.7.1\nCOPY . /opt/\n",
        files: {
          "a.py":
            'from torchvision import models\nnet = models.resnet50(weights="IMAGENET1K_V1")\nx = models.resnet50(weights="DEFAULT")\n',
        },
        lines: [2],
      },
      {
        title: "a page from R",
        dockerfile: "FROM rocker/r-ver:4\nCOPY . /opt/\n",
        files: { "a.R": 'x <- read.csv("https://example.org/a.csv")\n' },
        lines: [1],
      },
      {
        title: "telemetry",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": "import wandb\nwandb.init(project='x')\n" },
        lines: [2],
      },
    ],
    good: [
      {
        title: "switched off",
        dockerfile: "FROM python:3.12\nENV WANDB_MODE=offline\nCOPY . /opt/\n",
        files: { "a.py": "import wandb\nwandb.init(project='x')\n" },
      },
      {
        title: "fetched while building",
        dockerfile:
          "FROM python:3.12\nENV NLTK_DATA=/usr/local/share/nltk_data\nRUN python -m nltk.downloader -d /usr/local/share/nltk_data punkt\nCOPY . /opt/\n",
        files: { "a.py": 'import nltk\nnltk.download("punkt")\n' },
      },
      {
        title: "a model installed as a package",
        dockerfile: "FROM python:3.12\nRUN python -m spacy download en_core_web_sm\nCOPY . /opt/\n",
        files: { "a.py": 'import spacy\nnlp = spacy.load("en_core_web_sm")\n' },
      },
      {
        title: "Hugging Face has rules of its own",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": 'import transformers\nt.from_pretrained("x/y")\n' },
      },
      {
        title: "in a string",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": 'import nltk\nprint("run nltk.download() first")\n' },
      },
      {
        title: "not part of the image",
        dockerfile: "FROM python:3.12\nCOPY src/ /opt/\n",
        files: { "src/a.py": "x = 1\n", "tools/get.py": 'import nltk\nnltk.download("punkt")\n' },
      },
      {
        title: "in a script for the build",
        dockerfile: "FROM python:3.12\nCOPY get.sh /opt/\nRUN sh /opt/get.sh\n",
        files: { "get.sh": "wget https://example.org/a.bin\n" },
      },
      {
        title: "the machine itself",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": "import requests\nrequests.get('http://localhost:8080')\n" },
      },
    ],
  },
  *check(facts) {
    const groups = new Map<string, { library: Library; uses: LibraryUse[] }>();
    for (const use of jobUses(facts)) {
      const library = facts.source.libraries.get(use.library);
      if (library === undefined || usesHub(use) || !WANTS_NETWORK.has(library.category) || isHarmless(use))
        continue;
      const group = groups.get(library.id) ?? { library, uses: [] };
      group.uses.push(use);
      groups.set(library.id, group);
    }
    for (const { library, uses } of groups.values()) {
      const open = uses.filter((use) => !isCured(facts, library, use));
      // An import alone says little: the line that calls, if there is one, is the better place.
      const first = open.find(({ excerpt }) => !isImport(excerpt)) ?? open[0];
      if (first === undefined) continue;
      const hosts = library.downloads_from.filter((host) => /^[\w.*-]+$/.test(host) && host.includes("."));
      const elsewhere = open.length - 1;
      yield {
        severity: isImport(first.excerpt) || library.certainty === "likely" ? "info" : "warning",
        message: `${library.library} ${verb(library.category)}${hosts.length === 0 ? "" : ` ${someOf(hosts, 2)}`}, which cannot be reached in the Safe Haven${elsewhere === 0 ? "" : ` (and in ${elsewhere} more ${elsewhere === 1 ? "place" : "places"})`}.`,
        fix: fixOf(advice(library), ...environmentLines(library.env_fix)),
        ...useLocation(first),
        ...(hosts.length === 0 ? {} : { subjects: hosts.map((host) => `host:${host}`) }),
      };
    }
  },
});

function verb(category: string): string {
  if (category === "telemetry") return "reports to";
  if (category === "online-service") return "asks a service on the internet:";
  if (category === "install") return "installs software from the internet:";
  return "downloads from";
}

function advice({ library, api_fix: fix }: Library): string {
  const text = fix.replace(/\s+/g, " ").trim();
  return text === "" || text === "-"
    ? `Fetch what ${library} needs while the image is built.`
    : `For ${library}: ${text}${/[.!]$/.test(text) ? "" : "."}`;
}

const isImport = (line: string): boolean => /^\s*(?:import|from|using|library\s*\(|require\s*\()/.test(line);

const isHarmless = ({ excerpt }: LibraryUse): boolean =>
  isLocal(excerpt) || /\b(?:localhost|127\.0\.0\.1|0\.0\.0\.0)\b|nsh-fs02/.test(excerpt);

function isCured(facts: ProjectFacts, library: Library, use: LibraryUse): boolean {
  const environment = facts.stages.at(-1)?.environment;
  const runs = lineage(facts.stages)
    .flatMap(({ stage }) => stage.instructions)
    .filter(({ keyword }) => keyword === "RUN" || keyword === "COPY")
    .map(({ text, heredocs }) => [text, ...heredocs.map(({ body }) => body)].join("\n"));
  for (const [name, wanted] of Object.entries(library.env_fix)) {
    const value = environment?.get(name)?.expanded;
    if (value === undefined || value === "") continue;
    // A switch is a cure by itself; a folder only when something was put there.
    if (!/^\/|^file:/.test(wanted)) {
      if (!/^(?:USER|HOME|LOGNAME|PATH)$/.test(name)) return true;
    } else if (isWithin(value, "/safe_data")) {
      return true;
    } else if (
      !isWithin(value, "/scratch") &&
      !isWithin(value, "/tmp") &&
      runs.some((text) => text.includes(value) || mentionsLibrary(text, library))
    ) {
      return true;
    }
  }
  const named = /["']([A-Za-z][\w.-]{3,})["']/.exec(use.excerpt)?.[1];
  return runs.some(
    (text) =>
      mentionsCall(text, library) ||
      (named !== undefined &&
        (text.includes(named) || text.includes(named.replaceAll("_", "-"))) &&
        /download|install|fetch|get|\bpip\b|COPY/.test(text)),
  );
}

const mentionsLibrary = (text: string, { library, id }: Library): boolean =>
  new RegExp(
    `\\b(?:${id.replace(/[^\w]/g, "[-_.]?")}|${(library.split(/[\s(/]/)[0] ?? id).replace(/[^\w]/g, ".")})\\b`,
    "i",
  ).test(text.slice(0, 50_000));

const mentionsCall = (text: string, { call_patterns: patterns }: Library): boolean =>
  patterns.some(
    (pattern) =>
      !/^\^/.test(pattern) && text.split("\n").some((line) => new RegExp(pattern).test(line.slice(0, 2000))),
  );
