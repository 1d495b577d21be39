import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { file, hardlink, type Member, pax } from "../test-archives.ts";
import { readLayers } from "../test-images.ts";
import { collectSecrets, type FileSecrets } from "./secrets.ts";

const TOKEN = `ghp_${"aB3dE5fG7h".repeat(4).slice(0, 36)}`;
const KEY = `-----BEGIN OPENSSH PRIVATE KEY-----\n${"aB3dE5fG7h".repeat(20)}\n-----END OPENSSH PRIVATE KEY-----\n`;

async function secretsOf(...layers: readonly (readonly Member[])[]): Promise<FileSecrets> {
  const collector = collectSecrets();
  return collector.secrets(await readLayers([collector], ...layers));
}

const short = ({ found }: FileSecrets): string[] =>
  found.map(({ kind, path, line, layer, removedIn }) =>
    [`${path}:${line}`, kind, removedIn === undefined ? layer : `${layer}-${removedIn}`].join(" "),
  );

const gone = (path: string): Member => file(path.replace(/([^/]+)$/, ".wh.$1"));

describe("secrets in files", () => {
  it.each([
    ["root/.netrc", "machine api.wandb.ai\n  login user\n  password 0123456789\n", "password (.netrc)", 3],
    ["root/.git-credentials", "https://me:s3cretword@github.com\n", "password of Git", 1],
    ["home/x/.pypirc", "[pypi]\nusername = __token__\npassword = s3cretword\n", "PyPI password", 3],
    ["root/.npmrc", "//npm.example.org/:_authToken=abcdef0123\n", "npm token", 1],
    ["root/.aws/credentials", "[default]\naws_secret_access_key = short-one\n", "AWS secret key", 2],
    ["root/.kaggle/kaggle.json", '{"username":"me","key":"0123456789abcdef"}', "Kaggle key", 1],
    ["root/.cache/huggingface/token", "somethingelse\n", "Hugging Face token", 1],
    ["root/.docker/config.json", '{"auths":{"ghcr.io":{"auth":"bWU6cHc="}}}', "password of a registry", 1],
    ["root/.pgpass", "db:5432:x:me:s3cretword\n", "PostgreSQL password", 1],
    ["opt/app/.env", "DEBUG=1\nDB_PASSWORD=s3cretword\n", "value of DB_PASSWORD", 2],
    ["root/.Renviron", "API_KEY=s3cretword\n", "value of API_KEY", 1],
    ["opt/app/conf/deploy", KEY, "private key", 1],
    ["opt/app/notes.txt", `a\nb ${TOKEN} c\n`, "GitHub token", 2],
  ])("are found in %s", async (path, content, kind, line) => {
    expect(short(await secretsOf([file(path, content)]))).toEqual([`/${path}:${line} ${kind} 0`]);
  });

  it.each([
    ["root/.netrc", "machine a login b\n"],
    ["root/.npmrc", "//npm.example.org/:_authToken=${NPM_TOKEN}\nregistry=https://npm.example.org\n"],
    ["root/.docker/config.json", '{"auths":{"ghcr.io":{}},"credsStore":"desktop"}'],
    ["opt/app/.env", "DB_PASSWORD=\nTOKEN_FILE=/run/secrets/x\nTOKEN=$OTHER\n"],
    ["opt/app/.env.example", "DB_PASSWORD=s3cretword\n"],
    ["usr/lib/python3.11/test/certdata/key.pem", KEY],
    ["usr/local/lib/python3.12/site-packages/x/tests/key.pem", KEY],
    ["opt/conda/lib/python3.12/test/key.pem", KEY],
    ["opt/app/.venv/lib/python3.12/x/key.pem", KEY],
    ["etc/ssl/private/ssl-cert-snakeoil.key", KEY],
    ["opt/app/id_ed25519.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI me@host\n"],
    ["opt/app/cert.pem", KEY.replaceAll("OPENSSH PRIVATE KEY", "CERTIFICATE")],
    ["opt/app/blob.dat", Buffer.concat([Buffer.from(TOKEN), Buffer.alloc(9)])],
  ])("are not seen in %s", async (path, content) => {
    expect(short(await secretsOf([file(path, content)]))).toEqual([]);
  });

  it("are found though a later layer deletes the file, its folder, or puts another in its place", async () => {
    const layers = [
      [file("root/.ssh/id_rsa", KEY), file("opt/a/token.txt", TOKEN), file("opt/b.txt", TOKEN)],
      [gone("root/.ssh/id_rsa")],
      [gone("opt/a"), file("opt/b.txt", "nothing")],
    ];
    expect(short(await secretsOf(...layers))).toEqual([
      "/root/.ssh/id_rsa:1 private key 0-1",
      "/opt/a/token.txt:1 GitHub token 0-2",
      "/opt/b.txt:1 GitHub token 0-2",
    ]);
  });

  it("count once where a later layer writes the same file again", async () => {
    const secrets = await secretsOf([file("opt/a", TOKEN)], [file("opt/a", TOKEN, 0o600)]);
    expect(short(secrets)).toEqual(["/opt/a:1 GitHub token 0"]);
    expect(short(await secretsOf([file("opt/a", TOKEN), hardlink("opt/b", "opt/a")]))).toHaveLength(1);
  });

  it("have a fingerprint that is equal for equal ones, and another one in each run", async () => {
    const layers = [[file("opt/a", `x ${TOKEN}`), file("opt/b", TOKEN), file("opt/c", `${TOKEN}9`)]];
    const [a, b, c] = (await secretsOf(...layers)).found.map(({ fingerprint }) => fingerprint);
    expect(a).toMatch(/^[0-9a-f]{12}$/);
    expect(b).toBe(a);
    expect(c).not.toBe(a);
    expect((await secretsOf(...layers)).found[0]?.fingerprint).not.toBe(a);
  });

  it("are not certain where examples and keys of machines look the same", async () => {
    const secrets = await secretsOf([
      file("etc/ssh/ssh_host_rsa_key", KEY),
      file("opt/app/store.p12", Buffer.from([0, 1, 2])),
      file("opt/app/settings.py", "db = 'postgres://app:s3cretword@db.nsh.loc/x'\n"),
    ]);
    expect(secrets.found.map(({ certain }) => certain)).toEqual([false, false, false]);
  });

  it("are beside Git repositories, of which the folders are told", async () => {
    const { repositories } = await secretsOf(
      [
        file("opt/app/.git/HEAD", "ref: refs/heads/main\n"),
        file("opt/old/.git/HEAD", "ref: refs/heads/main\n"),
      ],
      [gone("opt/old")],
    );
    expect(repositories).toEqual(["/opt/app/.git"]);
  });

  it("are bounded, and what is beyond is said", async () => {
    const content = Array.from({ length: 20 }, (_, index) => `ghp_${String(index).padStart(36, "a1")}`).join(
      "\n",
    );
    const files = Array.from({ length: 260 }, (_, index) => file(`opt/${index}`, content));
    const { found, notAssessed } = await secretsOf(files);
    expect(found).toHaveLength(5000);
    expect(notAssessed).toEqual(["secrets beyond the first 5000"]);
  });

  it("are not looked for where no program could open the file, and that is said", async () => {
    const path = `opt/${"folder/".repeat(700)}a.txt`;
    const { found, notAssessed } = await secretsOf([pax({ path }), file("opt/a.txt", TOKEN)]);
    expect(found).toEqual([]);
    expect(notAssessed).toEqual(["files with paths of more than 4096 letters"]);
  });

  it("never stand in what is told, whatever the file is called and holds", async () => {
    const names = fc.constantFrom(".netrc", ".env", "a.txt", ".pypirc", "config.json", "id_rsa");
    const words = fc.constantFrom(
      "password ",
      "password = ",
      "DB_PASSWORD=",
      "x",
      "\n",
      "machine a ",
      '"auth":"',
      "://a:",
    );
    await fc.assert(
      fc.asyncProperty(names, fc.array(words), fc.array(words), async (name, before, after) => {
        const content = `${before.join("")}${TOKEN}${after.join("")}`;
        const told = JSON.stringify(await secretsOf([file(`root/${name}`, content)]));
        expect(told).not.toContain(TOKEN);
      }),
      { numRuns: 60 },
    );
  });
});
