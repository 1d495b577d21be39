import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** `Basic …`, ready for an Authorization header, or undefined where nobody logged in. */
export type CredentialSource = (host: string, repository: string) => Promise<string | undefined>;

/** No file of logins comes near. */
const MAX_BYTES = 1024 * 1024;

/** Where Podman and Docker keep logins, in the order in which they count. */
function loginFiles(environment: NodeJS.ProcessEnv, home: string): string[] {
  const { REGISTRY_AUTH_FILE, XDG_RUNTIME_DIR, XDG_CONFIG_HOME, DOCKER_CONFIG } = environment;
  return [
    ...(REGISTRY_AUTH_FILE ? [REGISTRY_AUTH_FILE] : []),
    ...(XDG_RUNTIME_DIR ? [join(XDG_RUNTIME_DIR, "containers/auth.json")] : []),
    join(XDG_CONFIG_HOME || join(home, ".config"), "containers/auth.json"),
    join(DOCKER_CONFIG || join(home, ".docker"), "config.json"),
  ];
}

/** Asks a credential helper for a login, as `user:password` in Base64. */
export type HelperSource = (helper: string, server: string) => Promise<string | undefined>;

interface Logins {
  readonly stored: ReadonlyMap<string, string>;
  /** Helpers by the registry that they are for. */
  readonly helpers: ReadonlyMap<string, string>;
  /** The helper for all others. */
  readonly helper: string | undefined;
}

/**
 * The logins that `podman login` and `docker login` wrote: plain `auths`, and those of credential helpers where `helper`
 * is given to ask them.
 */
export function storedCredentials(
  environment: NodeJS.ProcessEnv = process.env,
  home = homedir(),
  helper?: HelperSource,
): CredentialSource {
  let files: Promise<Logins[]> | undefined;
  return async (host, repository) => {
    files ??= Promise.all(loginFiles(environment, home).map(readLogins));
    for (const { stored, helpers, helper: general } of await files) {
      // Podman may keep a login for a part of a registry: the closest one counts.
      for (let scope = `${host}/${repository}`; scope !== ""; scope = parentOf(scope)) {
        const login = stored.get(scope);
        if (login !== undefined) return `Basic ${login}`;
      }
      const name = helpers.get(host) ?? general;
      if (name === undefined || helper === undefined) continue;
      const login = await helper(name, host === "docker.io" ? "https://index.docker.io/v1/" : host);
      if (login !== undefined) return `Basic ${login}`;
    }
    return undefined;
  };
}

const parentOf = (scope: string): string => scope.slice(0, Math.max(0, scope.lastIndexOf("/")));

async function readLogins(path: string): Promise<Logins> {
  const stored = new Map<string, string>();
  const helpers = new Map<string, string>();
  const none = { stored, helpers, helper: undefined };
  let value: unknown;
  try {
    if ((await stat(path)).size > MAX_BYTES) return none;
    value = JSON.parse(await readFile(path, "utf8"));
  } catch {
    // Most people have none of these files; a broken one is the engine's to complain about.
    return none;
  }
  for (const [name, entry] of entries(field(value, "auths"))) {
    const login = field(entry, "auth");
    if (typeof login === "string" && /^[A-Za-z0-9+/]{2,}={0,2}$/.test(login))
      stored.set(scopeOf(name), login);
  }
  for (const [name, entry] of entries(field(value, "credHelpers")))
    if (typeof entry === "string") helpers.set(scopeOf(name), entry);
  const helper = field(value, "credsStore");
  return { stored, helpers, helper: typeof helper === "string" ? helper : undefined };
}

const entries = (value: unknown): [string, unknown][] =>
  typeof value === "object" && value !== null ? Object.entries(value) : [];

const field = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;

/** Docker writes Docker Hub as `https://index.docker.io/v1/`. */
function scopeOf(name: string): string {
  const plain = name.replace(/^https?:\/\//, "").replace(/\/(?:v[12]\/?)?$/, "");
  return plain.replace(/^(?:index|registry-1)\.docker\.io(?=\/|$)/, "docker.io");
}
