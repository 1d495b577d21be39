import type { Instruction } from "../../dockerfile/model.ts";
import { oncePerCommand, type ParsedCommand, shellCommands } from "../../dockerfile/shell.ts";
import { assignments, lineage, variablesIn } from "../../dockerfile/variables.ts";
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
      {
        title: "asked for at the build, where it stays in the history",
        dockerfile: `FROM python:3.12\nARG GITHUB_TOKEN\nRUN git clone https://oauth2:\${GITHUB_TOKEN}@github.com/lab/tool\n`,
        lines: [2],
      },
      {
        title: "names that may be a secret's",
        dockerfile: "ARG SIGNING_KEY\nFROM python:3.12\nENV SSH_KEY=abcdef AUTH=basic-abc\n",
        lines: [1, 3, 3],
      },
      {
        title: "half of a log-in",
        dockerfile: "FROM python:3.12\nENV DB_USERNAME=cohort\nARG REGISTRY_USERNAME\n",
        lines: [2, 3],
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
        title: "keys that are none",
        dockerfile:
          "FROM python:3.12\nENV GPG_KEY=A035C8 PUBLIC_KEY=abc AUTH_TYPE=basic KEYBOARD=gb MONKEY=x\nARG CACHE_KEY\n",
      },
      {
        title: "the name of the image's own user",
        dockerfile: "FROM python:3.12\nARG USERNAME=jovyan\nENV NB_USERNAME=$USERNAME\n",
      },
    ],
  },
  *check(facts) {
    let kept: ReadonlySet<string> | undefined;
    const final = new Set(lineage(facts.stages).map(({ stage }) => stage.index));
    // A part of a file, without FROM, counts as the last stage.
    const isFinal = ({ stage }: Instruction) => final.has(stage) || facts.dockerfile.stages.length === 0;
    for (const instruction of facts.dockerfile.instructions) {
      if (instruction.keyword === "ENV" || instruction.keyword === "ARG") {
        for (const { name, value = "", word } of assignments(instruction)) {
          const named = isSecretName(name) && isSecretValue(value);
          if (!named && !hasCredentials(value)) {
            const doubt = doubtful(instruction.keyword, name, value);
            if (doubt !== undefined) kept ??= keptInEnvironment(facts.dockerfile.instructions);
            // The ENV that keeps the argument is told of instead.
            if (doubt !== undefined && kept?.has(name) === false)
              yield {
                severity: "info",
                aliases: peersOf(instruction.keyword, name, isFinal(instruction)),
                ...doubt,
                ...at(facts.dockerfile, word.range),
              };
            continue;
          }
          // `$OTHER` where nothing is known about OTHER is a reference to what the builder was given.
          const passedOn = variablesIn(value).length > 0 && /^\$\{?\w+\}?$/.test(value);
          if (passedOn && instruction.keyword === "ARG") continue;
          yield {
            aliases: peersOf(instruction.keyword, name, isFinal(instruction)),
            message: passedOn
              ? `${name} takes the value of a build argument and keeps it in the image, where anyone can read it.`
              : `${instruction.keyword} ${name} has its value written in the Dockerfile, where anyone can read it.`,
            fix: fixOf(
              "Take the value out and give it to the one command that needs it.",
              `RUN --mount=type=secret,id=${name.toLowerCase().slice(0, 40)} ${name.slice(0, 60)}="$(cat /run/secrets/${name.toLowerCase().slice(0, 40)})" <command>`,
            ),
            ...at(facts.dockerfile, word.range),
            subjects: [`secret:${name}`],
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
            aliases: ["checkov:CKV2_DOCKER_17"],
            message: "A password is written in the Dockerfile and set with “chpasswd”.",
            fix: "Leave the user without a password: nobody logs in to a batch job.",
            ...at(facts.dockerfile, changesPassword.range),
          };
        }
        for (const command of commands) {
          const secret = secretIn(command.parsed);
          if (secret === undefined) continue;
          yield {
            // Only what is built for the history of the image reads assignments in RUN.
            aliases: secret === IN_ADDRESS ? [] : ["dockle:CIS-DI-0010"],
            message:
              secret === IN_ADDRESS
                ? `“${command.name}” is given an address with a user name and a password or token in it.`
                : `RUN sets ${secret} to a value that is written in the Dockerfile.`,
            fix: fixOf(
              "Give the secret to this command only.",
              "RUN --mount=type=secret,id=token <command that reads /run/secrets/token>",
            ),
            ...at(facts.dockerfile, command.range),
            ...(secret === IN_ADDRESS ? {} : { subjects: [`secret:${secret}`] }),
          };
        }
      }
    }
  },
});

