import type { Instruction, Range } from "../../dockerfile/model.ts";
import {
  oncePerCommand,
  oncePerProgram,
  type ParsedCommand,
  type ShellCommand,
} from "../../dockerfile/shell.ts";
import { assignments } from "../../dockerfile/variables.ts";
import type { Draft } from "../../findings/finding.ts";
import { at } from "../helpers.ts";
import { type DockerfileFacts, defineRule } from "../rule.ts";
import { type RunStep, runSteps, wordsOf } from "../run-steps.ts";

const OFF = /^(?:0|false|no|off|n|disabled?)$/i;
const ON = /^(?:1|true|yes|on|y|enabled?)$/i;

/** Variables that turn checks off, with the values that do so; undefined for any value at all. */
const VARIABLES: Readonly<Record<string, RegExp | undefined>> = {
  PYTHONHTTPSVERIFY: OFF,
  NODE_TLS_REJECT_UNAUTHORIZED: OFF,
  NPM_CONFIG_STRICT_SSL: OFF,
  YARN_ENABLE_STRICT_SSL: OFF,
  CONDA_SSL_VERIFY: OFF,
  MAMBA_SSL_VERIFY: OFF,
  SSL_VERIFY: OFF,
  GIT_SSL_NO_VERIFY: undefined,
  PIP_TRUSTED_HOST: undefined,
  UV_INSECURE_HOST: undefined,
  JULIA_SSL_NO_VERIFY_HOSTS: undefined,
  HF_HUB_DISABLE_SSL_VERIFICATION: ON,
  GOINSECURE: undefined,
};

