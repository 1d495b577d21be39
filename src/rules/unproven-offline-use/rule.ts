import type { Library } from "../../knowledge/library.ts";
import type { LibraryUse } from "../../source/facts.ts";
import { cureOf } from "../cures.ts";
import { someOf } from "../helpers.ts";
import { usesHub } from "../hugging-face.ts";
import { jobUses } from "../job-code.ts";
import { hostsOf, isInstall, twoFixes, useLocation } from "../offline.ts";
import { defineRule } from "../rule.ts";
import { hideSecrets } from "../secrets.ts";

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
      {
        title: "switched off in a stage that the image is not made from",
        dockerfile: "FROM python:3.12 AS build\nENV WANDB_MODE=offline\nFROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": "import wandb\nwandb.init(project='x')\n" },
        lines: [2],
      },
      {
        title: "something else is fetched while building",
        dockerfile: "FROM python:3.12\nRUN python -m nltk.downloader stopwords\nCOPY . /opt/\n",
        files: { "a.py": 'from nltk import download as get\n\nget("punkt")\n' },
        lines: [3],
      },
      {
        title: "in a notebook",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: {
          "a.ipynb":
            '{\n "cells": [\n  {\n   "cell_type": "code",\n   "source": [\n    "import spacy\\n",\n    "nlp = spacy.load(\\"en_core_web_sm\\")"\n   ]\n  }\n ]\n}\n',
        },
        lines: [7],
      },
    ],
    good: [
      {
        title: "switched off in the code",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": 'import os\nos.environ["WANDB_MODE"] = "offline"\nimport wandb\nwandb.init()\n' },
      },
      {
        title: "switched off in the call",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": 'import wandb\nwandb.init(mode="offline")\nwandb.log({"a": 1})\n' },
      },
      {
        title: "fetched by a script of the build",
        dockerfile: 'FROM python:3.12\nCOPY . /opt/\nRUN python /opt/fetch.py\nCMD ["python", "/opt/a.py"]\n',
        files: {
          "fetch.py": 'import nltk\nnltk.download("punkt", download_dir="/usr/share/nltk_data")\n',
          "a.py": 'import nltk\nnltk.download("punkt")\n',
        },
      },
      {
        title: "a name of one's own",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": 'from ours import nltk\nnltk.download("punkt")\n' },
      },
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
      if (library === undefined || usesHub(use) || !WANTS_NETWORK.has(library.category)) continue;
      if (isInstall(use, library)) continue;
      const group = groups.get(library.id) ?? { library, uses: [] };
      group.uses.push(use);
      groups.set(library.id, group);
    }
    for (const { library, uses } of groups.values()) {
      // `wandb.init(mode="offline")` settles what is logged afterwards.
      if (library.category === "telemetry" && uses.some(({ local }) => local !== undefined)) continue;
      const open = uses
        .map((use) => ({ use, cure: cureOf(facts, library, use) }))
        .filter(({ cure }) => !cure.cured);
      // An import alone says little: the line that calls, if there is one, is the better place.
      const first = open.find(({ use }) => use.by !== "import") ?? open[0];
      if (first === undefined) continue;
      const { use, cure } = first;
      if (use.by === "import" && uses.some(({ by }) => by !== "import")) continue;
      const hosts = hostsOf(library, use);
      const elsewhere = open.length - 1;
      const more =
        elsewhere === 0 ? "" : ` (and in ${elsewhere} more ${elsewhere === 1 ? "place" : "places"})`;
      const message = `${subject(library, use)} ${verb(library, hosts)}, which cannot be reached in the Safe Haven${more}.`;
      const but = cure.but === undefined ? "" : ` ${cure.but}`;
      yield {
        severity: use.by === "import" || library.certainty === "likely" ? "info" : "warning",
        message: hideSecrets(`${message}${message.length + but.length < 390 ? but : ""}`),
        fix: twoFixes(library, use),
        ...useLocation(use),
        ...(hosts.length === 0 ? {} : { subjects: hosts.map((host) => `host:${host}`) }),
      };
    }
  },
});

/** A name that covers many programs tells less than the one that is used. */
const subject = ({ library }: Library, { name, by }: LibraryUse): string =>
  library.includes(" / ") && by !== "import" ? `“${name.split(" ").slice(0, 2).join(" ")}”` : library;

function verb({ category, id }: Library, hosts: readonly string[]): string {
  const where = hosts.length === 0 ? "the internet" : someOf(hosts, 2);
  if (category === "telemetry") return `reports to ${where}`;
  if (category === "online-service") return `asks ${where}`;
  if (category === "install" && id !== "shell-fetch") return `installs software from ${where}`;
  return `downloads from ${where}`;
}