/** The peers' rules for the name of an ARG or ENV; a value that holds credentials is noticed by none of them. */
function peersOf(keyword: string, name: string, inImage: boolean): string[] {
  const isPublic = /(?:^|_)(?:PUBLIC|FILE|VERSION)(?:_|$)/i.test(name);
  return [
    ...(/TOKEN|SECRET|PASSW|PASSPHRASE|USERNAME|CREDENTIAL|(?:API|ACCESS|PRIVATE|AUTH)_?KEY/i.test(name)
      ? ["hadolint:DL3064"]
      : []),
    ...(inImage && /TOKEN|SECRET|PASSW|CREDENTIAL|(?:API|ACCESS|PRIVATE)_?KEY/i.test(name)
      ? ["trivy:DS-0031"]
      : []),
    ...(!isPublic &&
    /(?:^|_)(?:APIKEY|AUTH|CREDENTIALS?|KEY|PASSWORD|PWORD|PASSWD|SECRET|TOKEN)(?:_|$)/i.test(name)
      ? ["buildkit:SecretsUsedInArgOrEnv"]
      : []),
    ...(inImage && keyword === "ENV" && /TOKEN|SECRET|PASSWORD|PASSWD|KEY|ACCESS/i.test(name)
      ? ["dockle:CIS-DI-0010"]
      : []),
  ];
}

/** Names of accounts at a service; those of the image's own user are no secret. */
const ACCOUNT =
  /(?:^|_)(?:DB|DATABASE|[A-Z]{0,8}SQL|POSTGRES|MARIADB|MONGO|MONGODB|REDIS|SMTP|E?MAIL|S?FTP|SSH|LDAP|PROXY|DOCKER|DOCKERHUB|REGISTRY|GIT|GITHUB|GITLAB|ARTIFACTORY|NEXUS|AWS|AZURE|API|ADMIN|LOGIN|O?AUTH)_?USERNAME$/i;

/** Variables whose value an ENV takes over under a secret's name. */
const keptInEnvironment = (instructions: readonly Instruction[]): ReadonlySet<string> =>
  new Set(
    instructions
      .filter(({ keyword }) => keyword === "ENV")
      .flatMap(assignments)
      .filter(({ name }) => isSecretName(name))
      .flatMap(({ value = "" }) => variablesIn(value)),
  );

/** Names that may stand for a secret, beside those that do. */
const MAYBE_SECRET =
  /(?:^|_)(?:KEY|AUTH|PWORD)(?:$|_(?!ID$|VERSION$|FILE$|PATH$|URL$|SERVER$|TYPE$|METHOD$))/i;
const PUBLIC = /(?:^|_)(?:PUBLIC|PUB|GPG|PGP|CACHE|PARTITION|SORT)(?:_|$)/i;

/** What need not be a secret, but would be kept in the image if it were. */
function doubtful(
  keyword: string,
  name: string,
  value: string,
): { readonly message: string; readonly fix: string } | undefined {
  const maybe = (MAYBE_SECRET.test(name) && !PUBLIC.test(name)) || ACCOUNT.test(name);
  const shown = name.slice(0, 60);
  if (keyword === "ARG" && value.trim() === "" && (isSecretName(name) || maybe))
    return {
      message: `What is given to ${shown} at the build stays in the image's history, where anyone can read it.`,
      fix: fixOf(
        "If it is a secret, mount it for the one command that needs it.",
        `RUN --mount=type=secret,id=${shown.toLowerCase()} <command that reads /run/secrets/${shown.toLowerCase()}>`,
      ),
    };
  if (!maybe || !isSecretValue(value) || value.includes("$")) return undefined;
  return {
    message: `${shown} may be a secret, and its value is written in the Dockerfile.`,
    fix: "If it is one, take it out and make it invalid where it came from.",
  };
}

const IN_ADDRESS = "";

/** The variable that a command sets to a secret, or that the secret is in an address. */
const secretIn = oncePerCommand((command): string | undefined => {
  const given = [...command.assignments, ...exported(command)].find(
    ([name, value]) => isSecretName(name) && isSecretValue(value) && !/[$`]/.test(value),
  );
  return given?.[0] ?? (command.values.some(hasCredentials) ? IN_ADDRESS : undefined);
});

function exported(command: ParsedCommand): [string, string][] {
  if (command.name !== "export") return [];
  return command.values.flatMap((value) => {
    const equals = value.indexOf("=");
    return equals < 0 ? [] : [[value.slice(0, equals), value.slice(equals + 1)] satisfies [string, string]];
  });
}
