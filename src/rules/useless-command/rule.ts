import type { ShellCommand } from "../../dockerfile/shell.ts";
import { at } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { type RunStep, runSteps } from "../run-steps.ts";

/** What each of them is for, told as the reason why a build has no use for it. */
const USELESS: Readonly<Record<string, string>> = {
  ...reason("opens an editor, and nobody sits at a build", "vim vi nano emacs pico"),
  ...reason("shows what goes on in a machine, and a build is none", "ps top htop free uptime ifconfig"),
  ...reason("is over when the RUN ends", "service systemctl"),
  ...reason(
    "is for a whole machine, and a container is none",
    "shutdown reboot halt poweroff mount umount kill killall",
  ),
  ...reason("connects to another machine, which a build cannot rely on", "ssh telnet"),
  ...reason("sets a password, and nobody logs in to a batch job", "chpasswd passwd"),
};

function reason(text: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(" ").map((name) => [name, text]));
}

export default defineRule<"dockerfile">({
  id: "useless-command",
  title: "RUN calls a program that has no use in a build",
  category: "style",
  needs: "dockerfile",
  severity: "info",
  programs: new RegExp(`^(?:${Object.keys(USELESS).join("|")})$`),
  requirements: [],
  why: "A build has no terminal, no running services and no machine of its own. What such a program does is lost when the RUN ends, or it fails.",
  fix: "Leave the command out of the Dockerfile.",
  aliases: ["hadolint:DL3001", "checkov:CKV2_DOCKER_17"],
  examples: {
    bad: [
      { title: "an editor", dockerfile: "FROM python:3.12\nRUN vim /etc/hosts\n", lines: [2] },
      {
        title: "what goes on",
        dockerfile: "FROM x\nRUN make && \\\n    top -b -n 1\nRUN free -m\nRUN ps aux\n",
        lines: [3, 4, 5],
      },
      { title: "a service", dockerfile: "FROM x\nRUN service ssh start\n", lines: [2] },
      {
        title: "a mount",
        dockerfile: "FROM x\nRUN mount -t nfs host:/x /mnt\nRUN ifconfig\n",
        lines: [2, 3],
      },
      { title: "another machine", dockerfile: "FROM x\nRUN ssh me@host ls\n", lines: [2] },
      {
        title: "a machine's end",
        dockerfile: "FROM x\nRUN shutdown -h now\nRUN kill -9 17\n",
        lines: [2, 3],
      },
      {
        title: "a password that is not written down",
        dockerfile: 'FROM x\nARG PW\nRUN echo "root:$PW" | chpasswd\n',
        lines: [3],
      },
      { title: "a password taken away", dockerfile: "FROM x\nRUN passwd -d root\n", lines: [2] },
      { title: "for a later build", dockerfile: "FROM x\nONBUILD RUN top\n", lines: [2] },
    ],
    good: [
      { title: "installed only", dockerfile: "FROM x\nRUN apt-get install -y vim mount ssh && which top\n" },
      {
        title: "a service that is used at once",
        dockerfile: "FROM x\nRUN service postgresql start && psql -f init.sql\n",
      },
      { title: "a process of the RUN's own", dockerfile: "FROM x\nRUN server & make test && kill $!\n" },
      {
        title: "with the keys of the builder",
        dockerfile: "FROM x\nRUN --mount=type=ssh ssh -T git@github.com\n",
      },
      {
        title: "a literal password is another rule's business",
        dockerfile: "FROM x\nRUN echo 'me:hunter2' | chpasswd\n",
      },
      { title: "the version only", dockerfile: "FROM x\nRUN vim --version && ssh -V\n" },
    ],
  },
  *check(facts) {
    for (const step of runSteps(facts)) {
      let reasons: Reasons | undefined;
      for (const command of step.commands) {
        const text = Object.hasOwn(USELESS, command.name) ? USELESS[command.name] : undefined;
        if (text === undefined) continue;
        reasons ??= reasonsIn(step);
        if (hasReason(reasons, command)) continue;
        yield {
          aliases: peersOf(command.name),
          message: `“${command.name}” has no use in a build: it ${text}.`,
          fix: "Leave the command out of the Dockerfile.",
          ...at(facts.dockerfile, command.range),
        };
      }
    }
  },
});

const HADOLINT = new Set("ssh vim shutdown service ps free top kill mount ifconfig".split(" "));

/** The peers' rules for a program: they know fewer. */
function peersOf(program: string): string[] {
  if (program === "chpasswd") return ["checkov:CKV2_DOCKER_17"];
  return HADOLINT.has(program) ? ["hadolint:DL3001"] : [];
}

/** What the RUN around a command says for it. */
interface Reasons {
  readonly last: ShellCommand | undefined;
  readonly hasBackground: boolean;
  readonly hasPassword: boolean;
  readonly hasKeys: boolean;
}

const reasonsIn = ({ instruction, commands }: RunStep): Reasons => ({
  last: commands.at(-1),
  hasBackground: commands.some(({ list }) => list.background),
  hasPassword: commands.some(writesPassword),
  hasKeys: instruction.flags.some(
    ({ name, value }) => (name === "mount" && value?.includes("type=ssh") === true) || name === "security",
  ),
});

function hasReason(reasons: Reasons, command: ShellCommand): boolean {
  if (command.args.some(({ value }) => value === "--version" || value === "-V" || value === "--help"))
    return true;
  switch (command.name) {
    case "service":
      return reasons.last !== command;
    case "kill":
      return reasons.hasBackground || command.args.some(({ value }) => /[$%]/.test(value));
    case "ssh":
    case "mount":
    case "umount":
      return reasons.hasKeys;
    case "chpasswd":
      return reasons.hasPassword;
    default:
      return false;
  }
}

/** `echo me:word`: secret-in-environment speaks about it. */
const writesPassword = ({ name, args }: ShellCommand): boolean =>
  /^(?:echo|printf)$/.test(name) && args.some(({ value }) => /^[^$:]+:[^$]+/.test(value));
