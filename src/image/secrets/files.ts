import { isSecretName, isSecretValue } from "../../knowledge/secret-names.ts";

/** Files that are made to hold a password, a token or a key, by their names, and where in them it stands. */
export interface SecretFile {
  /** In words: “password for a machine (.netrc)”. */
  readonly kind: string;
  /** Of the whole path. */
  readonly path: RegExp;
  /** What is secret is the first group; an empty file or a variable in its place is no secret. */
  readonly value: RegExp;
}

/** A value that is written out: no variable, no blank to fill in. */
const WORD = `["']?([^\\s"'$<{(][^\\s"']{2,500})`;

export const SECRET_FILES: readonly SecretFile[] = [
  { kind: "password (.netrc)", path: /\/[._]netrc$/, value: new RegExp(`\\bpassword\\s+${WORD}`, "g") },
  {
    kind: "password of Git",
    path: /\/\.git-credentials$|\/\.?git\/credentials$/,
    value: /:\/\/[^\s:/@]{1,200}:([^\s@]{3,500})@/g,
  },
  {
    kind: "password in a Git repository’s settings",
    path: /\/\.git\/config$|\/\.gitmodules$/,
    value: /:\/\/(?:[^\s:/@]{1,200}:)?([^\s:/@]{8,500})@/g,
  },
  { kind: "PyPI password", path: /\/\.pypirc$/, value: new RegExp(`^\\s*password\\s*[:=]\\s*${WORD}`, "gm") },
  {
    kind: "npm token",
    path: /\/\.npmrc$/,
    value: new RegExp(`(?:_authToken|_password|_auth)\\s*=\\s*${WORD}`, "g"),
  },
  {
    kind: "npm token",
    path: /\/\.yarnrc\.yml$/,
    value: new RegExp(`npmAuth(?:Token|Ident):\\s*${WORD}`, "g"),
  },
  {
    kind: "AWS secret key",
    path: /\/\.aws\/(?:credentials|config)$/,
    value: new RegExp(`aws_(?:secret_access_key|session_token)\\s*=\\s*${WORD}`, "gi"),
  },
  { kind: "Kaggle key", path: /\/kaggle\.json$/, value: /"key"\s*:\s*"([^"]{8,500})"/g },
  {
    kind: "Hugging Face token",
    path: /\/\.?huggingface\/(?:token|stored_tokens)$|\/hf\/token$/,
    value: /^(?:hf_token\s*=\s*)?(\S{8,500})\s*$/gm,
  },
  {
    kind: "password of a registry",
    path: /\/\.docker\/config\.json$|\/\.dockercfg$|\/containers\/auth\.json$/,
    value: /"(?:auth|identitytoken|registrytoken)"\s*:\s*"([^"]{4,5000})"/g,
  },
  {
    kind: "Kubernetes credential",
    path: /\/\.kube\/config$|\/kubeconfig(?:\.ya?ml)?$/,
    value: new RegExp(`(?:\\btoken|client-key-data|password):\\s*${WORD}`, "g"),
  },
  {
    kind: "PostgreSQL password",
    path: /\/\.pgpass$/,
    value: /^[^#:\n]{1,200}:[^:\n]{0,20}:[^:\n]{0,200}:[^:\n]{0,200}:(\S{1,500})/gm,
  },
  {
    kind: "MySQL password",
    path: /\/\.my(?:login)?\.cnf$/,
    value: new RegExp(`^\\s*password\\s*=\\s*${WORD}`, "gm"),
  },
  { kind: "GitHub token", path: /\/gh\/hosts\.yml$/, value: new RegExp(`oauth_token:\\s*${WORD}`, "g") },
  {
    kind: "rclone password",
    path: /\/rclone\.conf$/,
    value: /^(?:pass|token|secret_access_key|client_secret)\s*=\s*(.{3,500})/gm,
  },
  { kind: "conda token", path: /\/\.?condarc$/, value: /\/t\/([A-Za-z0-9-]{8,200})\//g },
  {
    kind: "password of a package index",
    path: /\/\.?pip(?:\/|\.)(?:pip\.)?conf$|\/pip\.ini$|\/uv\.toml$/,
    value: /:\/\/[^\s:/@]{1,200}:([^\s@$]{3,500})@/g,
  },
];

/** Stores of keys that cannot be read as text: what they are called is all there is. */
export const KEY_STORE = /\.(?:p12|pfx|jks|keystore|kdbx?)$/i;

/** Lists of assignments: `.env`, `.Renviron`, Streamlit's secrets. */
const ASSIGNMENTS =
  /\/(?:\.env(?:\.(?!example|sample|template|dist)[\w-]+)?|[\w-]+\.env|\.?Renviron(?:\.site)?|secrets\.toml)$/;
const ASSIGNMENT =
  /^[ \t]{0,20}(?:export[ \t]+)?([A-Za-z_][\w.-]{0,100})[ \t]{0,20}=[ \t]{0,20}["']?([^\s"'$<{(][^\n"']{2,1000})/gm;

/** What precedes the name by mistake may be a secret itself. */
const kindOf = (name: string): string => (name.length <= 40 ? `value of ${name}` : "value of a variable");

export interface Written {
  readonly kind: string;
  readonly value: string;
  readonly index: number;
}

/** What a file that is made for it holds. */
export function writtenIn(path: string, text: string, most: number): Written[] {
  const found: Written[] = [];
  for (const { kind, path: matches, value } of SECRET_FILES) {
    if (!matches.test(path)) continue;
    for (const match of text.matchAll(value)) {
      if (found.length >= most) return found;
      found.push({ kind, value: match[1] ?? "", index: match.index });
    }
  }
  if (!ASSIGNMENTS.test(path)) return found;
  for (const { 1: name = "", 2: value = "", index } of text.matchAll(ASSIGNMENT)) {
    if (found.length >= most) return found;
    if (isSecretName(name) && isSecretValue(value)) found.push({ kind: kindOf(name), value, index });
  }
  return found;
}
