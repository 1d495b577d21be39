/** What an editor may set, in `initializationOptions` or under `pratique` in its own settings. */
export interface EditorSettings {
  readonly profile: string | undefined;
  readonly select: readonly string[] | undefined;
  readonly ignore: readonly string[] | undefined;
}

const KEYS = ["profile", "select", "ignore"] as const;

/** Takes what has the right shape; editors send empty values for what is not set. */
export function readSettings(value: unknown): EditorSettings {
  const [profile, select, ignore] = KEYS.map((key) =>
    typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined,
  );
  return {
    profile: typeof profile === "string" && profile.trim() !== "" ? profile.trim() : undefined,
    select: readWords(select),
    ignore: readWords(ignore),
  };
}

function readWords(value: unknown): readonly string[] | undefined {
  const parts: readonly unknown[] =
    typeof value === "string" ? value.split(",") : Array.isArray(value) ? value : [];
  const words = parts.flatMap((part) =>
    typeof part === "string" && part.trim() !== "" ? [part.trim()] : [],
  );
  return words.length === 0 ? undefined : words;
}

/** `more` wins where it says something. */
export const joinSettings = (settings: EditorSettings, more: EditorSettings): EditorSettings => ({
  profile: more.profile ?? settings.profile,
  select: more.select ?? settings.select,
  ignore: more.ignore ?? settings.ignore,
});

export const sameSettings = (a: EditorSettings, b: EditorSettings): boolean =>
  KEYS.every((key) => String(a[key]) === String(b[key]));
