import type { Check, Verification } from "../attestation/verification.ts";
import { plural } from "../findings/counting.ts";
import { jsonText } from "./json-text.ts";
import { type Look, paint } from "./look.ts";
import { plainLine } from "./plain.ts";
import { indent, wrap } from "./wrap.ts";

const MARKS: Readonly<
  Record<
    Check["status"],
    { readonly sign: string; readonly plain: string; readonly style: "green" | "red" | "yellow" }
  >
> = {
  passed: { sign: "✔", plain: "ok", style: "green" },
  failed: { sign: "✖", plain: "x", style: "red" },
  "not-checked": { sign: "○", plain: "-", style: "yellow" },
};

const WORDS = {
  clear: "clear",
  "clear-with-advice": "clear, with advice",
  "not-clear": "not clear",
  incomplete: "incomplete",
} as const;

/** What a reviewer reads: whether the parts belong together, each check with its reason, and what nobody vouches for. */
export function renderVerification(verification: Verification, look: Look): string {
  const { image, verdict, summary, checks, unsigned } = verification;
  const shown = checks.flatMap(({ status, title, detail }) => {
    const { sign, plain, style } = MARKS[status];
    const mark = paint(look, style, look.unicode ? sign : plain.padEnd(2));
    const words = status === "not-checked" ? `Not checked: ${title}` : title;
    return [`  ${mark} ${plainLine(words)}`, ...indent(plainLine(detail), 6, look.width)];
  });
  const lines = [
    paint(look, "bold", `${plainLine(image.name, 200)}: the evidence says “${WORDS[verdict]}”`),
    ...indent(plainLine(summary), 2, look.width),
    ...(image.id === null ? [] : indent(`Image ${plainLine(image.id, 100)}`, 2, look.width)),
    "",
    ...shown,
    "",
    ...(unsigned.length === 0
      ? []
      : [
          wrap(
            `Covered by no signature: ${unsigned.map((name) => plainLine(name, 80)).join(", ")}.`,
            look.width,
          ),
          "",
        ]),
    wrap(conclusionOf(checks), look.width),
  ];
  return `${lines.join("\n")}\n`;
}

export function conclusionOf(checks: readonly Check[]): string {
  const failed = checks.filter(({ status }) => status === "failed").length;
  const open = checks.filter(({ status }) => status === "not-checked").length;
  if (failed > 0) return `${plural(failed, "check")} failed: do not rely on this evidence.`;
  if (open > 0) return `Nothing failed, but ${plural(open, "thing was", "things were")} not checked.`;
  return "The evidence, its page, its signature and the image belong together.";
}

export const renderVerificationJson = (verification: Verification): string =>
  jsonText({ ...verification, conclusion: conclusionOf(verification.checks) });
