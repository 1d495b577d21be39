import { messageOf } from "../errors.ts";
import { isLoopback, RegistryProblem, send } from "../registry/request.ts";

/** What a token that is meant for pulling images may do. Nothing of the token itself is in it. */
export interface TokenRights {
  /** `fit`: it reads packages and nothing else. */
  readonly status: "fit" | "too-much" | "unfit" | "not-assessed";
  /** For the user, in a sentence. */
  readonly detail: string;
}

const ADDRESS = "https://api.github.com";
const WANTED = "read:packages";
const LONGEST = 1024;

const said = (status: TokenRights["status"], detail: string): TokenRights => ({ status, detail });

/**
 * Asks GitHub which rights a token has: one for pulling should have `read:packages` alone (REG-05). Only GitHub's own
 * registry has such tokens. `api` is another address of GitHub's interface (`GITHUB_API_URL`), for its own servers.
 */
export async function tokenRights(
  token: string,
  host: string,
  { api, signal }: { readonly api: string | undefined; readonly signal?: AbortSignal | undefined },
): Promise<TokenRights> {
  if (host !== "ghcr.io")
    return said("not-assessed", `nobody can be asked which rights tokens for ${host} have`);
  if (!/^[\x21-\x7e]+$/.test(token) || token.length > LONGEST) return said("unfit", "this is no token");
  if (token.startsWith("github_pat_"))
    return said("unfit", "it is a fine-grained token, and GitHub's registry takes classic ones only");
  if (token.startsWith("ghs_"))
    return said("unfit", "it is the token of a workflow or an app, and ends within hours");
  const address = api ?? ADDRESS;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || (url.protocol !== "https:" && !isLoopback(url.host)))
    return said("not-assessed", "GITHUB_API_URL is no address that a token may be sent to");
  try {
    const { status, headers } = await send(
      url,
      url.host,
      { method: "GET", headers: { authorization: `Bearer ${token}` }, maxBytes: 1024 * 1024 },
      { timeout: 10_000, signal },
    );
    if (status === 401)
      return said("unfit", "GitHub does not know it: it was withdrawn, has expired, or has a slip in it");
    const scopes = headers.get("x-oauth-scopes");
    if (status !== 200 || scopes === null)
      return said("not-assessed", `GitHub does not say which rights it has (status ${status})`);
    return judge(
      scopes
        .split(",")
        .map((one) => one.trim())
        .filter(Boolean),
    );
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof RegistryProblem)) throw error;
    return said("not-assessed", `GitHub could not be asked: ${messageOf(error)}`);
  }
}

/** `write:packages` and `repo` bring others along that GitHub does not list by themselves. */
function judge(scopes: readonly string[]): TokenRights {
  const more = scopes.filter((scope) => scope !== WANTED).map((scope) => scope.slice(0, 60));
  if (more.length > 0)
    return said(
      "too-much",
      `it may do more than read packages: ${more.slice(0, 10).join(", ")}. Make one with ${WANTED} only`,
    );
  return scopes.length === 0
    ? said("unfit", `it has no rights at all. Make one with ${WANTED}`)
    : said("fit", `it has ${WANTED} and nothing else`);
}
