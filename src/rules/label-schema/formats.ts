import licences from "../../knowledge/spdx-licences.json" with { type: "json" };
import type { LabelFormat } from "../../profiles/profile.ts";

/** What a value should have been, in words. */
export const FORMAT_WORDS: Readonly<Record<LabelFormat, string>> = {
  text: "a text",
  url: "an address such as https://example.org/code",
  rfc3339: "a time such as 2027-01-31T12:00:00Z",
  spdx: "an SPDX licence such as MIT or Apache-2.0",
  hash: "a Git commit of 7 to 40 hexadecimal digits",
  semver: "a version such as 1.4.0",
  email: "an e-mail address",
};

let known: ReadonlySet<string> | undefined;

const CHECKS: Readonly<Record<LabelFormat, (value: string) => boolean>> = {
  text: () => true,
  url: (value) => /^[a-z][a-z0-9+.-]*:\/\/[^\s/]/i.test(value) && URL.canParse(value),
  rfc3339: (value) =>
    /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$/.test(value) &&
    !Number.isNaN(Date.parse(value.toUpperCase().replace(" ", "T"))),
  spdx: isLicence,
  hash: (value) => /^(?:[0-9a-f]{7,40}|[0-9a-f]{64})$/i.test(value),
  semver: (value) =>
    /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/.test(
      value,
    ) && !/-(?:[^+]*\.)?0\d+(?:[.+]|$)/.test(value),
  email: (value) => /^[^\s@<>"(),:;]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]*\.)+[A-Za-z]{2,}$/.test(value),
};

/** True when a label's value looks as it is asked to. Nobody writes longer ones. */
export const fits = (value: string, format: LabelFormat): boolean =>
  format === "text" || (value.length <= 500 && CHECKS[format](value));

/** A licence of SPDX's list, or several joined by AND, OR and WITH. */
function isLicence(value: string): boolean {
  known ??= new Set(licences.ids.toLowerCase().split(" "));
  const words = value.replace(/[()]/g, " ").trim().split(/\s+/);
  return (
    words.every((word, index) => {
      if (index % 2 === 1) return /^(?:AND|OR|WITH)$/i.test(word);
      if (/^with$/i.test(words[index - 1] ?? "")) return /^[\w.-]+$/.test(word);
      return /^(?:DocumentRef-[\w.-]+:)?LicenseRef-[\w.-]+$/.test(word) || isListed(word.toLowerCase());
    }) && words.length % 2 === 1
  );
}

const isListed = (id: string): boolean =>
  known?.has(id) === true || (id.endsWith("+") && known?.has(id.slice(0, -1)) === true);
