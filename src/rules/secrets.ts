/** What looks like a secret, and how to show a line without it. */

const SECRET_NAME =
  /(?:^|[_.-])(?:PASSWORD|PASSWD|PASSPHRASE|PASS|TOKEN|SECRETS?|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SECRET_?KEY|AUTH_?KEY|CREDENTIALS?|PAT)(?:$|[_.-])/i;
/** Names that speak about a secret but hold something else. */
const NOT_A_SECRET =
  /(?:_|^)(?:FILE|PATH|DIR|FOLDER|URL|URI|HOST|PORT|NAME|USER|LENGTH|LIMIT|COUNT|SIZE|TTL|TIMEOUT|TYPE|EXPIRY|ENABLED|DISABLED|REQUIRED|POLICY)$/i;

export const isSecretName = (name: string): boolean => SECRET_NAME.test(name) && !NOT_A_SECRET.test(name);

/** A literal that would be readable by whoever holds the image: not empty, no switch, no path to a mounted file. */
export function isSecretValue(value: string): boolean {
  const text = value.trim();
  if (text === "" || text.startsWith("/") || text.startsWith("file:")) return false;
  return !/^(?:true|false|yes|no|on|off|none|null|\d{1,5})$/i.test(text);
}

/** Replaces the values of secret-looking names, and the credentials in addresses, by `(hidden)`. */
export function hideSecrets(line: string): string {
  let shown = line;
  if (/PASS|TOKEN|SECRET|KEY|CREDENTIAL|PAT/i.test(line)) {
    const hide = (whole: string, name: string, between: string, value: string): string =>
      isSecretName(name) && isSecretValue(value.replace(/^["']|["']$/g, ""))
        ? `${name}${between}(hidden)`
        : whole;
    shown = shown
      .replace(/([A-Za-z_][\w.-]*)(\s*=\s*)("(?:[^"\\]|\\.)*"?|'[^']*'?|[^\s"']+)/g, hide)
      .replace(
        /^(\s*(?:ENV|ARG)\s+)([A-Za-z_][\w.-]*)(\s+)(?![\w.-]*=)(.+)$/i,
        (whole, start: string, name: string, between: string, value: string) =>
          isSecretName(name) && isSecretValue(value) ? `${start}${name}${between}(hidden)` : whole,
      );
  }
  if (line.includes("chpasswd")) shown = shown.replace(/([\w.-]+:)[^\s"'|]+(?=["']?\s*\|)/g, "$1(hidden)");
  return hasCredentials(shown) ? shown.replace(/(:\/\/)[^/\s:@"']+:[^/\s@"']+@/g, "$1(hidden)@") : shown;
}

/** `https://user:token@host`, unless the token is a variable. */
export const hasCredentials = (text: string): boolean => /:\/\/[^/\s:@"']+:[^/\s@"'$][^/\s@"']*@/.test(text);
