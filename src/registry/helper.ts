import { run } from "../system/process.ts";

/** Milliseconds; a helper may have to wait for a password manager to be unlocked. */
const PATIENCE = 60_000;

/**
 * Asks one of Docker's credential helpers (`docker-credential-<name>`) for the login to a registry, as `user:password`
 * in Base64. Undefined where it knows none, or is not installed.
 */
export async function askHelper(name: string, server: string): Promise<string | undefined> {
  // Part of a program's name, out of a file that may come from anywhere.
  if (!/^[A-Za-z0-9][\w.-]{0,63}$/.test(name)) return undefined;
  let answer: unknown;
  try {
    const { code, stdout } = await run(`docker-credential-${name}`, ["get"], {
      input: Buffer.from(server),
      timeout: PATIENCE,
      keep: 64 * 1024,
    });
    if (code !== 0) return undefined;
    answer = JSON.parse(stdout);
  } catch {
    // The registry then says that a login is needed, which is what the user has to know.
    return undefined;
  }
  if (typeof answer !== "object" || answer === null || !("Username" in answer && "Secret" in answer))
    return undefined;
  const { Username: user, Secret: secret } = answer;
  if (typeof user !== "string" || typeof secret !== "string" || user === "") return undefined;
  // An identity token is exchanged in another way, which no registry asks for unless it issued one.
  return user === "<token>" ? undefined : Buffer.from(`${user}:${secret}`).toString("base64");
}
