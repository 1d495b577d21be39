import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type { EngineName } from "../../src/engine/engine.ts";
import { identityToken, testSigstore } from "../../src/sigstore/test-sigstore.ts";
import { ensureCosign } from "../../tools/setup/cosign.mjs";
import { freePort, startRegistry } from "../../tools/setup/registry.mjs";
import { ensureTrivy, ensureTrivyDatabase } from "../../tools/setup/trivy.mjs";
import { PAGES } from "../documents/pages.ts";
import { definePage, type World } from "../documents/run.ts";
import { address, certify, PASSWORD, passwords } from "./registry-access.ts";
import { base, cli } from "./support.ts";

/** The pages whose commands need an engine, a registry, a scanner or Sigstore; those without run with the commands. */

const folder = mkdtempSync(join(tmpdir(), "documents-"));
const ENGINES: readonly EngineName[] = ["podman", "docker"];
/** A Dockerfile of an image with three files, which suits no job. */
function tiny(version: number): string {
  const copies = ["/etc/os-release", "/usr/lib/tiny.so", `/opt/version-${version}`];
  return `FROM scratch\n${copies.map((path) => `COPY os-release ${path}\n`).join("")}`;
}
/** Names that the pages use: of a job, and of an image that is read quickly. */
const IMAGES = [1, 2].flatMap((version) => [
  {
    dockerfile: `FROM ${base("PYTHON_BASE")}
RUN mkdir /safe_data /safe_outputs /scratch && echo ${version} > /opt/version
ENV HOME=/scratch TMPDIR=/scratch TMP=/scratch TEMP=/scratch
CMD ["python", "-c", "open('/safe_outputs/a.txt', 'w').write('done')"]
`,
    names: [`localhost/mine:${version}`, `mine:${version}`],
  },
  { dockerfile: tiny(version), names: [`my-image:${version}`, `lab/heart:${version}`] },
]);
const world: World & { env: Record<string, string>; programs: string[] } = {
  main: cli,
  programs: [join(folder, "bin")],
  env: {},
};
/** In the order in which they began. */
const endings: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];

beforeAll(async () => {
  mkdirSync(join(folder, "bin"));
  symlinkSync(await ensureCosign(), join(folder, "bin", "cosign"));
  const trivy = await ensureTrivy();
  const database = await ensureTrivyDatabase();

  const registry = async (name: string, options: Parameters<typeof startRegistry>[0] = {}) => {
    const started = await startRegistry({ storage: join(folder, name), ...options });
    endings.push(() => started.stop());
    return started.host;
  };
  const tls = { certificate: join(folder, "ca.pem"), key: join(folder, "key.pem") };
  certify(tls);
  writeFileSync(join(folder, "passwords"), passwords("my-name"));
  const open = await registry("open");
  const login = await registry("login", { passwords: join(folder, "passwords") });
  const secure = await registry("tls", { address: address(), tls });
  writeFileSync(
    join(folder, "registries.conf"),
    [open, login].map((host) => `[[registry]]\nlocation = "${host}"\ninsecure = true\n`).join(""),
  );

  writeFileSync(join(folder, "logins.json"), "{}");

  const sigstore = await testSigstore();
  endings.push(() => sigstore.stop());
  writeFileSync(join(folder, "root.json"), sigstore.root);

  mkdirSync(join(folder, "trivy-cache"));
  symlinkSync(database, join(folder, "trivy-cache", "db"));
  const scanner = `127.0.0.1:${await freePort()}`;
  const server = spawn(
    trivy,
    [
      "server",
      "--listen",
      scanner,
      "--cache-dir",
      join(folder, "trivy-cache"),
      "--skip-db-update",
      "--quiet",
    ],
    { stdio: "ignore" },
  );
  endings.push(() => server.kill("SIGKILL"));

  Object.assign(world.env, {
    PYTHON_BASE: base("PYTHON_BASE"),
    REGISTRY: open,
    LOGIN_REGISTRY: login,
    TLS_REGISTRY: secure,
    CERTIFICATE: tls.certificate,
    TOKEN: PASSWORD,
    CONTAINERS_REGISTRIES_CONF: join(folder, "registries.conf"),
    REGISTRY_AUTH_FILE: join(folder, "logins.json"),
    TRIVY: trivy,
    TRIVY_DB: database,
    TRIVY_SERVER: `http://${scanner}`,
    SIGSTORE: sigstore.url,
    SIGSTORE_ROOT: join(folder, "root.json"),
    SIGSTORE_ID_TOKEN: identityToken(
      "https://github.com/lab/heart-risk/.github/workflows/check.yml@refs/heads/main",
      "https://token.actions.githubusercontent.com",
    ),
  });
  const context = join(folder, "tiny");
  mkdirSync(context);
  writeFileSync(join(context, "os-release"), "NAME=tiny\n");
  world.env.TINY = context;
  const env = { ...process.env, ...world.env };
  for (const engine of ENGINES)
    for (const { dockerfile, names } of IMAGES) {
      writeFileSync(join(context, "Dockerfile"), dockerfile);
      const tags = names.flatMap((name) => ["--tag", name]);
      const id = execFileSync(engine, ["build", "--quiet", ...tags, context], {
        encoding: "utf8",
        env,
        stdio: ["ignore", "pipe", "ignore"],
      });
      endings.push(() =>
        execFileSync(engine, ["rmi", "--force", id.trim().replace("sha256:", "")], { stdio: "ignore" }),
      );
    }
  writeFileSync(join(context, "Dockerfile"), tiny(3));
  for (const [image, name] of [
    [base("PYTHON_BASE"), "library/python:3.11-slim-bookworm"],
    ["lab/heart:1", "lab/heart:1"],
  ])
    execFileSync("podman", ["push", "--quiet", image ?? "", `${open}/${name}`], { stdio: "pipe", env });
}, 3_600_000);
afterAll(async () => {
  for (const end of endings.reverse()) await end();
});

for (const [document, page] of Object.entries(PAGES))
  if (page.engine !== undefined) definePage(document, page, () => world);
