import { at, fixOf, someOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { runSteps, wordsOf } from "../run-steps.ts";
import { SYSTEM_MANAGERS, type SystemManager, systemVerb } from "../system-packages.ts";

/** How a package manager names versions. */
interface Pinner {
  readonly verbs: RegExp;
  readonly pinned: RegExp;
  readonly example: string;
}

const PINNERS: Readonly<Partial<Record<SystemManager, Pinner>>> = {
  apt: {
    verbs: /^install$/,
    // A file, a version, a release; a name with `-` at its end is taken off.
    pinned: /=.|\/|\.deb$|-$/,
    example: "curl=8.5.0-2ubuntu10.6",
  },
  apk: { verbs: /^add$/, pinned: /[=~<>]|\/|\.apk$/, example: "curl=8.12.1-r0" },
  dnf: {
    verbs: /^(?:install|localinstall|reinstall|downgrade)$/,
    pinned: /-v?\d|:\d|-\$|\/|\.rpm$|=/,
    example: "curl-8.9.1-3.fc41",
  },
  zypper: { verbs: /^(?:install|in)$/, pinned: /[=<>~]|\/|\.rpm$|-\d/, example: "curl=8.6.0" },
};

/** The peers' rules by program. */
const PEERS: Readonly<Partial<Record<string, readonly string[]>>> = {
  "apt-get": ["hadolint:DL3008"],
  apk: ["hadolint:DL3018"],
  yum: ["hadolint:DL3033"],
  zypper: ["hadolint:DL3037"],
  dnf: ["hadolint:DL3041"],
  microdnf: ["hadolint:DL3041"],
};

export default defineRule<"dockerfile">({
  id: "unpinned-system-package",
  title: "System packages are installed without a version",
  category: "reproducibility",
  needs: "dockerfile",
  severity: "warning",
  optIn: true,
  programs: SYSTEM_MANAGERS,
  requirements: [],
  why: "Two builds of the same Dockerfile may get two versions of a package. Versions that are written down may vanish from the servers, though, and the build then fails: a base image with a digest does more.",
  fix: "Write the version after the name, as the package manager wants it: `curl=8.5.0-2` for apt-get, apk and zypper, `curl-8.9.1` for dnf and yum.",
  aliases: ["hadolint:DL3008", "hadolint:DL3018", "hadolint:DL3033", "hadolint:DL3037", "hadolint:DL3041"],
  examples: {
    bad: [
      {
        title: "apt-get",
        dockerfile: "FROM python:3.12\nRUN apt-get update && \\\n    apt-get -y install git=1:2.39 curl\n",
        lines: [3],
      },
      {
        title: "apk",
        dockerfile: "FROM alpine:3\nRUN apk --no-cache add --virtual .deps gcc musl-dev\n",
        lines: [2],
      },
      {
        title: "yum and dnf",
        dockerfile:
          "FROM x\nRUN yum install -y httpd && yum clean all\nRUN dnf -y install httpd\nRUN microdnf install -y httpd\n",
        lines: [2, 3, 4],
      },
      { title: "zypper", dockerfile: "FROM x\nRUN zypper -n in httpd && zypper clean\n", lines: [2] },
      { title: "a module of dnf", dockerfile: "FROM x\nRUN dnf -y module install nodejs\n", lines: [2] },
      {
        title: "in a builder stage",
        dockerfile: "FROM x AS b\nRUN apt-get install -y gcc\nFROM y\n",
        lines: [2],
      },
      { title: "for a later build", dockerfile: "FROM x\nONBUILD RUN apt-get install -y gcc\n", lines: [2] },
      {
        title: "in a heredoc",
        dockerfile: "FROM x\nRUN <<EOF\nset -e\napt-get install -y gcc\nEOF\n",
        lines: [4],
      },
      {
        title: "a module without its stream",
        dockerfile: "FROM x\nRUN dnf install -y @nodejs\n",
        lines: [2],
      },
    ],
    good: [
      {
        title: "versions",
        dockerfile:
          "FROM x\nRUN apt-get install -y git=1:2.39 && apk add git=2.40-r1 'curl>8' jq~1.7 && yum install -y httpd-2.24.2 && zypper in -y httpd=2.4 'curl>=8'\n",
      },
      {
        title: "modules and groups",
        dockerfile:
          "FROM x\nRUN dnf -y module install nodejs:18 && dnf -y group install 'Development Tools'\n",
      },
      {
        title: "files",
        dockerfile:
          "FROM x\nRUN apt-get install -y ./a.deb /tmp/b.deb && yum install -y https://e.org/a.rpm && apk add ./a.apk\n",
      },
      {
        title: "in a variable",
        dockerfile:
          "FROM x\nARG CURL_VERSION\nRUN apt-get install -y curl=$CURL_VERSION && dnf install -y git-$GIT_VERSION\n",
      },
      {
        title: "a list that cannot be known",
        dockerfile:
          "FROM x\nRUN apt-get install -y $(cat packages.txt) $MORE && xargs apt-get install -y < list\n",
      },
      {
        title: "options with a value",
        dockerfile:
          "FROM x\nRUN apt-get -o Acquire::Retries=3 install -t bookworm-backports -y git=1:2.39 && apk add --virtual .deps gcc=13-r0\n",
      },
    ],
  },
  *check(facts) {
    for (const step of runSteps(facts)) {
      for (const command of step.commands) {
        const words = wordsOf(step, command);
        const { manager, verb = "", rest } = systemVerb(command, words);
        const pinner = manager === undefined ? undefined : PINNERS[manager];
        if (pinner?.verbs.test(verb) !== true) continue;
        // A list in a variable or a substitution has no version to write, and a group only as `@module:stream`.
        const written = new Set(words);
        const names = rest.filter(
          (name) =>
            (/^[A-Za-z0-9]/.test(name) || (manager === "dnf" && /^@\w/.test(name) && written.has(name))) &&
            !/[`*]|\$\(/.test(name) &&
            !pinner.pinned.test(name),
        );
        if (names.length === 0) continue;
        yield {
          aliases: verb === "localinstall" || verb === "reinstall" ? [] : (PEERS[command.name] ?? []),
          message: `“${command.name}” installs ${someOf(names.map((name) => name.slice(0, 60)))} without a version.`,
          fix: fixOf("Write the version after each name.", pinner.example),
          ...at(facts.dockerfile, command.range),
        };
      }
    }
  },
});
