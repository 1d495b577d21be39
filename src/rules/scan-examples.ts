import type { Vulnerability } from "../findings/vulnerability.ts";

/** One vulnerability for examples; what is not given is of no importance. */
export const exampleVulnerability = (given: Partial<Vulnerability>): Vulnerability => ({
  id: "CVE-2023-45853",
  package: "zlib1g",
  version: "1:1.2.13.dfsg-1",
  fixedVersion: "1:1.2.13.dfsg-2",
  severity: "medium",
  cvss: null,
  title: "",
  origin: "base",
  ...given,
});
