import { remembered } from "../remember.ts";

/** Names that stand for a secret, and values that are one. */

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
