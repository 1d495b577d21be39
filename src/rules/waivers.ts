import type { Draft } from "../findings/finding.ts";
import type { Waiver } from "../findings/waivers.ts";

const KIND: Readonly<Record<Waiver["source"], string>> = {
  settings: "The waiver for",
  comment: "The comment that allows",
  hadolint: "The hadolint setting that ignores",
  trivy: "The Trivy setting that ignores",
  buildkit: "The BuildKit directive that skips",
  checkov: "The Checkov comment that skips",
};

/** How a sentence about a waiver begins. */
export const waiverName = ({ source, rule }: Waiver): string =>
  `${KIND[source]} ${rule.slice(rule.indexOf(":") + 1)}`;

export const placeOf = ({ location }: Waiver): Pick<Draft, "location"> =>
  location === undefined ? {} : { location };
