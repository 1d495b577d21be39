import type { Visibility } from "../evidence/report.ts";
import { plural, sizeOf } from "../findings/counting.ts";
import { type Look, paint } from "./look.ts";
import { plainLine } from "./plain.ts";
import { indent } from "./wrap.ts";

/** What a publication came to, as the user sees it. */
export interface ShownPublication {
  readonly image: string;
  readonly tags: readonly string[];
  readonly manifest: string;
  readonly imageId: string;
  readonly override: { readonly reason: string; readonly verdict: string } | null;
  readonly visibility?: Visibility;
  readonly layers: { readonly sent: number; readonly bytesSent: number; readonly there: number };
  readonly attached: readonly string[];
  readonly pull: readonly string[];
  readonly notes: readonly string[];
  /** What was found about the token for pulling; undefined where none was given. */
  readonly token: { readonly status: string; readonly detail: string } | undefined;
}

const WORDS: Readonly<Record<string, string>> = {
  "application/vnd.pratique.evidence.v1": "the evidence",
  "application/vnd.in-toto+json": "signed statements",
  "application/vnd.cyclonedx+json": "packages (CycloneDX)",
  "application/spdx+json": "packages (SPDX)",
};

export const READERS: Readonly<Record<Visibility, string>> = {
  public: "everybody, without a login",
  "not-public": "those with a login only",
  "not-assessed": "not assessed: the registry did not say",
};

/** Where the image is, what lies with it, how to get it in, and what to mind. Lines to be copied are not broken. */
export function renderPublication(shown: ShownPublication, look: Look): string {
  const { image, tags, manifest, imageId, override, visibility, layers, attached, pull, notes, token } =
    shown;
  const [tag = "", ...others] = tags;
  const sent =
    layers.sent === 0
      ? `nothing to send: all ${plural(layers.there, "layer")} were there`
      : `${plural(layers.sent, "layer")} sent (${sizeOf(layers.bytesSent)}), ${layers.there} there already`;
  const fact = (name: string, value: string): string => `  ${name.padEnd(10)} ${plainLine(value, 300)}`;
  const minded = [
    ...(override === null
      ? []
      : [`It is ${override.verdict}, and was published all the same: ${override.reason}`]),
    ...(token === undefined || token.status === "fit"
      ? []
      : [
          `The token for pulling: ${token.status === "not-assessed" ? "not assessed: " : ""}${token.detail}.`,
        ]),
    ...notes,
  ];
  return [
    paint(
      look,
      "bold",
      `Published ${plainLine(`${image}:${tag}`, 500)}${others.map((one) => ` and :${plainLine(one)}`).join("")}`,
    ),
    fact("manifest", manifest),
    fact("image id", `${imageId}, as in the evidence`),
    fact("layers", sent),
    fact("read by", READERS[visibility ?? "not-assessed"]),
    fact("attached", attached.map((type) => WORDS[type] ?? type).join(", ")),
    ...(pull.length === 0
      ? []
      : [
          "",
          "In the Safe Haven:",
          ...pull.map((line) => `    ${plainLine(line, 1000)}`),
          ...indent(
            "Before it, “read -rs GHCR_TOKEN” takes in a token with read:packages only, which is asked for even where the image is public; so it stands in no file and no history.",
            2,
            look.width,
          ),
        ]),
    ...(token?.status === "fit" ? ["", `The token for pulling: ${plainLine(token.detail)}.`] : []),
    ...minded.flatMap((note) => ["", ...indent(plainLine(note), 0, look.width)]),
    "",
  ].join("\n");
}
