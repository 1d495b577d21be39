import parse from "spdx-expression-parse";
import licences from "../../knowledge/spdx-licences.json" with { type: "json" };

/** What a package says of its licence. */
export interface Licence {
  /** As an SPDX expression, where it can be told without guessing. */
  readonly expression: string | undefined;
  /** As the package writes it, where no expression says the same. */
  readonly written: string | undefined;
}

export const NO_LICENCE: Licence = { expression: undefined, written: undefined };

const IDS = new Map(licences.ids.split(" ").map((id) => [id.toLowerCase(), id]));
const MAX_TEXT = 1000;
const MAX_WRITTEN = 120;

/** Other names of licences, in small letters; only those that leave no doubt. */
const NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    expat: "MIT",
    "mit license": "MIT",
    "the mit license": "MIT",
    "the mit license (mit)": "MIT",
    "mit + file license": "MIT",
    "mit + file licence": "MIT",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache 2.0 license": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "apache license 2": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache license, version 2.0": "Apache-2.0",
    "apache license version 2.0": "Apache-2.0",
    "apache software license 2.0": "Apache-2.0",
    "the apache license, version 2.0": "Apache-2.0",
    "the apache software license, version 2.0": "Apache-2.0",
    "apache license (== 2.0)": "Apache-2.0",
    "apache license (== 2)": "Apache-2.0",
    "http://www.apache.org/licenses/license-2.0": "Apache-2.0",
    "http://www.apache.org/licenses/license-2.0.txt": "Apache-2.0",
    "https://www.apache.org/licenses/license-2.0": "Apache-2.0",
    "https://www.apache.org/licenses/license-2.0.txt": "Apache-2.0",
    "http://www.opensource.org/licenses/mit-license.php": "MIT",
    "https://opensource.org/licenses/mit": "MIT",
    "http://www.eclipse.org/legal/epl-v10.html": "EPL-1.0",
    "https://www.eclipse.org/legal/epl-2.0/": "EPL-2.0",
    "bsd 2-clause": "BSD-2-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "bsd-2": "BSD-2-Clause",
    bsd_2_clause: "BSD-2-Clause",
    "bsd_2_clause + file license": "BSD-2-Clause",
    "simplified bsd": "BSD-2-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "bsd 3 clause": "BSD-3-Clause",
    "3-clause bsd": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause",
    "new bsd license": "BSD-3-Clause",
    "modified bsd": "BSD-3-Clause",
    "bsd-3": "BSD-3-Clause",
    bsd_3_clause: "BSD-3-Clause",
    "bsd_3_clause + file license": "BSD-3-Clause",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "mozilla public license 2.0": "MPL-2.0",
    "mpl 2.0": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
    psf: "PSF-2.0",
    psfl: "PSF-2.0",
    "the unlicense (unlicense)": "Unlicense",
    "artistic-2": "Artistic-2.0",
    "boost software license 1.0 (bsl-1.0)": "BSL-1.0",
    "boost software license 1.0": "BSL-1.0",
    "zope public license": "ZPL-2.1",
    "zlib/libpng license": "Zlib",
    cc0: "CC0-1.0",
    "cc0 1.0 universal (cc0 1.0) public domain dedication": "CC0-1.0",
    "cc by 4.0": "CC-BY-4.0",
    "cc by-sa 4.0": "CC-BY-SA-4.0",
    "gnu general public license v2 (gplv2)": "GPL-2.0-only",
    "gnu general public license v2 or later (gplv2+)": "GPL-2.0-or-later",
    "gnu general public license v3 (gplv3)": "GPL-3.0-only",
    "gnu general public license v3 or later (gplv3+)": "GPL-3.0-or-later",
    "gnu lesser general public license v2 (lgplv2)": "LGPL-2.0-only",
    "gnu lesser general public license v2 or later (lgplv2+)": "LGPL-2.0-or-later",
    "gnu lesser general public license v3 (lgplv3)": "LGPL-3.0-only",
    "gnu lesser general public license v3 or later (lgplv3+)": "LGPL-3.0-or-later",
    "gnu affero general public license v3": "AGPL-3.0-only",
    "gnu affero general public license v3 or later (agplv3+)": "AGPL-3.0-or-later",
  }),
);

