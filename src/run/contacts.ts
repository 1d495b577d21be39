import type { ProcessRef } from "../findings/finding.ts";

/** What the program began to say to somebody. */
export interface Contact {
  /** The name that was looked up for it; null where the program had the address by itself. */
  readonly host: string | null;
  /** Null where the address was made up for the name. */
  readonly address: string | null;
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  /** `tls`, `http`, `ssh`, `postgres`, `quic`, ...; `silent` where the client waits to be spoken to. */
  readonly kind: string;
  /** The name that was given in TLS. */
  readonly serverName: string | null;
  /** The first request of HTTP, inside TLS too where the program went on. */
  readonly request: ContactRequest | null;
  readonly process: ProcessRef;
  readonly count: number;
  /** Seconds after the start of the run that heard it. */
  readonly firstAt: number;
}

export interface ContactRequest {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  /** There was a query behind the path. It may hold secrets and is not kept. */
  readonly query: boolean;
}

/** How much is known of what was said, and why. */
export interface Discovery {
  /** `not-needed`: nothing was attempted. `not-wanted`: the user said so. */
  readonly status: "made" | "not-needed" | "not-wanted" | "failed";
  readonly reason: string;
  /** Seconds that the additional run took. */
  readonly seconds: number;
}

export const NOT_NEEDED: Discovery = { status: "not-needed", reason: "", seconds: 0 };

/** `https://host/path` of a contact that asked for something by HTTP. */
export function urlOf({ host, address, port, kind, serverName, request }: Contact): string | undefined {
  if (request === null || request.method === "CONNECT") return undefined;
  const name = request.host || serverName || host || address || "";
  const secure = kind === "tls";
  const where = name.includes(":") ? `[${name}]` : name;
  const usual = port === (secure ? 443 : 80);
  return `${secure ? "https" : "http"}://${where}${usual ? "" : `:${port}`}${request.path}${request.query ? "?…" : ""}`;
}
