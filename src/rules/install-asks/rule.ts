import {
  oncePerCommand,
  oncePerProgram,
  type ParsedCommand,
  type ShellCommand,
} from "../../dockerfile/shell.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { mayHoldOptions, optionAfterVerb, type RunStep, runSteps, wordsOf } from "../run-steps.ts";

/** How a package manager is told to go ahead. */
interface Asker {
  readonly program: RegExp;
  /** Verbs that stop and ask. */
  readonly verbs: readonly string[];
  readonly option: string;
  /** Words that answer the question. */
  readonly answered: RegExp;
}

const ASKERS: readonly Asker[] = [
  {
    program: /^(?:apt-get|apt|aptitude)$/,
    verbs:
      "install upgrade dist-upgrade full-upgrade safe-upgrade remove purge autoremove build-dep reinstall".split(
        " ",
      ),
    option: "-y",
    // -qq means yes as well.
    answered:
      /^-[a-zA-Z]*y[a-zA-Z]*$|^-[a-zA-Z]*q[a-zA-Z]*q[a-zA-Z]*$|^-q=[2-9]$|^--(?:yes|assume-yes|force-yes|simulate|just-print|dry-run|print-uris|no-act|assume-no)$|^-s$|^--quiet=[2-9]$|Assume-Yes(?:=|\s*")/i,
  },
  {
    program: /^(?:dnf5?|yum|microdnf|tdnf)$/,
    verbs:
      "install groupinstall localinstall reinstall update upgrade remove erase autoremove distro-sync downgrade swap".split(
        " ",
      ),
    option: "-y",
    answered:
      /^-[a-zA-Z]*y[a-zA-Z]*$|^--(?:assumeyes|assumeno|downloadonly)$|assumeyes\s*=\s*(?:1|true|yes)/i,
  },
  {
    program: /^zypper$/,
    verbs: "install in update up dist-upgrade dup remove rm patch source-install si".split(" "),
    option: "-y",
    answered: /^-[a-zA-Z]*[yn][a-zA-Z]*$|^--(?:no-confirm|non-interactive|dry-run)$/,
  },
  {
    program: /^pacman$/,
    verbs: [],
    option: "--noconfirm",
    answered: /^--noconfirm$/,
  },
  {
    program: /^(?:conda|mamba|micromamba)$/,
    verbs: "install create update remove".split(" "),
    option: "-y",
    answered: /^-[a-zA-Z]*y[a-zA-Z]*$|^--(?:yes|dry-run)$/,
  },
  {
    program: /^add-apt-repository$/,
    verbs: [],
    option: "-y",
    answered: /^-[a-zA-Z]*y[a-zA-Z]*$|^--yes$/,
  },
];

export default defineRule<"dockerfile">({
  id: "install-asks",
  title: "A package manager stops and waits for an answer",
  category: "reproducibility",
  needs: "dockerfile",
  severity: "warning",
  programs: new RegExp(ASKERS.map(({ program }) => program.source).join("|")),
  requirements: [],
  why: "Nobody can answer while an image is built. The package manager takes that for a no, and the build ends there.",
  fix: "Say yes beforehand: `-y` for apt-get, dnf, yum, zypper and conda, `--noconfirm` for pacman.",
  aliases: ["hadolint:DL3014", "hadolint:DL3030", "hadolint:DL3034", "hadolint:DL3038", "trivy:DS-0021"],
  examples: {
    bad: [
      {
        title: "apt-get",
        dockerfile:
          "FROM python:3.12\nRUN apt-get update \\\n    && apt-get install --no-install-recommends git\n",
        lines: [3],
      },
      {
        title: "DEBIAN_FRONTEND does not say yes",
        dockerfile: "FROM python:3.12\nRUN DEBIAN_FRONTEND=noninteractive apt-get install git\n",
        lines: [2],
      },
      { title: "one -q is not enough", dockerfile: "FROM x\nRUN apt-get -q install git\n", lines: [2] },
      {
        title: "only one of two",
        dockerfile: "FROM x\nRUN apt-get install -y a && apt-get install b\n",
        lines: [2],
      },
      { title: "yum", dockerfile: "FROM rockylinux:9\nRUN yum install httpd && yum clean all\n", lines: [2] },
      { title: "dnf", dockerfile: "FROM fedora:40\nRUN dnf install git\n", lines: [2] },
      { title: "microdnf", dockerfile: "FROM x\nRUN microdnf install git\n", lines: [2] },
      { title: "zypper", dockerfile: "FROM opensuse/leap\nRUN zypper install git\n", lines: [2] },
      { title: "conda", dockerfile: "FROM condaforge/miniforge3\nRUN conda install numpy=2\n", lines: [2] },
      { title: "pacman", dockerfile: "FROM archlinux\nRUN pacman -Syu git\n", lines: [2] },
      {
        title: "in a builder stage",
        dockerfile: "FROM x AS b\nRUN apt-get install gcc\nFROM y\n",
        lines: [2],
      },
      { title: "for a later build", dockerfile: "FROM x\nONBUILD RUN apt-get install gcc\n", lines: [2] },
      {
        title: "in a heredoc",
        dockerfile: "FROM x\nRUN <<EOF\napt-get update\napt-get install git\nEOF\n",
        lines: [4],
      },
      { title: "in exec form", dockerfile: 'FROM x\nRUN ["apt-get", "install", "git"]\n', lines: [2] },
      { title: "in an inner shell", dockerfile: "FROM x\nRUN bash -c 'apt-get install git'\n", lines: [2] },
    ],
    good: [
      { title: "-y anywhere", dockerfile: "FROM x\nRUN apt-get -y install git && apt-get install git -y\n" },
      {
        title: "options before the verb",
        dockerfile: "FROM x\nRUN apt-get -o Acquire::Retries=3 -y install git\n",
      },
      {
        title: "written in other ways",
        dockerfile:
          "FROM x\nRUN apt-get -yq install a && apt-get install --yes b && apt-get --assume-yes install c && apt-get -qq install d && apt-get install -q=2 e\n",
      },
      {
        title: "as a setting",
        dockerfile: "FROM x\nRUN apt-get -o APT::Get::Assume-Yes=true install git\n",
      },
      {
        title: "in a configuration file",
        dockerfile:
          "FROM x\nRUN echo 'APT::Get::Assume-Yes \"true\";' > /etc/apt/apt.conf.d/90yes\nRUN apt-get install git\n",
      },
      { title: "answered", dockerfile: "FROM x\nRUN yes | apt-get install git\n" },
      {
        title: "others",
        dockerfile:
          "FROM x\nRUN yum -y install a && dnf install -y b && dnf --assumeyes install c && zypper -n in d && zypper install --no-confirm e && pacman -S --noconfirm f && conda install --yes g=1\n",
      },
      {
        title: "no question asked",
        dockerfile: "FROM x\nRUN apt-get update && apk add git && conda env create -f e.yml\n",
      },
      {
        title: "options in a variable",
        dockerfile:
          'FROM x\nENV APT_OPTIONS="-y --no-install-recommends"\nRUN apt-get install $APT_OPTIONS git\n',
      },
      {
        title: "conda told once",
        dockerfile: "FROM x\nRUN conda config --set always_yes yes && conda install numpy=2\n",
      },
      { title: "only mentioned", dockerfile: 'FROM x\nRUN echo "apt-get install git"\n' },
    ],
  },
  *check(facts) {
    const told = new Set<Asker>();
    for (const step of runSteps(facts)) {
      let answered: ReadonlySet<number> | undefined;
      for (const command of step.commands) {
        const kind = kindOf(command.parsed);
        if (kind === undefined) continue;
        if (kind === "setting") {
          for (const asker of ASKERS) if (setsOnce(asker, command)) told.add(asker);
          continue;
        }
        const asker = kind;
        if (told.has(asker)) continue;
        const { pipe } = command;
        if (pipe !== undefined) answered ??= answeredPipes(step);
        if (pipe !== undefined && answered?.has(pipe.id) === true) continue;
        const verb = askingVerb(asker, step, command);
        if (verb === undefined) continue;
        const edits = optionAfterVerb(facts, command, [verb], asker.option);
        yield {
          aliases: peersOf(command.name, verb),
          message: `“${command.name}${verb === "" ? "" : ` ${verb}`}” stops and asks, and nobody can answer during a build.`,
          fix: fixOf(
            "Say yes beforehand.",
            `${command.name}${verb === "" ? "" : ` ${verb}`} ${asker.option} ...`,
          ),
          ...at(facts.dockerfile, command.range),
          ...(edits === undefined ? {} : { edits }),
        };
      }
    }
  },
});

/** `yes | apt-get install x`. */
const answeredPipes = ({ commands }: RunStep): ReadonlySet<number> =>
  new Set(
    commands.flatMap(({ pipe, name }) =>
      pipe?.index === 0 && /^(?:yes|echo|printf)$/.test(name) ? [pipe.id] : [],
    ),
  );

const kindOf = oncePerCommand((command): "setting" | Asker | undefined =>
  isSetting(command) ? "setting" : askerOf(command.name),
);

const askerOf = oncePerProgram((name) => ASKERS.find(({ program }) => program.test(name)));

/** The peers' rules for what asks: each for one program and few of its verbs. */
function peersOf(program: string, verb: string): string[] {
  if (program === "zypper")
    return /^(?:install|in|remove|rm|source-install|si|patch)$/.test(verb) ? ["hadolint:DL3034"] : [];
  if (program === "apt-get") return verb === "install" ? ["hadolint:DL3014", "trivy:DS-0021"] : [];
  if (!/^(?:install|groupinstall|localinstall)$/.test(verb)) return [];
  if (program === "yum") return ["hadolint:DL3030"];
  return /^(?:micro)?dnf$/.test(program) ? ["hadolint:DL3038"] : [];
}

/** Commands that change a configuration for all that comes after. */
const isSetting = ({ name, values, writesTo }: ParsedCommand): boolean =>
  /^(?:echo|printf|cat|tee|sed)$/.test(name) ||
  writesTo.length > 0 ||
  values.some((value) => value === "config" || value === "always_yes");

function setsOnce(asker: Asker, command: ShellCommand): boolean {
  const text = command.values.join(" ").slice(0, 10_000);
  if (asker.program.test("apt-get")) return /Assume-Yes/i.test(text);
  if (asker.program.test("dnf")) return /assumeyes\s*=\s*(?:1|true|yes)/i.test(text);
  return asker.program.test("conda") && /always_yes[\s:=]+(?:yes|true|1)/i.test(text);
}

/** The verb that will ask; empty where the program has none. */
function askingVerb(asker: Asker, step: RunStep, command: ShellCommand): string | undefined {
  const words = wordsOf(step, command);
  if (words.some((word) => (word.length < LONGEST && asker.answered.test(word)) || mayHoldOptions(word)))
    return undefined;
  // `-q -q` is `-qq`.
  if (asker.program.test("apt-get") && words.filter((word) => word === "-q").length > 1) return undefined;
  if (asker.verbs.length > 0) {
    const at = words.findIndex((word) => asker.verbs.includes(word));
    const verb = words[at];
    // The first plain word decides: `conda env create`, `apt-cache`, `dnf config-manager` ask nothing.
    const first = words.find(
      (word, index) =>
        !word.startsWith("-") && !takesValue(words[index - 1]) && !/^(?:module|groups?)$/.test(word),
    );
    return verb !== undefined && first === verb ? verb : undefined;
  }
  if (command.name === "pacman")
    return words.some((word) => /^-(?:S[^sigpw]*|R\w*|U\w*)$/.test(word)) ? "" : undefined;
  return words.length > 0 && !words.includes("--help") ? "" : undefined;
}

/** No option is longer than this. */
const LONGEST = 60;

const takesValue = (word: string | undefined): boolean =>
  word !== undefined &&
  /^(?:-o|-c|-t|-n|-p|--option|--config-file|--target-release|--name|--prefix|--installroot|--root|-R|--releasever)$/.test(
    word,
  );
