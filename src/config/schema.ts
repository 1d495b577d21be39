import * as z from "zod";
import { SEVERITIES } from "../findings/finding.ts";
import { LABEL_FORMATS } from "../profiles/profile.ts";
import { parseDuration } from "./duration.ts";

/** The shape of `pratique.yaml`, version 1. `schemas/config.schema.json` is generated from it. */

const variableName = z.string().regex(/^[A-Za-z_]\w*$/, "is not a variable name");
/** YAML reads `1` and `true` as other types; a variable's value is text. */
const variableValue = z.union([z.string(), z.number(), z.boolean()]).transform(String);

export const configSchema = z.strictObject({
  version: z.literal(1, "must be 1").describe("Version of this file's shape."),
  profile: z.string().optional().describe("Policy to check against."),
  dockerfile: z
    .string()
    .min(1)
    .optional()
    .describe("Dockerfile, relative to this file; Dockerfile or Containerfile unless given."),
  build: z
    .strictObject({
      args: z.record(variableName, variableValue).optional().describe("Build arguments."),
      argsFile: z
        .union([
          z.string().min(1),
          z.strictObject({ path: z.string().min(1), optional: z.boolean().optional() }),
        ])
        .optional()
        .describe("File of NAME=value lines with further build arguments, relative to this file."),
      network: z.enum(["default", "host", "none"]).optional().describe("Network of RUN steps."),
      target: z.string().min(1).optional().describe("Stage to build; the last one unless given."),
    })
    .optional(),
  test: z
    .strictObject({
      runtimes: z
        .array(z.string().min(1))
        .min(1, "must name a runtime")
        .optional()
        .describe("Runtimes of the profile to test in; they decide the verdict."),
      data: z.string().min(1).optional().describe("Folder mounted at /safe_data, relative to this file."),
      args: z.array(variableValue).optional().describe("Arguments in place of CMD."),
      env: z.record(variableName, variableValue).optional().describe("Variables for the run."),
      timeout: z
        .string()
        .refine((text) => parseDuration(text) !== undefined, "must be a time such as 60s, 10m or 1h30m")
        .optional()
        .describe("Time limit of the run."),
      memory: z
        .string()
        .regex(/^[1-9]\d*[kmg]$/i, "must be a size such as 512m or 4g")
        .optional()
        .describe("Memory limit of the run."),
    })
    .optional(),
  rules: z
    .record(z.string(), z.enum(["off", "on", ...SEVERITIES]))
    .optional()
    .describe(
      "Severity by rule, category or a peer's name for it; off leaves it out, on runs an optional one.",
    ),
  failOn: z
    .enum(SEVERITIES)
    .optional()
    .describe("Least severity of findings that gives exit code 1; error unless given."),
  select: z
    .array(z.string().min(1))
    .optional()
    .describe("Only these rules run: ids, categories, peers' names; all takes in the optional ones."),
  ignore: z.array(z.string().min(1)).optional().describe("These rules do not run."),
  labels: z
    .record(z.string().min(1), z.enum(LABEL_FORMATS))
    .optional()
    .describe("Labels that the image must carry, each with what its value must look like."),
  strictLabels: z.boolean().optional().describe("No labels but those in labels."),
  trustedRegistries: z
    .array(z.string().min(1))
    .optional()
    .describe("Registries that base images may come from; * stands for the rest at either end."),
  waivers: z
    .array(
      z.strictObject({
        rule: z.string().min(1),
        path: z.string().min(1).optional(),
        line: z.int().positive().optional(),
        // Missing is no error of the file: the waiver does not count, and a finding says so.
        reason: z.string().trim().min(10, "must say why, in at least ten characters").optional(),
        by: z.string().min(1).optional(),
        until: z.iso.date("must be a date such as 2027-01-31").optional(),
      }),
    )
    .optional()
    .describe("Findings that are accepted, each with its reason."),
});

export type ConfigDocument = z.infer<typeof configSchema>;
