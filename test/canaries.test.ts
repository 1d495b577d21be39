import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { archive, dockerMembers, file, tar } from "../src/image/test-archives.ts";
import { FORMATS } from "../src/reporters/formats.ts";
import { here, pratique, put, useCommandLine } from "./cli-support.ts";

/** Secrets planted wherever an image can have them: no output of whatever form may show one. */
const letters = (start: string, length: number): string => `${start}Q7w9E2r4T6y8`.repeat(9).slice(0, length);
const CANARIES = {
  token: `ghp_${letters("canaryA", 36)}`,
  deleted: `hf_${letters("canaryB", 34)}`,
  password: letters("canaryC", 20),
  environment: letters("canaryD", 20),
  address: letters("canaryE", 20),
  shaped: `glpat-${letters("canaryF", 20)}`,
  label: `npm_${letters("canaryG", 36)}`,
  argument: letters("canaryH", 20),
  command: `dckr_pat_${letters("canaryI", 27)}`,
  entrypoint: `sk-ant-api03-${letters("canaryJ", 95)}`,
  key: letters("canaryK", 64),
  netrc: letters("canaryL", 20),
};

const KEY = `-----BEGIN RSA PRIVATE KEY-----\n${CANARIES.key}\n${CANARIES.key}\n-----END RSA PRIVATE KEY-----\n`;
const LAYERS = [
  tar(
    file("bin/job", "#!/bin/job\n", 0o755),
    file("opt/app/settings.py", `TOKEN = "${CANARIES.token}"\n`),
    file("opt/app/token.txt", CANARIES.deleted),
    file("root/.netrc", `machine a login b password ${CANARIES.password}\n`),
    file("root/.ssh/id_rsa", KEY, 0o600),
    file("opt/app/cohort.csv", `id,age\n${"1,70\n".repeat(300)}`),
  ),
  tar(file("opt/app/.wh.token.txt"), file("root/.wh..ssh")),
];
const HISTORY = [
  { created_by: `ARG DEPLOY_TOKEN=${CANARIES.argument}`, empty_layer: true },
  { created_by: `COPY . /opt/app # ${CANARIES.command}` },
  {
    created_by: `RUN |1 DEPLOY_TOKEN=${CANARIES.argument} /bin/sh -c curl -H "Bearer ${CANARIES.command}" https://x:${CANARIES.address}@host/ && echo machine a login b password ${CANARIES.netrc} > .netrc # buildkit`,
  },
  { created_by: `ENV DB_PASSWORD=${CANARIES.environment}`, empty_layer: true },
];

const OUTPUTS = ["text", ...Object.keys(FORMATS)];

useCommandLine();

describe("secrets of an image", () => {
  beforeEach(() => {
    const config = {
      Env: [
        "PATH=/bin",
        `DB_PASSWORD=${CANARIES.environment}`,
        `INDEX=https://me:${CANARIES.address}@host/simple`,
        `SETTINGS=a,${CANARIES.shaped}`,
      ],
      Labels: { "org.lab.deploy": CANARIES.label },
      Entrypoint: ["/bin/job", "--key", CANARIES.entrypoint],
    };
    put("image.tar", archive(dockerMembers(LAYERS, { config, history: HISTORY })));
  });

  it("are found in every place", () => {
    const { stdout, stderr, status } = pratique(["inspect", "image.tar", "--format", "json"]);
    expect(stderr).not.toContain("[internal");
    expect(status).not.toBe(2);
    const { findings, contents, image } = JSON.parse(stdout);
    const told = findings
      .filter(({ rule }: { rule: string }) => /^(?:secret|data)-in-image/.test(rule))
      .map(
        ({ rule, severity, location }: { rule: string; severity: string; location: { imagePath: string } }) =>
          `${severity} ${rule} ${location.imagePath}`,
      );
    expect(told.sort()).toEqual([
      "error data-in-image /opt/app/cohort.csv",
      "error secret-in-image /opt/app/settings.py",
      "error secret-in-image /opt/app/token.txt",
      "error secret-in-image /root/.netrc",
      "error secret-in-image /root/.ssh/id_rsa",
      "error secret-in-image config",
      "error secret-in-image config",
      "error secret-in-image config",
      "error secret-in-image-environment config",
      "error secret-in-image-environment config",
      "error secret-in-image-environment config",
    ]);
    expect(
      contents.secrets.map(
        ({ kind, layer, removedIn }: Record<string, unknown>) => `${kind} ${layer} ${removedIn}`,
      ),
    ).toEqual([
      "GitHub token 0 undefined",
      "Hugging Face token 0 1",
      "password (.netrc) 0 undefined",
      "private key 0 1",
    ]);
    expect(image.entrypoint.at(-1)).toBe("(hidden)");
  });

  it.each(OUTPUTS)("are in no output: %s", (format) => {
    const { stdout, stderr } = pratique(["inspect", "image.tar", "--verbose", "--format", format]);
    expect(stdout.length).toBeGreaterThan(100);
    expect(shown(stdout + stderr)).toEqual([]);
  });

  it("are in no file that is written", () => {
    pratique(["inspect", "image.tar", "--output", "out", "--verbose"]);
    const files = readdirSync(join(here(), "out"), { recursive: true, encoding: "utf8" })
      .map((name) => join(here(), "out", name))
      .filter((path) => statSync(path).isFile());
    expect(files.some((path) => path.endsWith("index.html"))).toBe(true);
    for (const path of files) expect(shown(readFileSync(path, "utf8"))).toEqual([]);
  });
});

/** Half a secret is one too. */
const shown = (text: string): string[] =>
  Object.entries(CANARIES)
    .filter(([, value]) => text.includes(value.slice(-16)))
    .map(([name]) => name);
