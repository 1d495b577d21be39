import { shellCommands } from "../../dockerfile/shell.ts";
import { assignments, variablesIn } from "../../dockerfile/variables.ts";
import { at, fixOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";
import { hasCredentials, isSecretName, isSecretValue } from "../secrets.ts";

export default defineRule<"dockerfile">({
  id: "secret-in-environment",
  title: "A secret is written in the Dockerfile",
  category: "security",
  needs: "dockerfile",
  severity: "error",
  requirements: ["INT-04"],
  why: "Whoever gets the image or the Dockerfile can read the value, now and later: it stays in the image's history. Inside the Safe Haven no outside service can be reached with it anyway.",
  fix: "Take it out and make it invalid where it came from. For the build use `RUN --mount=type=secret`.",
  aliases: [
    "hadolint:DL3064",
    "trivy:DS-0031",
    "buildkit:SecretsUsedInArgOrEnv",
    "dockle:CIS-DI-0010",
    "checkov:CKV2_DOCKER_17",
  ],
  examples: {
    bad: [
      { title: "a password", dockerfile: "FROM rocker/rstudio:4\nENV PASSWORD=test\n", lines: [2] },
      {
        title: "a token among others",
        dockerfile: 'FROM python:3.12\nENV A=1 \\\n    HF_TOKEN="hf_abc"\n',
        lines: [3],
      },
      {
        title: "a default of an ARG, in a builder",
        dockerfile: "FROM python:3.12 AS b\nARG GITHUB_TOKEN=ghp_x1\nFROM python:3.12\nRUN true\n",
        lines: [2],
      },
      {
        title: "an argument kept in the image",
        dockerfile: `FROM python:3.12\nARG API_KEY\nENV API_KEY=\${API_KEY}\n`,
        lines: [3],
      },
      {
        title: "in an address",
        dockerfile: "FROM python:3.12\nRUN pip install git+https://me:ghp_x1@github.com/lab/tool\n",
        lines: [2],
      },
      {
        title: "a password set by a command",
        dockerfile: "FROM python:3.12\nRUN echo 'me:hunter2' | chpasswd\n",
        lines: [2],
      },
    ],
    good: [
      {
        title: "a secret mount",
        dockerfile:
          "FROM python:3.12\nRUN --mount=type=secret,id=token TOKEN=$(cat /run/secrets/token) ./get\n",
      },
      {
        title: "a path",
        dockerfile:
          "FROM python:3.12\nENV PGPASSFILE=/safe_data/pgpass DB_PASSWORD_FILE=/run/secrets/db TOKEN=/run/secrets/token\n",
      },
      {
        title: "empty and no secret at all",
        dockerfile:
          "FROM python:3.12\nENV PASSWORD= TOKENIZERS_PARALLELISM=false MAX_TOKENS=512 USE_TOKEN=false\n",
      },
      {
        title: "asked for, not given",
        dockerfile: `FROM python:3.12\nARG GITHUB_TOKEN\nRUN git clone https://oauth2:\${GITHUB_TOKEN}@github.com/lab/tool\n`,
      },
    ],
  },
  *check(facts) {
    for (const instruction of facts.dockerfile.instructions) {
      if (instruction.keyword === "ENV" || instruction.keyword === "ARG") {
        for (const { name, value = "", word } of assignments(instruction)) {
          const named = isSecretName(name) && isSecretValue(value);
          if (!named && !hasCredentials(value)) continue;
          // `$OTHER` where nothing is known about OTHER is a reference to what the builder was given.
          const passedOn = variablesIn(value).length > 0 && /^\$\{?\w+\}?$/.test(value);
          if (passedOn && instruction.keyword === "ARG") continue;
          yield {
            message: passedOn
              ? `${name} takes the value of a build argument and keeps it in the image, where anyone can read it.`
              : `${instruction.keyword} ${name} has its value written in the Dockerfile, where anyone can read it.`,
            fix: fixOf(
              "Take the value out and give it to the one command that needs it.",
              `RUN --mount=type=secret,id=${name.toLowerCase().slice(0, 40)} ${name.slice(0, 60)}="$(cat /run/secrets/${name.toLowerCase().slice(0, 40)})" <command>`,
            ),
            ...at(facts.dockerfile, word.range),
            ...(instruction.keyword === "ENV" ? { subjects: [`secret:${name}`] } : {}),
          };
        }
      } else if (instruction.keyword === "RUN") {
        const commands = shellCommands(instruction);
        const changesPassword = commands.find(({ name }) => name === "chpasswd");
        if (
          changesPassword !== undefined &&
          commands.some(
            ({ name, args }) =>
              /^(?:echo|printf)$/.test(name) && args.some(({ value }) => /^[^$:]+:[^$]+/.test(value)),
          )
        ) {
          yield {
            message: "A password is written in the Dockerfile and set with “chpasswd”.",
            fix: "Leave the user without a password: nobody logs in to a batch job.",
            ...at(facts.dockerfile, changesPassword.range),
          };
        }
        for (const command of commands) {
          const given = [...command.assignments, ...exported(command)].find(
            ([name, value]) => isSecretName(name) && isSecretValue(value) && !/[$`]/.test(value),
          );
          const inAddress = command.args.some(({ value }) => hasCredentials(value));
          if (given === undefined && !inAddress) continue;
          yield {
            message:
              given === undefined
                ? `“${command.name}” is given an address with a user name and a password or token in it.`
                : `RUN sets ${given[0]} to a value that is written in the Dockerfile.`,
            fix: fixOf(
              "Give the secret to this command only.",
              "RUN --mount=type=secret,id=token <command that reads /run/secrets/token>",
            ),
            ...at(facts.dockerfile, command.range),
          };
        }
      }
    }
  },
});

function exported(command: {
  readonly name: string;
  readonly args: readonly { readonly value: string }[];
}): [string, string][] {
  if (command.name !== "export") return [];
  return command.args.flatMap(({ value }) => {
    const equals = value.indexOf("=");
    return equals < 0 ? [] : [[value.slice(0, equals), value.slice(equals + 1)] satisfies [string, string]];
  });
}
