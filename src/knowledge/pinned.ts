import data from "./pinned.json" with { type: "json" };

/** Actions of others that our workflows use, each with a release's tag and the commit that it stood for. */
export type Action = keyof typeof data.actions;

/** What stands behind `uses:`, with the tag as a comment, which Dependabot and Renovate keep up to date. */
export function pinnedAction(action: Action, path = ""): string {
  const { tag, commit } = data.actions[action];
  return `${action}${path}@${commit} # ${tag}`;
}

/** Trivy's image for `scan.image`, with its tag and digest. */
export const trivyImage = (): string => {
  const name = "docker.io/aquasec/trivy";
  const { tag, digest } = data.images[name];
  return `${name}:${tag}@${digest}`;
};
