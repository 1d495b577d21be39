import type { AllowedAttempt, Expectations } from "../../config/expectations.ts";
import { hostCovers } from "../../config/host.ts";
import { hostMatches, type Library, libraries, librariesForHost } from "../../knowledge/library.ts";
import type { Profile } from "../../profiles/profile.ts";
import type { Contact } from "../../run/contacts.ts";
import { completed, type NetworkAttempt, type Recording } from "../../run/recording.ts";
import { askedFor, fetchLines, hubItems } from "../contacts.ts";
import { groupBy } from "../group.ts";
import { fixOf } from "../helpers.ts";
import { environmentLines } from "../offline.ts";
import { defineRule } from "../rule.ts";
import { endedEarly, installLine, processName, seconds, times } from "../runs.ts";

const python = { pid: 14, command: "python3 train.py", executable: "/usr/local/bin/python3.12" };
const lookup: NetworkAttempt = {
  host: "huggingface.co",
  address: null,
  port: null,
  protocol: "dns",
  process: python,
  count: 6,
  firstAt: 1.5,
  lastAt: 51.5,
  secondsLost: 60,
};
const request: Contact = {
  host: "huggingface.co",
  address: null,
  port: 443,
  protocol: "tcp",
  kind: "tls",
  serverName: "huggingface.co",
  request: {
    method: "GET",
    host: "huggingface.co",
    path: "/bert-base-uncased/resolve/main/config.json",
    query: false,
  },
  process: python,
  count: 1,
  firstAt: 0.4,
};
const failed = { exit: { code: 1, signal: null, cause: "exited" as const, detail: "" } };

export default defineRule<"run">({
  id: "no-runtime-download",
  title: "The program waits for the internet",
  category: "offline",
  needs: "run",
  severity: "error",
  requirements: ["OFF-01", "IMG-12"],
  why: "There is no network in the Safe Haven. Each attempt to reach something waits for seconds and then fails, and the job with it unless the program can go on without.",
  fix: "Fetch what the program needs while the image is built, and tell the program to stay offline.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a model is looked up",
        facts: { recording: { ...failed, attempts: [lookup], secondsLost: 60 } },
      },
      {
        title: "a second run heard what it asks for",
        facts: { recording: { ...failed, attempts: [lookup], contacts: [request], secondsLost: 60 } },
      },
      {
        title: "the job goes on without",
        facts: {
          recording: {
            attempts: [{ ...lookup, host: "stats.example.org", count: 1, secondsLost: 10 }],
            secondsLost: 10,
          },
        },
      },
      {
        title: "accepted with a reason",
        files: {
          "pratique.yaml":
            'version: 1\ntest:\n  expect:\n    allowAttempts:\n      - host: "*.example.org"\n        port: 443\n        reason: The statistics are optional, and the wait is short.\n',
        },
        facts: {
          recording: { attempts: [{ ...lookup, host: "stats.example.org", count: 1, secondsLost: 10 }] },
        },
      },
      {
        title: "an address",
        facts: {
          recording: {
            attempts: [
              { ...lookup, host: null, address: "192.0.2.7", port: 5432, protocol: "tcp", count: 1 },
            ],
            contacts: [
              {
                ...request,
                host: null,
                address: "192.0.2.7",
                port: 5432,
                kind: "postgres",
                serverName: null,
                request: null,
              },
            ],
          },
        },
      },
    ],
    good: [
      { title: "no attempt", facts: {} },
      {
        title: "the machine itself",
        facts: {
          recording: {
            attempts: [{ ...lookup, host: null, address: "127.0.0.1", port: 8080, protocol: "tcp" }],
          },
        },
      },
      {
        title: "not assessed when the network was not observed",
        facts: {
          recording: {
            coverage: {
              network: { status: "not-observed", reason: "the recorder could not attach" },
              names: { status: "not-observed", reason: "the recorder could not attach" },
              writes: { status: "observed", reason: "" },
            },
          },
        },
      },
      { title: "not assessed when the job ended early", facts: { recording: failed } },
      {
        title: "installers are runtime-install's business: not assessed further",
        facts: {
          recording: {
            ...failed,
            attempts: [{ ...lookup, process: { ...python, command: "pip install numpy" } }],
          },
        },
      },
    ],
  },
  *check({ recording, expected }, profile) {
    const attempts = recording.attempts.filter(
      (attempt) => !isLocal(attempt) && installLine(attempt.process.command) === undefined,
    );
    const groups = groupBy(attempts, (attempt) => nameOf(attempt, recording, profile));
    let refused = false;
    for (const [name, group] of groups) {
      const byReason = groupBy(group, (attempt) => allowance(name, attempt, expected)?.reason ?? "");
      for (const [reason, part] of byReason) {
        refused ||= reason === "";
        const waived = reason === "" ? {} : { waived: { reason, source: "settings" } };
        yield { ...finding(name, part, recording, contactsOf(name, recording)), ...waived };
      }
    }
    if (refused) return;
    const { network, names } = recording.coverage;
    const blind = network.status !== "observed" ? network : names.status !== "observed" ? names : undefined;
    const early = endedEarly(recording);
    if (blind !== undefined)
      yield {
        notAssessed: `attempts to use the network could not be fully observed: ${blind.reason || "no reason is known"}`,
      };
    else if (early !== undefined)
      yield { notAssessed: `${early}, so later attempts to use the network would not have been seen` };
  },
});

