import { expect, it } from "vitest";
import { renderPublication, type ShownPublication } from "./publication.ts";

const look = { width: 60, color: false, unicode: true };
const shown: ShownPublication = {
  image: "ghcr.io/lab/heart-risk",
  tags: ["2026-11-26-4b825dc", "latest"],
  manifest: `sha256:${"1".repeat(64)}`,
  imageId: `sha256:${"2".repeat(64)}`,
  override: null,
  visibility: "not-public",
  layers: { sent: 2, bytesSent: 12_000_000, there: 3 },
  attached: ["application/vnd.cyclonedx+json", "application/vnd.pratique.evidence.v1"],
  pull: ['ces-pull k8s <github_user> "$GHCR_TOKEN" ghcr.io/lab/heart-risk:2026-11-26-4b825dc'],
  notes: [],
  token: undefined,
};

it("has the line that gets the image in, in one piece", () => {
  expect(renderPublication(shown, look)).toBe(
    `Published ghcr.io/lab/heart-risk:2026-11-26-4b825dc and :latest
  manifest   sha256:${"1".repeat(64)}
  image id   sha256:${"2".repeat(64)}, as in the evidence
  layers     2 layers sent (12 MB), 3 there already
  read by    those with a login only
  attached   packages (CycloneDX), the evidence

In the Safe Haven:
    ces-pull k8s <github_user> "$GHCR_TOKEN" ghcr.io/lab/heart-risk:2026-11-26-4b825dc
  Before it, “read -rs GHCR_TOKEN” takes in a token with
  read:packages only, which is asked for even where the
  image is public; so it stands in no file and no history.
`,
  );
});

it("says what to mind", () => {
  const text = renderPublication(
    {
      ...shown,
      pull: [],
      layers: { sent: 0, bytesSent: 0, there: 5 },
      override: { reason: "agreed", verdict: "not-clear" },
      token: { status: "too-much", detail: "it may do more than read packages: repo" },
      notes: ["Not\u001b[31m signed."],
    },
    look,
  );
  expect(text).toContain("nothing to send: all 5 layers were there");
  expect(text).toContain("It is not-clear, and was published all the same: agreed");
  expect(text).toContain("The token for pulling: it may do more than read packages:\nrepo.");
  expect(text).not.toContain("\u001b");
  expect(text).not.toContain("In the Safe Haven");
});

it.each([
  ["fit", "it has read:packages and nothing else", "The token for pulling: it has read:packages"],
  ["not-assessed", "nobody can be asked", "The token for pulling: not assessed: nobody can be"],
])("says of a token that it is %s", (status, detail, words) => {
  expect(renderPublication({ ...shown, token: { status, detail } }, look)).toContain(words);
});
