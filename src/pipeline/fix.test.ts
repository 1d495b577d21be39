import { createHash } from "node:crypto";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defaultConfig } from "../config/config.ts";
import type { Finding } from "../findings/finding.ts";
import add from "../rules/add-instead-of-copy/rule.ts";
import { applyRules } from "../rules/apply.ts";
import { dockerfileFacts, testProfile } from "../rules/test-facts.ts";
import unpinned from "../rules/unpinned-base/rule.ts";
import { type FileToFix, findAgain, fixContent, fixFiles } from "./fix.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "pratique-fix-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const find = (text: string): readonly Finding[] =>
  applyRules("dockerfile", [add, unpinned], dockerfileFacts(text), testProfile(), {}).findings;
const TEXT = "FROM python:3\nENV API_TOKEN=abc123\nADD main.py /opt/\n";
const given = (content: string | Uint8Array = TEXT, absolute = join(root, "Dockerfile")): FileToFix => ({
  file: "Dockerfile",
  absolute,
  root,
  sha256: createHash("sha256").update(content).digest("hex"),
  find,
});
const digests = (): Promise<{ digest: string }> => Promise.resolve({ digest: `sha256:${"a".repeat(64)}` });
const silent = (): Promise<{ reason: string }> => Promise.resolve({ reason: "docker.io cannot be reached" });
const content = (name = "Dockerfile"): string => readFileSync(join(root, name), "utf8");

describe("fixFiles", () => {
  it("writes what it fixed, keeps the file's mode, and says what it did", async () => {
    writeFileSync(join(root, "Dockerfile"), TEXT);
    chmodSync(join(root, "Dockerfile"), 0o750);
    const [result] = await fixFiles([given()], { write: true, digests });
    expect(result).toMatchObject({
      file: "Dockerfile",
      rules: [
        { rule: "add-instead-of-copy", count: 1 },
        { rule: "unpinned-base", count: 1 },
      ],
      fixed: 2,
      left: 0,
      written: true,
      notes: [],
    });
    expect(content()).toBe(
      `FROM python:3@sha256:${"a".repeat(64)}\nENV API_TOKEN=abc123\nCOPY main.py /opt/\n`,
    );
    expect(statSync(join(root, "Dockerfile")).mode & 0o777).toBe(0o750);
    expect(readdirSync(root)).toEqual(["Dockerfile"]);
    const again = await fixFiles([given(content())], { write: true, digests });
    expect(again).toMatchObject([{ fixed: 0, left: 0, diff: "", written: false }]);
  });

  it("only shows the diff of a dry run, without secrets", async () => {
    writeFileSync(join(root, "Dockerfile"), TEXT);
    const [result] = await fixFiles([given()], { write: false });
    expect(content()).toBe(TEXT);
    expect(result).toMatchObject({ fixed: 1, left: 1, written: false });
    expect(result?.diff).toBe(
      "--- a/Dockerfile\n+++ b/Dockerfile\n@@ -1,3 +1,3 @@\n FROM python:3\n ENV API_TOKEN=(hidden)\n-ADD main.py /opt/\n+COPY main.py /opt/\n",
    );
  });

  it("leaves a base as it is where no registry answers, and says so once", async () => {
    const text = "FROM python:3 AS a\nFROM python:2\nADD main.py /opt/\n";
    writeFileSync(join(root, "Dockerfile"), text);
    const [result] = await fixFiles([given(text)], { write: true, digests: silent });
    expect(content()).toBe(text.replace("ADD", "COPY"));
    expect(result).toMatchObject({
      fixed: 1,
      left: 2,
      notes: ["A base image was not pinned: docker.io cannot be reached."],
    });
  });

  it("does not write over what somebody else changed, before or meanwhile", async () => {
    writeFileSync(join(root, "Dockerfile"), `${TEXT}# newer\n`);
    const [before] = await fixFiles([given()], { write: true });
    expect(before).toMatchObject({
      written: false,
      notes: [expect.stringContaining("somebody else changed it")],
    });
    writeFileSync(join(root, "Dockerfile"), TEXT);
    const saving = async () => {
      writeFileSync(join(root, "Dockerfile"), "FROM saved\n");
      return digests();
    };
    const [meanwhile] = await fixFiles([given()], { write: true, digests: saving });
    expect(meanwhile).toMatchObject({
      written: false,
      fixed: 0,
      notes: [expect.stringContaining("somebody")],
    });
    expect(content()).toBe("FROM saved\n");
  });

  it("follows a link within the project, and none that leaves it", async () => {
    const outside = mkdtempSync(join(tmpdir(), "pratique-outside-"));
    try {
      writeFileSync(join(outside, "Dockerfile"), TEXT);
      symlinkSync(join(outside, "Dockerfile"), join(root, "Dockerfile"));
      const [left] = await fixFiles([given()], { write: true });
      expect(left?.notes).toEqual(["It was not changed: it lies outside the project."]);
      expect(readFileSync(join(outside, "Dockerfile"), "utf8")).toBe(TEXT);
      symlinkSync(outside, join(root, "folder"));
      const [through] = await fixFiles([given(TEXT, join(root, "folder/Dockerfile"))], { write: true });
      expect(through?.written).toBe(false);

      mkdirSync(join(root, "docker"));
      writeFileSync(join(root, "docker/real"), TEXT);
      symlinkSync("docker/real", join(root, "link"));
      const [inside] = await fixFiles([given(TEXT, join(root, "link"))], { write: true });
      expect(inside?.written).toBe(true);
      expect(lstatSync(join(root, "link")).isSymbolicLink()).toBe(true);
      expect(content("docker/real")).toContain("COPY main.py");
    } finally {
      rmSync(outside, { recursive: true, force: true });
    }
  });

  it("does not touch what is not UTF-8, is no file, or is gone", async () => {
    const latin = Buffer.from([...Buffer.from(TEXT), 0x23, 0xe9, 0x0a]);
    writeFileSync(join(root, "Dockerfile"), latin);
    const [bytes] = await fixFiles([given(latin)], { write: true });
    expect(bytes?.notes).toEqual(["It was not changed: it is not written in UTF-8."]);
    expect(readFileSync(join(root, "Dockerfile")).equals(latin)).toBe(true);
    mkdirSync(join(root, "folder"));
    const [folder, gone] = await fixFiles(
      [given(TEXT, join(root, "folder")), given(TEXT, join(root, "gone"))],
      {
        write: true,
      },
    );
    expect(folder?.notes).toEqual(["It was not changed: it is no ordinary file."]);
    expect(gone?.notes).toEqual(["It was not changed: it cannot be read (ENOENT)."]);
  });

  it.skipIf(process.getuid?.() === 0)("says that a folder cannot be written", async () => {
    writeFileSync(join(root, "Dockerfile"), TEXT);
    chmodSync(root, 0o555);
    await expect(fixFiles([given()], { write: true })).rejects.toMatchObject({ code: "output.not-writable" });
    chmodSync(root, 0o755);
  });
});

