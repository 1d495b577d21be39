import { remembered } from "../remember.ts";

/** What looks like a secret, and how to show a line without it. */

const MOST_NAMES = 1000;
const SECRET_NAME =
  /(?:^|[_.-])(?:PASSWORD|PASSWD|PASSPHRASE|PASS|TOKEN|SECRETS?|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SECRET_?KEY|AUTH_?KEY|CREDENTIALS?|PAT)(?:$|[_.-])/i;
/** Names that speak about a secret but hold something else. */
const NOT_A_SECRET =
  /(?:_|^)(?:FILE|PATH|DIR|FOLDER|URL|URI|HOST|PORT|NAME|USER|LENGTH|LIMIT|COUNT|SIZE|TTL|TIMEOUT|TYPE|EXPIRY|ENABLED|DISABLED|REQUIRED|POLICY)$/i;

export const isSecretName = remembered(
  MOST_NAMES,
  (name) => SECRET_NAME.test(name) && !NOT_A_SECRET.test(name),
);

/** A literal that would be readable by whoever holds the image: not empty, no switch, no path to a mounted file. */
export function isSecretValue(value: string): boolean {
  const text = value.trim();
  if (text === "" || text.startsWith("/") || text.startsWith("file:")) return false;
  return !/^(?:true|false|yes|no|on|off|none|null|\d{1,5})$/i.test(text);
}

/** What stands in the place of a secret. */
export const HIDDEN = "(hidden)";

/** Replaces the values of secret-looking names, and the credentials in addresses, by `HIDDEN`. */
export function hideSecrets(line: string): string {
  let shown = line;
  if (/PASS|TOKEN|SECRET|KEY|CREDENTIAL|PAT/i.test(line)) {
    const hide = (whole: string, name: string, between: string, value: string): string =>
      isSecretName(name) && isSecretValue(value.replace(/^["']|["']$/g, ""))
        ? `${name}${between}${HIDDEN}`
        : whole;
    shown = shown
      .replace(/([A-Za-z_][\w.-]*)(\s*=\s*)("(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s"']+)/g, hide)
      .replace(
        /^(\s*(?:ENV|ARG)\s+)([A-Za-z_][\w.-]*)(\s+)(?![\w.-]*=)(.+)$/i,
        (whole, start: string, name: string, between: string, value: string) =>
          isSecretName(name) && isSecretValue(value) ? `${start}${name}${between}${HIDDEN}` : whole,
      );
  }
  if (line.includes("chpasswd")) shown = shown.replace(/([\w.-]+:)[^\s"'|]+(?=["']?\s*\|)/g, `$1${HIDDEN}`);
  return hideUrlCredentials(shown, isHarmless);
}

/** Who everybody is on such a server, or a variable in the place of the password: a reader wants to see it. */
const isHarmless = (user: string): boolean => /^(?:git|hg|svn|(?:[^:$]*:)?\$\{?\w+\}?)$/.test(user);

/** `scheme://user:password@host` without what stands before the last `@`, unless `keeps` takes it. */
export const hideUrlCredentials = (text: string, keeps: (user: string) => boolean = () => false): string =>
  text.includes("://")
    ? text.replace(/:\/\/([^/\s"']{1,500})@/g, (whole, user: string) =>
        keeps(user) ? whole : `://${HIDDEN}@`,
      )
    : text;

/** A copy in which the values of secret-looking names, and credentials inside addresses, are replaced. */
export function hideValues(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      isSecretName(name) && value !== "" ? HIDDEN : hideUrlCredentials(value),
    ]),
  );
}

/** `https://user:token@host`, unless the token is a variable. */
export const hasCredentials = (text: string): boolean => /:\/\/[^/\s:@"']+:[^/\s@"'$][^/\s@"']*@/.test(text);
