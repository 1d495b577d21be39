import { describe, expect, it } from "vitest";
import { openedFolders, ordinaryOwner, ownershipChanges, programsOf, writersOf } from "./ownership.ts";
import { dockerfileFacts } from "./test-facts.ts";

const GROUP = 0o020;
const OTHERS = 0o002;

describe("writersOf", () => {
  it.each([
    ["755", 0],
    ["0555", 0],
    ["775", GROUP],
    ["777", GROUP | OTHERS],
    ["a+rwx", GROUP | OTHERS],
    ["u=rwx,go=rX", 0],
    ["o+w", OTHERS],
    ["g=u", GROUP],
    ["+x", 0],
    ["+w", 0],
    ["a-w", 0],
    ["", 0],
    ["$MODE", 0],
  ])("reads %s", (mode, writers) => {
    expect(writersOf(mode)).toBe(writers);
  });
});

describe("ordinaryOwner", () => {
  it.each([
    ["app:app", "app"],
    ["1000", "1000"],
    ["root:root", undefined],
    ["0:0", undefined],
    [":staff", undefined],
    ["$NB_UID:100", undefined],
  ])("reads %s", (owner, user) => {
    expect(ordinaryOwner(owner)).toBe(user);
  });
});

describe("what a Dockerfile changes", () => {
  const facts = dockerfileFacts(
    [
      "FROM python:3.12",
      "WORKDIR /opt/app",
      "COPY src/ .",
      "COPY settings.yaml /etc/app/",
      "RUN chmod -R 777 cache && mkdir -m 1777 /var/spool/app && cd /srv && chown app out",
      'CMD ["python", "main.py"]',
    ].join("\n"),
  );

  it("follows folders and modes", () => {
    const changes = ownershipChanges(facts);
    expect(changes.map(({ program, path, recursive }) => [program, path, recursive])).toContainEqual([
      "chmod",
      "/opt/app/cache",
      true,
    ]);
    expect(changes.at(-1)).toMatchObject({ program: "chown", to: "app", path: "/srv/out" });
    const isOpen = openedFolders(changes);
    expect(["/opt/app/cache/x", "/var/spool/app", "/opt/app", "/var/spool/app/x"].map(isOpen)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it("knows where programs are", () => {
    const { paths, folders } = programsOf(facts);
    expect([...paths].sort()).toEqual(["/opt/app", "/opt/app/main.py"]);
    expect(folders.has("/opt")).toBe(true);
    expect(folders.has("/etc/app")).toBe(false);
  });
});
