/**
 * What tokens and keys look like, by whoever hands them out. Every shape has words that it cannot be without: a text
 * with none of them need not be looked at twice. No pattern goes back over what it has passed, so that time grows with
 * the text.
 */
export interface TokenShape {
  /** In words, with no article: “GitHub token”. */
  readonly kind: string;
  readonly words: readonly string[];
  /** The first group is the secret itself; all of it where there is none. */
  readonly pattern: RegExp;
}

const TOKEN_SHAPES: readonly TokenShape[] = [
  {
    kind: "private key",
    words: ["PRIVATE KEY"],
    // Enough letters after the line that opens it: documents and programs have the line alone.
    pattern:
      /-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----(?:\s|\\[rn]|[A-Z][\w-]{1,20}: [^\r\n\\]{1,100}){0,12}([A-Za-z0-9+/]{40}[A-Za-z0-9+/=\s\\]{0,20000})/g,
  },
  { kind: "key of age", words: ["AGE-SECRET-KEY-1"], pattern: /\bAGE-SECRET-KEY-1[0-9A-Z]{58}\b/g },
  { kind: "AWS access key", words: ["AKIA", "ASIA"], pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g },
  {
    kind: "AWS secret key",
    words: ["ecret_access_key", "ECRET_ACCESS_KEY", "ecretAccessKey"],
    pattern: /secret_?access_?key["']?\s{0,9}[:=]\s{0,9}["']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])/gi,
  },
  {
    kind: "Azure storage key",
    words: ["AccountKey="],
    pattern: /\bAccountKey=([A-Za-z0-9+/]{86}==)/g,
  },
  { kind: "Google API key", words: ["AIza"], pattern: /\bAIza[\w-]{35}(?![\w-])/g },
  { kind: "Google sign-in secret", words: ["GOCSPX-"], pattern: /\bGOCSPX-[\w-]{28}(?![\w-])/g },
  { kind: "Google access token", words: ["ya29."], pattern: /\bya29\.[\w-]{30,500}/g },
  {
    kind: "GitHub token",
    words: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
    pattern: /\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{50,255})\b/g,
  },
  {
    kind: "GitLab token",
    words: ["glpat-", "gldt-", "glrt-", "glcbt-", "glptt-"],
    pattern: /\b(?:glpat|gldt|glrt|glcbt|glptt)-[\w-]{20,300}/g,
  },
  {
    kind: "Hugging Face token",
    words: ["hf_", "api_org_"],
    pattern: /\b(?:hf_|api_org_)[A-Za-z0-9]{30,40}\b/g,
  },
  { kind: "Anthropic key", words: ["sk-ant-"], pattern: /\bsk-ant-[a-z0-9]{3,8}-[\w-]{80,128}/g },
  {
    kind: "OpenAI key",
    words: ["sk-proj-", "sk-svcacct-", "sk-admin-", "T3BlbkFJ"],
    pattern: /\bsk-(?:(?:proj|svcacct|admin)-[\w-]{40,250}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20})\b/g,
  },
  { kind: "Groq key", words: ["gsk_"], pattern: /\bgsk_[A-Za-z0-9]{52}\b/g },
  { kind: "Replicate token", words: ["r8_"], pattern: /\br8_[A-Za-z0-9]{37}\b/g },
  { kind: "npm token", words: ["npm_"], pattern: /\bnpm_[A-Za-z0-9]{36}\b/g },
  {
    kind: "PyPI token",
    words: ["pypi-AgE"],
    pattern: /\bpypi-AgE[A-Za-z0-9_-]{50,300}/g,
  },
  { kind: "Docker Hub token", words: ["dckr_pat_", "dckr_oat_"], pattern: /\bdckr_[po]at_[\w-]{27,64}/g },
  {
    kind: "Slack token",
    words: ["xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-"],
    pattern: /\b(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{20,250}/g,
  },
  {
    kind: "Slack webhook",
    words: ["hooks.slack.com/services/"],
    pattern: /hooks\.slack\.com\/services\/(T\w{1,40}\/B\w{1,40}\/\w{10,60})/g,
  },
  { kind: "Stripe key", words: ["k_live_"], pattern: /\b[sr]k_live_[A-Za-z0-9]{20,200}\b/g },
  { kind: "SendGrid key", words: ["SG."], pattern: /\bSG\.[\w-]{16,32}\.[\w-]{32,64}/g },
  { kind: "Databricks token", words: ["dapi"], pattern: /\bdapi[0-9a-f]{32}(?:-\d)?\b/g },
  {
    kind: "DigitalOcean token",
    words: ["do_v1_", "dop_v1_", "dor_v1_"],
    pattern: /\bdo[opr]_v1_[0-9a-f]{64}\b/g,
  },
  { kind: "Vault token", words: ["hvs.", "hvb."], pattern: /\bhv[sb]\.[\w-]{80,300}/g },
  {
    kind: "Grafana token",
    words: ["glsa_", "glc_"],
    pattern: /\b(?:glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|glc_[A-Za-z0-9+/]{32,400})/g,
  },
  { kind: "Linear key", words: ["lin_api_"], pattern: /\blin_api_[A-Za-z0-9]{32,128}\b/g },
  { kind: "Notion token", words: ["ntn_"], pattern: /\bntn_[A-Za-z0-9]{40,60}\b/g },
  {
    kind: "Shopify token",
    words: ["shpat_", "shpca_", "shppa_", "shpss_"],
    pattern: /\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b/g,
  },
  {
    kind: "Sentry token",
    words: ["sntrys_", "sntryu_"],
    pattern: /\bsntry(?:s_[\w+/=-]{60,400}|u_[0-9a-f]{64})/g,
  },
];

