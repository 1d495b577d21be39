import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseGitConfig } from "./git-config.ts";
import { remoteOf, remotesIn } from "./remote.ts";

describe("parseGitConfig", () => {
  it.each([
    ['[remote "origin"]\n\turl = https://x/y # mine\n', "https://x/y"],
    ['[remote "origin"] url = "a # b" ; c\r\n', "a # b"],
    ['[REMOTE "origin"]\nURL=a\\\nb\n', "ab"],
    ['[remote "origin"]\nurl = a\\"b\\\\c  d  \n', 'a"b\\c  d'],
    ['[remote "origin"]\nurl\n', "true"],
  ])("reads %j", (text, value) =>
    expect(parseGitConfig(text)).toEqual([{ section: "remote", name: "origin", key: "url", value }]),
  );

  it("passes over what is none of it", () =>
    expect(parseGitConfig("url = a\n[remote\nurl = b\n# [remote]\n")).toEqual([]));

  it("takes any text", () => {
    const part = fc.constantFrom("[", "]", '"', "\\", "\n", "=", "remote", " ", "url", "#", ";", "\r\n");
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((list) => list.join("")),
        ),
        (text) => {
          for (const { key } of parseGitConfig(text)) expect(key).toMatch(/^[a-z][\w-]*$/);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("remoteOf", () => {
  it.each([
    ["https://github.com/lab/fit.git", "github", "github.com"],
    ["https://me:ghp_secret@github.com/lab/fit", "github", "github.com"],
    ["https://me:a@b@GitHub.com:443/lab/fit", "github", "github.com"],
    ["git@github.com:lab/fit.git", "github", "github.com"],
    ["ssh://git@ssh.github.com:443/lab/fit.git", "github", "ssh.github.com"],
    ["https://github.example.ac.uk/lab/fit", "github", "github.example.ac.uk"],
    ["https://lab.ghe.com/lab/fit", "github", "lab.ghe.com"],
    ["https://gitlab.com/lab/fit", "gitlab", "gitlab.com"],
    ["git@gitlab.example.ac.uk:lab/fit.git", "gitlab", "gitlab.example.ac.uk"],
    ["https://git.ecdf.ed.ac.uk/lab/fit.git", "gitlab", "git.ecdf.ed.ac.uk"],
    ["https://notgithub.com/lab/fit", "other", "notgithub.com"],
    ["https://github.com.example.org@evil.example/x", "other", "evil.example"],
    ["https://bitbucket.org/lab/fit", "other", "bitbucket.org"],
    ["https://[::1]:8080/x", "other", undefined],
    ["https://a\u001b[31m/x", "other", undefined],
    ["/srv/git/fit.git", "folder", undefined],
    ["../fit", "folder", undefined],
    ["./a:b", "folder", undefined],
    ["file:///srv/fit", "folder", undefined],
    ["C:\\work\\fit", "folder", undefined],
    ["", "folder", undefined],
  ])("%s is %s", (address, kind, host) => expect(remoteOf(address)).toEqual({ kind, host }));

  it("never keeps what may be a password", () => {
    const word = fc.stringMatching(/^[A-Za-z0-9_]{6,20}$/);
    fc.assert(
      fc.property(word, word, fc.constantFrom("https", "ssh", "http"), (user, password, scheme) => {
        const shown = JSON.stringify(remoteOf(`${scheme}://${user}:${password}@git.example.org/lab/fit`));
        expect(shown).toBe('{"kind":"other","host":"git.example.org"}');
      }),
    );
  });
});

it("remotes are named once, and shortcuts stand for what they say", () => {
  const settings = parseGitConfig(
    [
      '[url "git@github.com:"]\n insteadOf = gh:\n insteadOf = g',
      '[remote "origin"]\n url = gh:lab/fit\n url = git@github.com:lab/other',
      '[remote "local"]\n url = /srv/fit\n[branch "main"]\n remote = origin',
    ].join("\n"),
  );
  expect(remotesIn(settings)).toEqual([
    { kind: "github", host: "github.com" },
    { kind: "folder", host: undefined },
  ]);
});
