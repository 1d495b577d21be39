import { isSecretName, isSecretValue } from "../knowledge/secret-names.ts";
import { hideTokens } from "../knowledge/tokens.ts";

/** How to show a line without the secrets in it. */

export { isSecretName, isSecretValue };

/** What stands in the place of a secret. */
export const HIDDEN = "(hidden)";

/** Replaces the values of secret-looking names, the credentials in addresses, and what looks like a token, by `HIDDEN`. */
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
  if (shown.includes("machine")) shown = shown.replace(/(\bpassword\s+)[^\s"'\\]+/g, `$1${HIDDEN}`);
  return hideTokens(hideUrlCredentials(shown, isHarmless), HIDDEN);
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

/** A copy in which the values of secret-looking names, credentials inside addresses, and tokens are replaced. */
export function hideValues(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      isSecretName(name) && value !== "" ? HIDDEN : hideTokens(hideUrlCredentials(value), HIDDEN),
    ]),
  );
}

/** `https://user:token@host`, unless the token is a variable. */
export const hasCredentials = (text: string): boolean => /:\/\/[^/\s:@"']+:[^/\s@"'$][^/\s@"']*@/.test(text);
