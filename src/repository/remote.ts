import type { Remote } from "./facts.ts";
import type { GitSetting } from "./git-config.ts";

/** Hosts whose names do not say what they run. */
const KNOWN: Readonly<Record<string, Remote["kind"]>> = { "git.ecdf.ed.ac.uk": "gitlab" };

/** The remotes that settings name. Only their hosts are kept: an address may hold a password. */
export function remotesIn(settings: readonly GitSetting[]): Remote[] {
  const shortcuts = settings
    .filter(({ section, key, value }) => section === "url" && key === "insteadof" && value !== "")
    .sort((a, b) => b.value.length - a.value.length);
  const remotes = new Map<string, Remote>();
  for (const { section, key, value } of settings) {
    if (section !== "remote" || key !== "url") continue;
    const shortcut = shortcuts.find((one) => value.startsWith(one.value));
    const remote = remoteOf(
      shortcut === undefined ? value : shortcut.name + value.slice(shortcut.value.length),
    );
    remotes.set(`${remote.kind} ${remote.host}`, remote);
  }
  return [...remotes.values()];
}

/** What an address says: `https://host/path`, `ssh://me@host:22/path`, `me@host:path`, or a folder. */
export function remoteOf(address: string): Remote {
  const url = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)/i.exec(address);
  if (url !== null) return url[1]?.toLowerCase() === "file" ? FOLDER : atHost(url[2] ?? "");
  // A single letter before the colon is a drive.
  const short = /^([^/:]{2,}):/.exec(address);
  return short === null ? FOLDER : atHost(short[1] ?? "");
}

const FOLDER: Remote = { kind: "folder", host: undefined };

function atHost(authority: string): Remote {
  const host = authority
    .slice(authority.lastIndexOf("@") + 1)
    .replace(/:\d*$/, "")
    .toLowerCase();
  if (host.length > 253 || !/^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(host))
    return { kind: "other", host: undefined };
  return { kind: KNOWN[host] ?? kindOf(host), host };
}

/** Institutions name their own servers after what they run: `gitlab.example.ac.uk`. */
function kindOf(host: string): Remote["kind"] {
  if (/(?:^|\.)(?:github\.com|ghe\.com)$|^github\./.test(host)) return "github";
  return /(?:^|\.)gitlab\.com$|^gitlab\./.test(host) ? "gitlab" : "other";
}
