import * as z from "zod";
import { VEX_STATES, VULNERABILITY_SEVERITIES, type VulnerabilitySummary } from "./vulnerabilities.ts";

const text = z.string();

export const vulnerabilitiesSchema: z.ZodType<VulnerabilitySummary> = z.object({
  scanners: z.array(
    z.object({ name: text, version: text, databaseOf: text.nullable(), file: text.exactOptional() }),
  ),
  catalogues: z.array(z.object({ name: text, date: text, file: text })).exactOptional(),
  list: z.array(
    z.object({
      id: text,
      aliases: z.array(text).exactOptional(),
      package: text,
      version: text,
      fixedVersion: text,
      severity: z.enum(VULNERABILITY_SEVERITIES),
      cvss: z.number().min(0).max(10).nullable(),
      epss: z.number().min(0).max(1).exactOptional(),
      exploited: z.literal(true).exactOptional(),
      title: text,
      origin: z.enum(["base", "project", "unknown"]),
      scanners: z.array(text).exactOptional(),
      waived: z
        .object({
          reason: text,
          source: text,
          by: text.exactOptional(),
          until: text.exactOptional(),
          state: z.enum(VEX_STATES).exactOptional(),
        })
        .exactOptional(),
    }),
  ),
  licences: z.array(z.object({ name: text, category: text, packages: z.array(text) })).exactOptional(),
  notAssessed: z.array(text),
});
