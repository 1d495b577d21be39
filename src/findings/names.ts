/** What a user may write to mean a rule. */
export interface Named {
  readonly id: string;
  readonly category?: string | undefined;
  /** Peers' names: `hadolint:DL3006`. */
  readonly aliases: readonly string[];
}

/**
 * True when a word that a user wrote means this rule: its id, its category, or a peer's name for it, with or without
 * the peer's own name before it (`DL3006`, `hadolint:DL3006`, `AVD-DS-0002`, `DS002`). `all` means every rule.
 */
export function means(word: string, rule: Named): boolean {
  const wanted = word.trim().toLowerCase();
  if (wanted === "all" || wanted === rule.id || wanted === rule.category) return true;
  const plain = peerName(wanted);
  return rule.aliases.some((alias) => {
    const known = alias.toLowerCase();
    return known === wanted || known.slice(known.indexOf(":") + 1) === plain;
  });
}

/** Trivy has called its rules `DS002`, `AVD-DS-0002` and `DS-0002`. */
function peerName(word: string): string {
  const trivy = /^(?:trivy:)?(?:avd-)?ds-?(\d{1,4})$/.exec(word);
  return trivy === null ? word.slice(word.indexOf(":") + 1) : `ds-${(trivy[1] ?? "").padStart(4, "0")}`;
}