/** `scheme://user:password@host` with the password written out. Documents have examples of them, so it is not certain. */
const ADDRESS: TokenShape = {
  kind: "password in an address",
  words: ["://"],
  pattern: /:\/\/[^\s:@/"'`$<>{}()[\]%*]{1,100}:([^\s@/"'`$<>{}()[\]*]{3,200})@[\w-]{1,63}[.:\w-]/g,
};

const WORDS = new RegExp(
  TOKEN_SHAPES.flatMap(({ words }) => words)
    .map((word) => word.replace(/[.$]/g, "\\$&"))
    .join("|"),
);

/** What stands where documents show how a secret looks. */
const NO_SECRET =
  /example|x{6}|0{10}|\*{3}|placeholder|your[_-]|dummy|changeme|redacted|^(?:pass(?:word)?|pwd|passwd|secret|token|pw|user(?:name)?)\d{0,3}$/i;

export interface Token {
  readonly kind: string;
  readonly value: string;
  /** Where it starts in the text. */
  readonly index: number;
  /** False for what documents show examples of. */
  readonly certain: boolean;
}

/** The tokens in a text, at most so many. */
export function tokensIn(text: string, most = 20): Token[] {
  const found: Token[] = [];
  if (WORDS.test(text))
    for (const shape of TOKEN_SHAPES)
      if (shape.words.some((word) => text.includes(word))) find(shape, text, true, most, found);
  if (text.includes("@") && text.includes("://")) find(ADDRESS, text, false, most, found);
  return found;
}

function find(
  { kind, pattern }: TokenShape,
  text: string,
  certain: boolean,
  most: number,
  into: Token[],
): void {
  for (const match of text.matchAll(pattern)) {
    if (into.length >= most) return;
    const value = match[1] ?? match[0];
    if (!NO_SECRET.test(value.slice(0, 1000))) into.push({ kind, value, index: match.index, certain });
  }
}

/** A text in which tokens and keys are replaced. */
export function hideTokens(text: string, by: string): string {
  if (!WORDS.test(text)) return text;
  let shown = text;
  for (const { words, pattern } of TOKEN_SHAPES)
    if (words.some((word) => shown.includes(word)))
      shown = shown.replace(pattern, (whole: string, group: unknown) =>
        typeof group === "string" ? whole.replace(group, by) : by,
      );
  return shown;
}
