import { type Contact, urlOf } from "../run/contacts.ts";
import { groupBy } from "./group.ts";

/** What a run asked one host for, in words and as lines to paste. */

const SHOWN_URLS = 2;
const LONGEST_URL = 200;

/** Protocols by the names that readers know. */
const KIND_WORDS = new Map([
  ["ssh", "SSH"],
  ["git", "Git"],
  ["postgres", "PostgreSQL"],
  ["mysql", "MySQL"],
  ["mongodb", "MongoDB"],
  ["redis", "Redis"],
  ["sqlserver", "SQL Server"],
  ["oracle", "Oracle"],
  ["smtp", "mail (SMTP)"],
  ["imap", "mail (IMAP)"],
  ["pop3", "mail (POP3)"],
  ["ftp", "FTP"],
  ["ldap", "LDAP"],
  ["quic", "HTTP/3 (QUIC)"],
  ["ntp", "the time (NTP)"],
  ["dns", "names (DNS)"],
  ["syslog", "syslog"],
  ["statsd", "StatsD"],
  ["mqtt", "MQTT"],
  ["amqp", "AMQP"],
  ["http2", "HTTP/2"],
  ["tls", "TLS"],
  ["licence server", "a licence"],
]);

/** A sentence, with a blank before it; empty where nothing is known. */
export function askedFor(contacts: readonly Contact[]): string {
  const urls = [...new Set(contacts.flatMap((contact) => urlOf(contact) ?? []))];
  if (urls.length > 0) {
    const shown = urls
      .slice(0, SHOWN_URLS)
      .map((url) => (url.length > LONGEST_URL ? `${url.slice(0, LONGEST_URL - 1)}…` : url));
    const more = urls.length - shown.length;
    return ` It asked for ${shown.join(" and ")}${more > 0 ? ` and ${more} more` : ""}.`;
  }
  const known = contacts.filter(({ kind }) => KIND_WORDS.has(kind));
  const words = [...groupBy(known, ({ kind }) => kind)].map(
    ([kind, group]) => `${KIND_WORDS.get(kind) ?? kind} at port ${group[0]?.port ?? 0}`,
  );
  return words.length === 0 ? "" : ` It wanted ${words.slice(0, 3).join(", ")}.`;
}

/** A model or data set of the Hugging Face Hub. */
export interface HubItem {
  readonly kind: "model" | "dataset";
  readonly name: string;
}

const HUB_HOST = /^(?:www\.)?(?:huggingface\.co|hf\.co)$/;
const HUB_WORD =
  /^(?:resolve|raw|tree|blob|revision|commits?|refs|paths-info|xet-read-token|parquet|discussions)$/;
const HUB_NAME = /^[\w.-]{1,96}$/;

/** What the paths of requests to the Hub name: `/org/name/resolve/...`, `/api/models/name`, `/datasets/org/name/...`. */
export function hubItems(contacts: readonly Contact[]): HubItem[] {
  const found = new Map<string, HubItem>();
  for (const { host, serverName, request } of contacts) {
    if (request === null || !HUB_HOST.test(request.host || serverName || host || "")) continue;
    const item = hubItem(request.path);
    if (item !== undefined) found.set(`${item.kind} ${item.name}`, item);
  }
  return [...found.values()];
}

function hubItem(path: string): HubItem | undefined {
  const parts = path.split("/").filter((part) => part !== "");
  const isApi = parts[0] === "api";
  if (isApi) parts.shift();
  const isDataset = parts[0] === "datasets";
  if (isApi ? !isDataset && parts[0] !== "models" : parts[0] === "spaces") return undefined;
  if (isApi || isDataset) parts.shift();
  const end = parts.findIndex((part) => HUB_WORD.test(part));
  // Outside the API only a file tells an item from a page.
  if (!isApi && end < 0) return undefined;
  const name = parts.slice(0, end < 0 ? 2 : Math.min(end, 2));
  if (name.length === 0 || !name.every((part) => HUB_NAME.test(part) && !part.startsWith("-")))
    return undefined;
  return { kind: isDataset ? "dataset" : "model", name: name.join("/") };
}

/** Lines that fetch the files that were asked for; only for addresses that are whole and safe to paste. */
export function fetchLines(contacts: readonly Contact[]): string[] {
  const urls = contacts.flatMap((contact) => {
    const { request } = contact;
    const url = urlOf(contact);
    const file = /\/([\w+-][\w.+-]*\.[A-Za-z0-9]{1,10})$/.exec(request?.path ?? "")?.[1];
    const plain = request?.method === "GET" && !request.query && file !== undefined;
    return plain && url !== undefined && /^https?:\/\/[\w.:/+%@~,=-]{4,400}$/.test(url)
      ? [{ url, file }]
      : [];
  });
  const unique = new Map(urls.map((one) => [one.url, one.file]));
  return [...unique]
    .slice(0, 4)
    .map(([url, file]) => `RUN mkdir -p /opt/data && curl -fsSL -o /opt/data/${file} ${url}`);
}