it("fixContent gives back the whole text", async () => {
  const { text, result } = await fixContent("\uFEFFFROM a\r\nADD x.py /opt/", "-", (given) =>
    find(given).map((finding) => ({
      ...finding,
      edits: finding.edits?.map((edit) => ({ ...edit, file: "-" })) ?? [],
    })),
  );
  expect(text).toBe("\uFEFFFROM a\r\nCOPY x.py /opt/");
  expect(result).toMatchObject({ file: "-", fixed: 1, written: false });
});

it("findAgain lints with all rules, and honours waivers and the folder of the settings", async () => {
  const settings = { config: defaultConfig, profile: testProfile(), waivers: [], commentsCount: true };
  const text =
    'FROM python:3\n# pratique allow=add-instead-of-copy reason="the archive is ours"\nADD a.py /opt/\nADD b.py /opt/\n';
  const find = findAgain("Dockerfile", settings, undefined, "docker/");
  const added = (await find(text)).filter(({ rule }) => rule === "add-instead-of-copy");
  expect(added.map(({ waived, location }) => [waived?.reason, location])).toEqual([
    ["the archive is ours", expect.objectContaining({ file: "docker/Dockerfile", startLine: 3 })],
    [undefined, expect.objectContaining({ file: "docker/Dockerfile", startLine: 4 })],
  ]);
  const { text: fixed, result } = await fixContent(text, "docker/Dockerfile", find, digests);
  expect(fixed).toContain("ADD a.py /opt/\nCOPY b.py /opt/\n");
  expect(fixed).toMatch(/^FROM \S*python:3@sha256:a{64}\n/);
  expect(fixed).toContain("RUN mkdir -p /safe_data /safe_outputs /scratch\n");
  expect(fixed).toContain("ENV TMPDIR=/scratch TMP=/scratch TEMP=/scratch\n");
  expect((await fixContent(fixed, "docker/Dockerfile", find, digests)).text).toBe(fixed);
  expect(result.fixed).toBeGreaterThanOrEqual(4);
});
