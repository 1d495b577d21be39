import { expect, it } from "vitest";
import type { LabelFormat } from "../../profiles/profile.ts";
import { fits } from "./formats.ts";

it.each<[LabelFormat, string]>([
  ["url", "https://example.org/a?b"],
  ["rfc3339", "2027-01-31T12:00:00Z"],
  ["rfc3339", "2027-01-31T12:00:00.25+01:00"],
  ["spdx", "MIT"],
  ["spdx", "GPL-2.0-or-later WITH Classpath-exception-2.0"],
  ["spdx", "(MIT OR Apache-2.0) AND LicenseRef-own"],
  ["hash", "43c2c9d"],
  ["hash", "0123456789abcdef0123456789abcdef01234567"],
  ["semver", "1.2.3-rc.1+build.5"],
  ["email", "ada@maths.example.org"],
  ["text", "anything"],
])("%s takes %s", (format, value) => expect(fits(value, format)).toBe(true));

it.each<[LabelFormat, string]>([
  ["url", "example.org"],
  ["url", "not-url"],
  ["rfc3339", "2027-13-31T12:00:00Z"],
  ["rfc3339", "yesterday"],
  ["spdx", "free for all"],
  ["spdx", "MIT OR"],
  ["hash", "main"],
  ["hash", "43c2"],
  ["semver", "v1.2.3"],
  ["semver", "1.2"],
  ["semver", "1.2.3-01"],
  ["email", "ada at maths"],
  ["email", "ada@maths"],
])("%s does not take %s", (format, value) => expect(fits(value, format)).toBe(false));

it("is quick with long values", () => {
  for (const format of ["url", "spdx", "semver", "email", "hash", "rfc3339"] as const)
    expect(fits(`1.2.3-${"a-".repeat(100_000)}!`, format)).toBe(false);
});
