import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { EngineName } from "../../src/engine/engine.ts";
import type { Report } from "../../src/evidence/report.ts";
import { type Registry, startRegistry } from "../../tools/setup/registry.mjs";
import { address, certify, PASSWORD, passwords } from "./registry-access.ts";
import { base, cli, finish, type Holdings, holdings, leftBehind, pratique, start } from "./support.ts";

const LOGIN = Buffer.from(`lab:${PASSWORD}`).toString("base64");
const TOKEN = `ghp_${"t0ken".repeat(7)}x`;

/** A project is checked, published, read from the registry, and published again after the push was killed. */
export function defineRegistrySuite(engine: EngineName): void {
  describe(`an image in a registry, with ${engine}`, () => {
    const folder = mkdtempSync(join(tmpdir(), "registry-"));
    const evidence = join(folder, "evidence");
    const tls = { certificate: join(folder, "ca.pem"), key: join(folder, "key.pem") };
    const registries: Registry[] = [];
    let before: Holdings;
    let id = "";
    let checked: Report;

    const registry = async (options: Parameters<typeof startRegistry>[0] = {}): Promise<Registry> => {
      const storage = join(folder, `storage-${registries.length}`);
      const started = await startRegistry({ storage, ...options });
      registries.push(started);
      return started;
    };
    const publish = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
      pratique(["publish", ...args], { cwd: folder, env });
    const tags = async ({ host }: Registry): Promise<string[]> => {
      const answer = await fetch(`http://${host}/v2/lab/${engine}/tags/list`);
      const { tags: all } = (await answer.json()) as { tags?: string[] };
      return (all ?? []).filter((tag) => !tag.startsWith("sha256-")).sort();
    };

    beforeAll(async () => {
      before = holdings(engine);
      const project = join(folder, "project");
      mkdirSync(project);
      writeFileSync(
        join(project, "Dockerfile"),
        [
          `FROM ${base("PYTHON_BASE")}`,
          "RUN mkdir /safe_data /safe_outputs /scratch",
          "ENV HOME=/scratch TMPDIR=/scratch TMP=/scratch TEMP=/scratch",
          // Random, so that packing it takes its time; no other build has it.
          "RUN head -c 20000000 /dev/urandom > /opt/model.bin && chmod a+r /opt/model.bin",
          `CMD ["python", "-c", "open('/safe_outputs/a.txt', 'w').write('done')"]`,
          "",
        ].join("\n"),
      );
      const { code, report } = await pratique([
        "check",
        project,
        "--engine",
        engine,
        "--output",
        evidence,
        "--format",
        "json",
      ]);
      expect(code).toBe(0);
      id = report.subject.imageId ?? "";
      checked = report;
      certify(tls);
    });
    afterAll(async () => {
      for (const one of registries) await one.stop();
      if (id !== "") execFileSync(engine, ["rmi", "--force", id.replace("sha256:", "")], { stdio: "ignore" });
      rmSync(folder, { recursive: true, force: true });
    });

    it("is published with its evidence, and is the same for whoever pulls it", async () => {
      const place = await registry();
      const name = `${place.host}/lab/${engine}`;
      const { code, stdout } = await publish([name, evidence, "--format", "json"]);
      expect(code).toBe(0);
      const { tags: own, imageId, layers } = JSON.parse(stdout);
      expect(imageId).toBe(id);
      expect(layers.sent).toBeGreaterThan(2);
      expect(await tags(place)).toEqual([own[0], "latest"]);

      const verified = await pratique(["verify", `docker://${name}`], { cwd: folder });
      expect(verified.stdout).toContain("Nothing failed");
      // The engine, which makes up its own mind about the layers.
      execFileSync(
        engine,
        ["pull", ...(engine === "podman" ? ["--tls-verify=false"] : []), `${name}:${own[0]}`],
        {
          stdio: "pipe",
        },
      );
      const [pulled] = JSON.parse(
        execFileSync(engine, ["image", "inspect", `${name}:${own[0]}`], { encoding: "utf8" }),
      );
      expect(pulled.Id.replace("sha256:", "")).toBe(id.replace("sha256:", ""));
      // The name alone goes: the image has that of the check as well.
      execFileSync(engine, [engine === "podman" ? "untag" : "rmi", `${name}:${own[0]}`], { stdio: "pipe" });

      // What the engine saves is the same image: all its layers are there.
      const archive = join(folder, "image.tar");
      execFileSync(engine, ["save", "-o", archive, id.replace("sha256:", "")], { stdio: "pipe" });
      const again = await publish([
        `${name}:1.0`,
        evidence,
        "--image",
        archive,
        "--no-latest",
        "--format",
        "json",
      ]);
      expect(JSON.parse(again.stdout)).toMatchObject({ tags: ["1.0"], imageId: id, layers: { sent: 0 } });
      expect(await tags(place)).toEqual(["1.0", own[0], "latest"].sort());
      expect(await leftBehind(engine, before, evidence)).toEqual([]);
    });

    it("is not published with the evidence of another one", async () => {
      const place = await registry();
      const name = `${place.host}/lab/${engine}`;
      const { code, stderr } = await publish([
        name,
        evidence,
        "--image",
        base("PYTHON_BASE"),
        "--override",
        "near",
      ]);
      expect([code, stderr]).toEqual([2, expect.stringContaining("[image.digest-mismatch]")]);
      expect(await tags(place)).toEqual([]);
    });

    it("is published where the push was killed", async () => {
      const place = await registry();
      const name = `${place.host}/lab/${engine}`;
      const known = join(evidence, ".published-layers.json");
      rmSync(known, { force: true });
      const child = start(["publish", name, evidence], { cwd: folder });
      const ended = finish(child);
      for (let waited = 0; !existsSync(known) && waited < 60_000; waited += 10) await sleep(10);
      child.kill("SIGKILL");
      expect((await ended).code).toBe(null);
      const done = Object.keys(JSON.parse(readFileSync(known, "utf8"))).length;
      expect(await tags(place)).toEqual([]);

      const { code, stdout } = await publish([name, evidence, "--format", "json"]);
      expect(code).toBe(0);
      const { layers } = JSON.parse(stdout);
      expect(layers.there).toBeGreaterThanOrEqual(done);
      expect(layers.sent).toBeGreaterThan(0);
      expect(await tags(place)).toContain("latest");
      const verified = await pratique(["verify", `docker://${name}`], { cwd: folder });
      expect(verified.stdout).toContain("The evidence is about the image at hand");
      expect(verified.stdout).toContain("Nothing failed");
      expect(await leftBehind(engine, before, evidence)).toEqual([]);
    });

    describe("with TLS and a password", () => {
      let name = "";
      const logins = join(folder, "logins");
      const trusted = { NODE_EXTRA_CA_CERTS: tls.certificate, REGISTRY_AUTH_FILE: "" };
      const known = { ...trusted, DOCKER_CONFIG: logins };
      beforeAll(async () => {
        const users = join(folder, "passwords");
        writeFileSync(users, passwords("lab"));
        const place = await registry({ address: address(), tls, passwords: users });
        name = `${place.host}/lab/${engine}`;
        mkdirSync(logins);
        writeFileSync(
          join(logins, "config.json"),
          JSON.stringify({ auths: { [place.host]: { auth: LOGIN } } }),
        );
      });

      it("is refused without either, with what to do", async () => {
        const stranger = await publish([name, evidence], { DOCKER_CONFIG: logins });
        expect(stranger.code).toBe(3);
        expect(stranger.stderr).toContain("NODE_EXTRA_CA_CERTS=ca.pem");
        const unknown = await publish([name, evidence], { ...trusted, DOCKER_CONFIG: folder });
        expect(unknown.code).toBe(3);
        expect(unknown.stderr).toMatch(/log\s+in\s+with\s+a\s+token/);
      });

      it("is published, and neither password nor token is left anywhere", async () => {
        const outcome = await withInput(
          ["publish", name, evidence, "--check-token"],
          `${TOKEN}\n`,
          known,
          folder,
        );
        expect(outcome.code).toBe(0);
        expect(outcome.stdout).toContain("The token for pulling: not assessed");
        const written = readdirSync(evidence, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1"));
        for (const text of [outcome.stdout, outcome.stderr, outcome.words, ...written])
          for (const secret of [PASSWORD, LOGIN, TOKEN]) expect(text).not.toContain(secret);
        const verified = await pratique(["verify", `docker://${name}`], { cwd: folder, env: known });
        expect(verified.stdout).toContain("Nothing failed");
      });

      it("is a base that can be pinned", async () => {
        const dockerfile = join(folder, "Dockerfile.pin");
        writeFileSync(dockerfile, `FROM ${name}\nRUN true\n`);
        const report: Report = JSON.parse(readFileSync(join(evidence, "report.json"), "utf8"));
        const { code, stdout } = await pratique(["pin", dockerfile, "--exit-code"], {
          cwd: folder,
          env: known,
        });
        const pinned = `FROM ${name}:latest@${report.publication?.manifest}`;
        expect(readFileSync(dockerfile, "utf8")).toBe(`${pinned}\nRUN true\n`);
        expect([code, stdout]).toEqual([1, expect.stringContaining(`+${pinned}\n`)]);
        const stranger = await pratique(["pin", dockerfile], {
          cwd: folder,
          env: { ...trusted, DOCKER_CONFIG: folder },
        });
        expect([stranger.code, stranger.stderr]).toEqual([3, expect.stringContaining("[registry.failed]")]);
      });

      it("is read there by inspect, tree and diff as in the engine", async () => {
        const there = `docker://${name}`;
        const run = (...args: string[]) => pratique(args, { cwd: folder, env: known });
        const args = ["inspect", there, "--output", join(folder, "inspected"), "--format", "json"];
        const { report } = await run(...args);
        expect(report.subject.imageId).toBe(id);
        expect(report.inventory).toEqual(checked.inventory);

        const list = async (image: string) => {
          const { stdout } = await run("tree", image, "--engine", engine, "--glob", "/opt/**", "--json");
          return JSON.parse(stdout);
        };
        const [listed, own] = [await list(there), await list(id)];
        expect(listed.entries.map(({ path }: { path: string }) => path)).toContain("/opt/model.bin");
        expect(listed.entries).toEqual(own.entries);

        const same = await run("diff", there, id, "--engine", engine, "--exit-code", "--format", "json");
        expect([same.code, JSON.parse(same.stdout).differs]).toEqual([0, false]);
        const other = await run("diff", base("PYTHON_BASE"), there, "--engine", engine, "--exit-code");
        expect(other.code).toBe(1);
        expect(other.stdout).toContain("/opt/model.bin");

        const taken = join(folder, "model.bin");
        expect((await run("tree", there, "--extract", "/opt/model.bin", "--to", taken)).code).toBe(0);
        expect(readFileSync(taken)).toHaveLength(20_000_000);
        const strange = await pratique(["tree", there], {
          cwd: folder,
          env: { ...trusted, DOCKER_CONFIG: folder },
        });
        expect([strange.code, strange.stderr]).toEqual([3, expect.stringContaining("[registry.failed]")]);
      });
    });
  });
}

/** Runs the command line with words on its standard input; `words` is what everybody on the machine sees of it. */
async function withInput(
  args: readonly string[],
  input: string,
  env: Readonly<Record<string, string>>,
  cwd: string,
): Promise<{ code: number | null; stdout: string; stderr: string; words: string }> {
  const child = start(args, { env, cwd, input });
  const ended = finish(child);
  const seen = (): string => readFileSync(`/proc/${child.pid}/cmdline`, "utf8");
  let words = seen();
  for (let waited = 0; !words.includes(cli) && waited < 5000; waited += 10) {
    await sleep(10);
    words = seen();
  }
  return { ...(await ended), words };
}
