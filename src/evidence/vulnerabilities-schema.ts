import * as z from "zod";
import { VULNERABILITY_SEVERITIES, type VulnerabilitySummary } from "./vulnerabilities.ts";

const text = z.string();

export const vulnerabilitiesSchema: z.ZodType<VulnerabilitySummary> = z.object({
  scanner: z.object({ name: text, version: text }),
  databaseOf: text.nullable(),
  list: z.array(
    z.object({
      id: text,
      package: text,
      version: text,
      fixedVersion: text,
      severity: z.enum(VULNERABILITY_SEVERITIES),
      cvss: z.number().min(0).max(10).nullable(),
      title: text,
      origin: z.enum(["base", "project", "unknown"]),
      waived: z.object({ reason: text, source: text }).exactOptional(),
    }),
  ),
  notAssessed: z.array(text),
});