function isLocal({ host, address }: NetworkAttempt): boolean {
  if (host !== null)
    return /^(?:localhost|localhost\.localdomain|ip6-localhost)\.?$/i.test(host) || host === "";
  return address === null || /^(?:127\.|0\.0\.0\.0$|::1$|::$|::ffff:127\.)/.test(address);
}

/** The name without the search domains that a resolver puts behind it. */
function nameOf({ host, address }: NetworkAttempt, recording: Recording, profile: Profile): string {
  if (host === null) return address ?? "";
  const plain = host.toLowerCase().replace(/\.$/, "");
  const domains = profile.runtimes[recording.runtime]?.searchDomains.value ?? [];
  const domain = domains.find((one) => plain.endsWith(`.${one}`));
  return domain === undefined ? plain : plain.slice(0, -domain.length - 1);
}

/** What of the settings accepts an attempt. A name that is looked up may be of any port: that comes later. */
const allowance = (
  name: string,
  { port, protocol }: NetworkAttempt,
  { allowAttempts }: Expectations,
): AllowedAttempt | undefined =>
  allowAttempts
    .map(({ value }) => value)
    .find(
      (allowed) =>
        hostCovers(allowed.host, name) &&
        (allowed.port === undefined || protocol === "dns" || allowed.port === port),
    );

/** What was asked of a host, by whichever name; an address is known by itself. */
const contactsOf = (name: string, { contacts }: Recording): Contact[] =>
  contacts.filter(({ host, address, serverName }) => (host ?? address) === name || serverName === name);

function finding(
  name: string,
  group: readonly NetworkAttempt[],
  recording: Recording,
  contacts: readonly Contact[],
) {
  const main = group.reduce((most, attempt) => (attempt.count > most.count ? attempt : most));
  const isName = main.host !== null;
  // One look-up asks for two kinds of address at the same time: the time lost is not added up within one process.
  const count = group.reduce((sum, attempt) => sum + attempt.count, 0);
  const lost = Math.min(
    group.reduce((sum, attempt) => sum + attempt.secondsLost, 0),
    recording.secondsLost || Number.POSITIVE_INFINITY,
  );
  const port = group.find((attempt) => attempt.port !== null && attempt.protocol !== "dns")?.port ?? null;
  const what = isName
    ? `looked up ${name}`
    : `tried to reach ${name}${port === null ? "" : `, port ${port},`}`;
  const time = lost < 0.05 ? "" : ` and lost ${seconds(lost)}`;
  const others = new Set(group.map(({ process }) => process.pid)).size - 1;
  return {
    message: `${processName(main.process)}${others > 0 ? ` and ${others} more` : ""} ${what} ${times(count)}${time}${completed(recording) ? "" : " before it failed"}.${askedFor(contacts)}`,
    fix: fixFor(name, isName, contacts),
    location: { process: main.process },
    ...(isName ? { subjects: [`host:${name}`] } : { subjects: [`address:${name}`] }),
  };
}

function fixFor(name: string, isName: boolean, contacts: readonly Contact[]): string {
  const fetches = fetchLines(contacts);
  if (!isName)
    return "Find out what asks for this address, and give the program its data as files in /safe_data.";
  if (/(?:^|\.)(?:huggingface\.co|hf\.co)$/.test(name)) {
    return fixOf(
      "Fetch the model while the image is built, in the Dockerfile.",
      "ENV HF_HOME=/opt/hf",
      ...hubLines(contacts),
      "ENV HF_HUB_OFFLINE=1",
    );
  }
  const known = candidates(name);
  const [only] = known;
  if (only !== undefined && known.length === 1) {
    const how = only.api_fix.replace(/\s+/g, " ").trim();
    return fixOf(
      `It may be ${only.library}${how === "" || how === "-" ? ": fetch what it needs while the image is built" : `: ${how}`}${/[.!]$/.test(how) ? "" : "."}`,
      ...environmentLines(only.env_fix),
    );
  }
  if (fetches.length > 0)
    return fixOf(
      "Fetch it while the image is built, in the Dockerfile, and let the program read the file.",
      ...fetches,
    );
  const some = known.slice(0, 4).map(({ library }) => library);
  return some.length === 0
    ? `Find out what asks for ${name}, fetch it while the image is built, and read it from a file.`
    : `Find out what asks for ${name} (it may be ${some.join(", ")}), fetch it while the image is built, and read it from a file.`;
}

/** One line for each model or data set that was asked for. */
function hubLines(contacts: readonly Contact[]): string[] {
  const items = hubItems(contacts);
  if (items.length === 0) return ["RUN hf download <model> && chmod -R a+rX /opt/hf"];
  return items
    .slice(0, 4)
    .map(
      ({ kind, name }) =>
        `RUN hf download ${kind === "dataset" ? "--repo-type dataset " : ""}${name} && chmod -R a+rX /opt/hf`,
    );
}

/** Libraries that name this host themselves; a pattern for sub-domains counts when nothing names it exactly. */
function candidates(name: string): readonly Library[] {
  const exact = libraries.filter(({ downloads_from: hosts }) =>
    hosts.some((host) => !host.startsWith("*.") && hostMatches(name, host)),
  );
  return exact.length > 0 ? exact : librariesForHost(name);
}
