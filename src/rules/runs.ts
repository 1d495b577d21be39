import type { ProcessRef } from "../findings/finding.ts";
import type { ImageFacts } from "../image/facts.ts";
import type { FailedWrite, RecordedWrite, Recording } from "../run/recording.ts";
import { groupBy } from "./group.ts";
import { fixOf, isWithin } from "./helpers.ts";
import { type Install, installOf } from "./packages.ts";
import { hideSecrets } from "./secrets.ts";

/** How the job ended, for sentences that begin with “the job ended early”. */
export function endedEarly(recording: Recording): string | undefined {
  const { code, signal, cause } = recording.exit;
  if (code === 0) return undefined;
  if (cause === "time-limit") return "the job did not end within the time of the test";
  if (cause === "memory") return "the job was ended for want of memory";
  if (signal !== null) return `the job was ended by ${signal}`;
  return code === null ? "the job did not start" : `the job ended early (exit code ${code})`;
}

/** A command as a reader knows it: no folders before the program, no secrets, not too long. */
export function shortCommand({
  command,
  executable,
}: {
  readonly command: string;
  readonly executable: string;
}): string {
  const text = hideSecrets((command === "" ? executable : command).slice(0, 2000))
    .replace(/\s+/g, " ")
    .trim();
  const short = text.replace(/^\/\S*\/(?=[^/\s]+)/, "");
  return short.length > 80 ? `${short.slice(0, 77)}...` : short;
}

export const processName = (process: ProcessRef): string =>
  `${shortCommand(process)} (process ${process.pid})`;

export function times(count: number): string {
  if (count === 1) return "once";
  return count === 2 ? "twice" : `${count} times`;
}

export const seconds = (value: number): string =>
  `${value < 10 ? Number(value.toFixed(1)) : Math.round(value)} s`;

/** What a recorded command line installs; commands arrive as one text, blanks between the words. */
export function installLine(command: string): Install | undefined {
  const words = command.slice(0, 20_000).trim().split(/\s+/);
  const direct = installOf(words);
  if (direct !== undefined) return direct;
  const option = words.findIndex((word) => /^-\w*c$/.test(word));
  if (option < 1 || option > 3 || !/(?:^|\/)(?:ba|da|a|z|k)?sh$/.test(words[0] ?? "")) return undefined;
  const script = words.slice(option + 1).join(" ");
  for (const part of script.split(/&&|\|\||;/)) {
    const found = installOf(
      part
        .trim()
        .replace(/^(?:exec|sudo)\s+/, "")
        .split(/\s+/),
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Files that interpreters try to leave beside the code and can do without. */
export const isHarmlessWrite = ({ path }: FailedWrite | RecordedWrite): boolean =>
  /\/__pycache__(?:\/|$)|\.pyc(?:\.\d+)?$|^\/dev\/(?:tty|console|null|ptmx)$|\/\.(?:python|bash|R|julia)_?history$|\.Rhistory$|\/\.rapp\.history$|^\/proc\/|\/compiled\/v\d+\.\d+\/.*\.ji$/.test(
    path,
  );

export const isRefused = ({ reason }: FailedWrite): boolean =>
  /permission|denied|not permitted|read-only|EACCES|EPERM|EROFS/i.test(reason);

/** The folder that a reader would think of: the home, a cache, the program's own folder. */
export function topFolder(path: string, home: string): string {
  if (home.length > 1 && isWithin(path, home)) return home;
  const parts = path.split("/").filter((part) => part !== "");
  if (parts.length <= 1) return "/";
  const deep = /^(?:usr|var|opt|home|root|lib|etc)$/.test(parts[0] ?? "")
    ? parts[0] === "usr" && parts[1] === "local"
      ? 3
      : 2
    : 1;
  return `/${parts.slice(0, Math.min(deep, parts.length - 1)).join("/")}`;
}

/** Different paths in the order they were seen. */
export const pathsOf = (writes: readonly { readonly path: string }[]): string[] => [
  ...new Set(writes.map(({ path }) => path.slice(0, 160))),
];

/** The end of what the program printed says that the network was missing. */
export const speaksOfNetwork = (tail: readonly string[]): boolean =>
  tail.some((line) =>
    /connection ?(?:error|refused|timed)|timed? ?out|max retries|getaddrinfo|name resolution|name or service|could not resolve|couldn't connect|cannot (?:open|connect|reach)|can't (?:load|reach|connect)|urlerror|unreachable|offline|huggingface\.co|no matching distribution|failed to (?:fetch|download)|unable to (?:access|connect|download|resolve)|download.* failed|curl|could not read URL|internet connection/i.test(
      line.slice(0, 2000),
    ),
  );

export const speaksOfPermission = (tail: readonly string[]): boolean =>
  tail.some((line) =>
    /permission ?(?:error|denied)|read-only file system|not permitted|not (?:a )?writ(?:able|eable)|cannot (?:create|write|open file|make dir|touch)|cannot open (?:compressed )?file|EACCES|EROFS|AccessDeniedException|Couldn't create user preferences directory|could not access the (?:MATLAB Runtime|MCR) component cache|exclusive lock on CTF directory|no locator available for file|could not lock config file|creating temporary file for/i.test(
      line.slice(0, 2000),
    ),
  );

/** Programs that ask who the user is and stop when no name is known. */
export const speaksOfUserName = (tail: readonly string[]): boolean =>
  tail.some((line) =>
    /getpwuid\(\): uid not found|KeyError: ['"]?getpwuid|No username set in the environment|no user exists for uid|cannot find name for user id|I have no name!|unknown user(?:id| id)|No such user|OSError:.*getlogin|logname: no login name|cannot determine (?:user|home)|could(?: not|n't) determine home directory|uv_os_get_passwd returned|uv_os_homedir|homedir\(\): no such file|local user with ID \d+ does not exist|look up current user in the passwd file|you do not exist in the passwd database|invalid null input: name/i.test(
      line.slice(0, 2000),
    ),
  );

/** Writes that permissions forbade: neither harmless ones nor those below the data, which have a rule of their own. */
export function refusedWrites(recording: Recording, data: string): FailedWrite[] {
  return recording.failedWrites.filter(
    (write) => isRefused(write) && !isHarmlessWrite(write) && !isWithin(write.path, data),
  );
}

export const byFolder = (writes: readonly FailedWrite[], image: ImageFacts): Map<string, FailedWrite[]> =>
  groupBy(writes, ({ path }) => topFolder(path, image.environment.get("HOME") ?? ""));

/** What to do depends on what the folder is: a home and its caches, or the program's own place. */
export function writableInstead(folder: string, image: ImageFacts, scratch: string, outputs: string): string {
  const isHome =
    folder === "/" ||
    folder.startsWith("/root") ||
    folder.startsWith("/home") ||
    folder === image.environment.get("HOME") ||
    /^\/\.(?:cache|config|local)/.test(folder);
  if (isHome)
    return fixOf(
      "Give the program a home that it can write.",
      `ENV HOME=${scratch} XDG_CACHE_HOME=${scratch}/.cache`,
    );
  if (folder === "/tmp" || folder === "/var")
    return fixOf(
      "Send temporary files to the scratch space.",
      `ENV TMPDIR=${scratch} TMP=${scratch} TEMP=${scratch}`,
    );
  return fixOf(
    `Write results to ${outputs} in your code, and start the program in ${scratch}.`,
    `WORKDIR ${scratch}`,
  );
}
