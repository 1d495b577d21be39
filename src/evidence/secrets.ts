import { isSecretName } from "../rules/secrets.ts";

export const HIDDEN = "(hidden)";

/** A copy in which the values of secret-looking names, and credentials inside URLs, are replaced. */
export function hideValues(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      isSecretName(name) && value !== "" ? HIDDEN : hideUrlCredentials(value),
    ]),
  );
}

/** `scheme://user:password@host` without what stands before the `@`. */
export const hideUrlCredentials = (text: string): string =>
  text.replace(/([a-z][a-z0-9+.-]{1,20}:\/\/)[^/@\s]{1,500}@/gi, `$1${HIDDEN}@`);