/** An SPDX expression for what a package says of its licence, or its own words where they leave room for doubt. */
export function licenceOf(text: string | undefined): Licence {
  const words = text
    ?.slice(0, MAX_TEXT)
    .replace(/[\p{C}\s]+/gu, " ")
    .trim();
  if (words === undefined || words === "" || /^(?:unknown|none|n\/a)$/i.test(words)) return NO_LICENCE;
  const expression = (text?.length ?? 0) > MAX_TEXT ? undefined : expressionOf(words);
  return expression === undefined
    ? { expression, written: words.slice(0, MAX_WRITTEN) }
    : { expression, written: undefined };
}

/** All of several licences at once, of which each one has to be kept. */
export function allOf(texts: readonly string[]): Licence {
  const distinct = [...new Set(texts)];
  if (distinct.length === 0) return NO_LICENCE;
  const each = distinct.map((text) => licenceOf(text));
  const expressions = [...new Set(each.map(({ expression }) => expression))].filter(
    (text) => text !== undefined,
  );
  if (each.every(({ expression }) => expression !== undefined) && expressions.length <= 30)
    return {
      expression: expressions
        .map((text) => (expressions.length > 1 && / OR /.test(text) ? `(${text})` : text))
        .join(" AND "),
      written: undefined,
    };
  return {
    expression: undefined,
    written: distinct
      .join("; ")
      .replace(/\p{C}+/gu, " ")
      .slice(0, MAX_WRITTEN),
  };
}

function expressionOf(words: string): string | undefined {
  const whole = oneLicence(words);
  if (whole !== undefined) return whole;
  const direct = valid(words);
  if (direct !== undefined) return direct;
  // “GPL-2+ or Artistic”, “GPL-2 | GPL-3”, “(MIT or Apache-2.0) and BSD-3-Clause”.
  const parts = words.split(/(\(\s|[()](?![\d>=<\w])|\s*\|\s*|,?\s+(?:and\/or|or|and|with)\s+)/i);
  if (parts.length < 3 || parts.length > 60) return undefined;
  const known = parts.map((part, index) => {
    const word = part.trim();
    if (index % 2 === 1)
      return word === "|" || /^,?\s*(?:or|and\/or)$/i.test(word)
        ? "OR"
        : word.replace(/^,\s*/, "").toUpperCase();
    return word === "" ? "" : (oneLicence(word) ?? word);
  });
  return valid(known.filter(Boolean).join(" "));
}

function oneLicence(words: string): string | undefined {
  const small = words.toLowerCase();
  return IDS.get(small) === undefined ? (NAMES.get(small) ?? gnu(small)) : (gnu(small) ?? IDS.get(small));
}

/** `gpl-2+`, `lgpl-2.1`, `gpl (>= 2)`, `gplv3+`, `agpl-3.0-or-later`. */
function gnu(small: string): string | undefined {
  const found =
    /^(?:gnu )?(a?gpl|lgpl|gfdl)[ -]?v?(\d)(?:\.(\d))?(?:\.0)?(\+|-or-later| or later|-only)?$/.exec(small) ??
    /^(a?gpl|lgpl|gfdl) \(>=? ?(\d)(?:\.(\d))?\)()$/.exec(small);
  if (found === null) return undefined;
  const [whole, family = "", major = "", minor = "0", ending = ""] = found;
  const later = (ending !== "" && ending !== "-only") || whole.includes(">=");
  if (whole.includes(">") && !later) return undefined;
  const id = `${family.toUpperCase()}-${major}.${minor}-${later ? "or-later" : "only"}`;
  return IDS.get(id.toLowerCase());
}

/** The expression with names as the list has them; undefined where it is none. */
function valid(words: string): string | undefined {
  const text = words.replace(/[A-Za-z0-9][\w.-]*\+?/g, (word) => {
    const small = word.toLowerCase();
    return gnu(small) ?? IDS.get(small) ?? word;
  });
  try {
    parse(text);
    return text;
  } catch (error) {
    // Nested too deep to be read, or no expression.
    if (error instanceof Error) return undefined;
    throw error;
  }
}