/** Options that turn checks off, by the programs that take them. */
const OPTIONS: readonly { readonly program: RegExp; readonly option: RegExp }[] = [
  { program: /^curl$/, option: /^--(?:insecure|proxy-insecure)$|^-[a-zA-Z#0-9]*k[a-zA-Z#]*$/ },
  { program: /^wget$/, option: /^--no-check-certificate$/ },
  { program: /^aria2c$/, option: /^--check-certificate=false$/ },
  {
    program: /^(?:pip[\d.]*|pipx|uv|python[\d.]*)$/,
    option: /^--(?:trusted-host|allow-insecure-host)(?:=|$)/,
  },
  { program: /^apk$/, option: /^--allow-untrusted$/ },
  {
    program: /^(?:apt-get|apt|aptitude)$/,
    option:
      /^--(?:allow-unauthenticated|force-yes|allow-insecure-repositories)(?:=(?:true|yes|1))?$|AllowUnauthenticated(?:=|=")(?:true|yes|1)|Acquire::https?::(?:[\w.-]+::)?Verify-(?:Peer|Host)=(?:"?(?:false|no|0))|AllowInsecureRepositories=(?:true|yes|1)/i,
  },
  {
    program: /^(?:dnf5?|yum|microdnf|tdnf|yum-config-manager)$/,
    option: /^--(?:nogpgcheck|no-gpgchecks)$|sslverify=(?:0|false|no)\b|gpgcheck=(?:0|false|no)\b/i,
  },
  { program: /^zypper$/, option: /^--(?:no-gpg-checks|no-gpgcheck)$/ },
  { program: /^rpm$/, option: /^--(?:nosignature|nodigest|noverify|nofiledigest|nogpgcheck)$/ },
  { program: /^(?:npm|yarn|pnpm)$/, option: /^--(?:no-strict-ssl|strict-ssl=(?:false|0|no))$/i },
  { program: /^git$/, option: /^http\.(?:.+\.)?sslVerify=(?:false|0|no)$/i },
  { program: /^(?:conda|mamba|micromamba)$/, option: /^--insecure$|^-k$/ },
];

/** The peers' rules by variable. */
const VARIABLE_PEERS: Readonly<Partial<Record<string, string>>> = {
  PYTHONHTTPSVERIFY: "checkov:CKV2_DOCKER_5",
  NODE_TLS_REJECT_UNAUTHORIZED: "checkov:CKV2_DOCKER_6",
  NPM_CONFIG_STRICT_SSL: "checkov:CKV2_DOCKER_12",
  GIT_SSL_NO_VERIFY: "checkov:CKV2_DOCKER_14",
  PIP_TRUSTED_HOST: "checkov:CKV2_DOCKER_16",
};

/** The peers' rules by program and the word that they look for. */
const WORD_PEERS: readonly { readonly program: RegExp; readonly word: RegExp; readonly alias: string }[] = [
  { program: /^curl$/, word: /^--insecure$|^-[a-zA-Z#0-9]*k/, alias: "checkov:CKV2_DOCKER_2" },
  { program: /^wget$/, word: /^--no-check-certificate$/, alias: "checkov:CKV2_DOCKER_3" },
  { program: /^(?:pip|python)[\d.]*$/, word: /^--trusted-host(?:=|$)/, alias: "checkov:CKV2_DOCKER_4" },
  { program: /^apk$/, word: /^--allow-untrusted$/, alias: "checkov:CKV2_DOCKER_7" },
  { program: /^apt-get$/, word: /^--allow-unauthenticated/, alias: "checkov:CKV2_DOCKER_8" },
  { program: /^(?:yum|dnf|tdnf)$/, word: /^--nogpgcheck$/, alias: "checkov:CKV2_DOCKER_9" },
  { program: /^rpm$/, word: /^--(?:no|nofile)(?:signature|digest|verify)$/, alias: "checkov:CKV2_DOCKER_10" },
  { program: /^apt-get$/, word: /^--force-yes/, alias: "checkov:CKV2_DOCKER_11" },
  { program: /^(?:npm|yarn)$/, word: /^"?strict-ssl/i, alias: "checkov:CKV2_DOCKER_13" },
  {
    program: /^(?:yum-config-manager|dnf)$/,
    word: /sslverify=(?:0|false|no)/i,
    alias: "checkov:CKV2_DOCKER_15",
  },
];

/** No option is longer than this. */
const LONGEST = 200;

/** `npm config set strict-ssl false` and its like: a setting, then its value. */
const SETTINGS: readonly { readonly program: RegExp; readonly setting: RegExp; readonly value?: RegExp }[] = [
  { program: /^(?:npm|yarn|pnpm)$/, setting: /^strict-ssl$/i, value: OFF },
  { program: /^(?:npm|yarn|pnpm)$/, setting: /^(?:strict-ssl=(?:false|0|no)|enableStrictSsl)$/i },
  { program: /^git$/, setting: /^http\.(?:.+\.)?sslVerify$/i, value: OFF },
  { program: /^(?:conda|mamba|micromamba)$/, setting: /^ssl_verify$/i, value: OFF },
  { program: /^pip[\d.]*$/, setting: /^(?:global|install)\.trusted-host$/i },
];

/** Lines of configuration that `echo`, `printf`, `tee`, `cat` or `sed` write. */
const CONFIGURATION =
  /\[[^\][]{0,200}\btrusted=yes\b|\bsslverify\s*=\s*(?:0|false|no)\b|\bgpgcheck\s*=\s*0\b|Verify-Peer\s*"?(?:=|\s)\s*"?false|AllowUnauthenticated\s*"?(?:true|1|yes)|\bcheck_certificate\s*=\s*off\b|^[ \t]{0,20}insecure[ \t]{0,20}$|\bssl_verify:\s*false\b|\bstrict-ssl\s*=\s*false\b|\btrusted-host\s*=/im;

export default defineRule<"dockerfile">({
  id: "unverified-download",
  title: "Certificates or signatures are not checked",
  category: "security",
  needs: "dockerfile",
  severity: "warning",
  mentions: [
    "curl",
    "conda",
    "mamba",
    "insecure",
    "httpsverify",
    "reject_unauthorized",
    "strict_ssl",
    "strict-ssl",
    "strictssl",
    "ssl_verify",
    "ssl_no_verify",
    "sslverify",
    "trusted_host",
    "trusted-host",
    "trusted=yes",
    "untrusted",
    "disable_ssl_verification",
    "check-certificate",
    "check_certificate",
    "unauthenticated",
    "force-yes",
    "verify-",
    "gpgcheck",
    "gpg-check",
    "nosignature",
    "nodigest",
    "noverify",
    "nofiledigest",
  ],
  requirements: [],
  why: "Whoever stands between the build and the server can then put their own program into the image, and with it reach the data. A check that fails is mostly a missing certificate of your organisation.",
  fix: "Take the switch away. Where a certificate is missing, add it: copy it to /usr/local/share/ca-certificates and run update-ca-certificates.",
  aliases: [
    "checkov:CKV2_DOCKER_2",
    "checkov:CKV2_DOCKER_3",
    "checkov:CKV2_DOCKER_4",
    "checkov:CKV2_DOCKER_5",
    "checkov:CKV2_DOCKER_6",
    "checkov:CKV2_DOCKER_7",
    "checkov:CKV2_DOCKER_8",
    "checkov:CKV2_DOCKER_9",
    "checkov:CKV2_DOCKER_10",
    "checkov:CKV2_DOCKER_11",
    "checkov:CKV2_DOCKER_12",
    "checkov:CKV2_DOCKER_13",
    "checkov:CKV2_DOCKER_14",
    "checkov:CKV2_DOCKER_15",
    "checkov:CKV2_DOCKER_16",
  ],
  examples: {
    bad: [
      {
        title: "curl",
        dockerfile:
          "FROM python:3.12\nRUN curl -k https://e.org/a\nRUN curl -fsSLk https://e.org/a\nRUN apt-get update && \\\n    curl --insecure https://e.org/a\n",
        lines: [2, 3, 5],
      },
      {
        title: "wget",
        dockerfile: "FROM x\nRUN wget -q --no-check-certificate https://e.org/a\n",
        lines: [2],
      },
      {
        title: "pip",
        dockerfile:
          "FROM x\nRUN pip install --trusted-host pypi.org numpy\nRUN python -m pip install --trusted-host=pypi.org numpy\nENV PIP_TRUSTED_HOST=pypi.org\nRUN pip config set global.trusted-host pypi.org\n",
        lines: [2, 3, 4, 5],
      },
      {
        title: "Python",
        dockerfile:
          "FROM x\nENV PYTHONHTTPSVERIFY=0\nRUN export PYTHONHTTPSVERIFY=0 && python a.py\nRUN PYTHONHTTPSVERIFY=0 python a.py\n",
        lines: [2, 3, 4],
      },
      {
        title: "an argument",
        dockerfile:
          "FROM x\nARG NODE_TLS_REJECT_UNAUTHORIZED=0\nENV NPM_CONFIG_STRICT_SSL false\nRUN npm_config_strict_ssl=false npm ci\n",
        lines: [2, 3, 4],
      },
      {
        title: "npm and yarn",
        dockerfile:
          'FROM x\nRUN npm config set strict-ssl false\nRUN yarn config set "strict-ssl" false\nRUN npm install --strict-ssl=false\nRUN npm set strict-ssl=false\n',
        lines: [2, 3, 4, 5],
      },
      {
        title: "git",
        dockerfile:
          "FROM x\nENV GIT_SSL_NO_VERIFY=true\nRUN git config --global http.sslVerify false\nRUN git -c http.sslVerify=false clone https://e.org/a\n",
        lines: [2, 3, 4],
      },
      {
        title: "apk, apt-get and rpm",
        dockerfile:
          "FROM x\nRUN apk add --allow-untrusted a.apk\nRUN apt-get install -y --allow-unauthenticated a\nRUN apt-get --force-yes install a\nRUN rpm -i --nosignature a.rpm\nRUN rpm --nodigest --noverify --nofiledigest -i a.rpm\n",
        lines: [2, 3, 4, 5, 6],
      },
      {
        title: "yum and dnf",
        dockerfile:
          "FROM x\nRUN yum install -y --nogpgcheck a\nRUN dnf --nogpgcheck -y install a\nRUN tdnf install -y --nogpgcheck a\nRUN yum-config-manager --save --setopt=sslverify=0\nRUN dnf config-manager --setopt=sslverify=false --save\nRUN dnf config-manager --setopt sslverify=0\n",
        lines: [2, 3, 4, 5, 6, 7],
      },
      {
        title: "zypper and conda",
        dockerfile: "FROM x\nRUN zypper --no-gpg-checks -n in a\nRUN conda config --set ssl_verify false\n",
        lines: [2, 3],
      },
      {
        title: "a configuration",
        dockerfile:
          "FROM x\nRUN echo 'deb [trusted=yes] https://e.org/ ./' > /etc/apt/sources.list.d/a.list\nRUN echo sslverify=false >> /etc/yum.conf\n",
        lines: [2, 3],
      },
      {
        title: "in a builder stage and for a later build",
        dockerfile:
          "FROM x AS b\nRUN curl -k https://e.org\nFROM y\nONBUILD RUN curl -k https://e.org\nONBUILD ENV GIT_SSL_NO_VERIFY=1\n",
        lines: [2, 4, 5],
      },
    ],
    good: [
      {
        title: "checked",
        dockerfile:
          "FROM x\nRUN curl -fsSL https://e.org/a && wget -q https://e.org/a && pip install numpy && apk add a && rpm -i a.rpm\n",
      },
      {
        title: "turned on",
        dockerfile:
          "FROM x\nENV PYTHONHTTPSVERIFY=1 NODE_TLS_REJECT_UNAUTHORIZED=1 NPM_CONFIG_STRICT_SSL=true\nRUN npm config set strict-ssl true && git config --global http.sslVerify true && yum-config-manager --setopt=sslverify=1\n",
      },
      {
        title: "another program's -k",
        dockerfile: "FROM x\nRUN tar -k -xf a && ls -k && curl -o -k https://e.org/a\n",
      },
      {
        title: "only mentioned",
        dockerfile: 'FROM x\nRUN echo "do not use curl -k" > /etc/motd\nLABEL note="GIT_SSL_NO_VERIFY=1"\n',
      },
      {
        title: "unset or without a value",
        dockerfile: "FROM x\nARG PIP_TRUSTED_HOST\nENV GIT_SSL_NO_VERIFY=\nRUN unset GIT_SSL_NO_VERIFY\n",
      },
    ],
  },
  *check(facts) {
    const runs = new Map(runSteps(facts).map((step) => [step.instruction, step]));
    for (const written of facts.dockerfile.instructions) {
      const instruction = written.trigger ?? written;
      const step = runs.get(instruction);
      if (step !== undefined) yield* inRun(facts, step);
      if (instruction.keyword !== "ENV" && instruction.keyword !== "ARG") continue;
      for (const { name, range } of variablesSet(instruction))
        yield {
          aliases: peersOfVariable(name),
          message: `${name} turns off the check of certificates for whatever is downloaded.`,
          fix: `Take ${name} away.`,
          ...at(facts.dockerfile, range),
        };
    }
  },
});

function* inRun(facts: DockerfileFacts, step: RunStep): Generator<Draft> {
  for (const command of step.commands) {
    const found = switchedOff(step, command);
    if (found === undefined) continue;
    yield {
      aliases: peersOf(step, command),
      message: `${found}, so anybody on the way can change what arrives.`,
      fix: "Take the switch away, and add the certificate or the key that is missing.",
      ...at(facts.dockerfile, command.range),
    };
  }
}

const peersOfVariable = (name: string): string[] => {
  const alias = VARIABLE_PEERS[upperNpm(name)];
  return alias === undefined ? [] : [alias];
};

/** The peers' rules for what one command turns off. */
function peersOf(step: RunStep, command: ShellCommand): string[] {
  const variables = given(command.parsed).flatMap(([name, value]) =>
    turnsOff(name, value) ? peersOfVariable(name) : [],
  );
  const words = wordsOf(step, command).filter(
    (word, index, all) => word.length < LONGEST && !isValue(command.name, all[index - 1]),
  );
  const options = WORD_PEERS.flatMap(({ program, word, alias }) =>
    program.test(command.name) && words.some((one) => word.test(one)) ? [alias] : [],
  );
  return [...new Set([...variables, ...options])];
}

/** Variables that a command sets, for itself or by `export`. */
const given = (command: ParsedCommand): (readonly [string, string])[] => [
  ...command.assignments,
  ...(command.name === "export" ? pairs(command) : []),
];

/** npm takes its variables in small letters too. */
const upperNpm = (name: string): string => (/^npm_config_/i.test(name) ? name.toUpperCase() : name);

function variablesSet(instruction: Instruction): { name: string; range: Range }[] {
  return assignments(instruction).flatMap(({ name, value, word }) =>
    value !== undefined && turnsOff(name, value) ? [{ name, range: word.range }] : [],
  );
}

function turnsOff(name: string, value: string): boolean {
  const known = upperNpm(name);
  if (!Object.hasOwn(VARIABLES, known) || value === "") return false;
  const values = VARIABLES[known];
  return values === undefined ? !OFF.test(value) || known === "GIT_SSL_NO_VERIFY" : values.test(value);
}

/** What a command does to the checks, if it turns one off. */
const switchedOff = (step: RunStep, command: ShellCommand): string | undefined => {
  const words = wordsOf(step, command);
  return words === command.values ? asWritten(command.parsed) : said(command.parsed, words);
};

const optionsOf = oncePerProgram((name) => OPTIONS.filter(({ program }) => program.test(name)));
const settingsOf = oncePerProgram((name) => SETTINGS.filter(({ program }) => program.test(name)));

const asWritten = oncePerCommand((command) => said(command, command.values));

function said(command: ParsedCommand, words: readonly string[]): string | undefined {
  const variable = given(command).find(([name, value]) => turnsOff(name, value));
  if (variable !== undefined) return `${variable[0]} turns off the check of certificates`;
  const name = command.name.slice(0, 40);
  for (const { option } of optionsOf(command.name)) {
    const used = words.find(
      (word, index) => word.length < LONGEST && option.test(word) && !isValue(command.name, words[index - 1]),
    );
    if (used !== undefined)
      return `“${name} ${used.slice(0, 60)}” turns off the check of ${/^(?:rpm|apk|apt|dnf|yum|tdnf|zypper|microdnf)/.test(name) && !/ssl|https/i.test(used) ? "signatures" : "certificates"}`;
  }
  for (const { setting, value } of settingsOf(command.name)) {
    const index = words.findIndex((word) => setting.test(word));
    if (index < 0 || !words.some((word) => /^(?:set|config|--set)$/.test(word))) continue;
    if (value === undefined || value.test(words[index + 1] ?? ""))
      return `“${name}” is set to check no certificates`;
  }
  if (
    /^(?:echo|printf|tee|sed)$/.test(command.name) &&
    (command.writesTo.length > 0 || command.around.pipe !== undefined || command.name === "sed")
  ) {
    const text = words.join(" ").slice(0, 20_000);
    if (CONFIGURATION.test(text)) return "The configuration that is written here turns off a check";
  }
  return undefined;
}

/** `curl -o -k` writes to a file of that name. */
const isValue = (program: string, word: string | undefined): boolean =>
  program === "curl" &&
  word !== undefined &&
  /^(?:-[oHAdeuTXbc]|--(?:output|header|user-agent|data|referer|user))$/.test(word);

function pairs(command: ParsedCommand): [string, string][] {
  return command.values.flatMap((value) => {
    const equals = value.indexOf("=");
    return equals < 1 ? [] : [[value.slice(0, equals), value.slice(equals + 1)] satisfies [string, string]];
  });
}
