import * as z from "zod";
import { SEVERITIES } from "../findings/finding.ts";
import { VULNERABILITY_SEVERITIES } from "../findings/vulnerability.ts";
import { LABEL_FORMATS } from "../profiles/profile.ts";
import { parseDuration } from "./duration.ts";
import { TABLE_FORMATS } from "./expectations.ts";
import { isHostPattern } from "./host.ts";
import { compileLogPattern } from "./log-pattern.ts";
import { parseSize } from "./size.ts";

/** The shape of `pratique.yaml`, version 1. `schemas/config.schema.json` is generated from it. */

const variableName = z.string().regex(/^[A-Za-z_]\w*$/, "is not a variable name");
/** YAML reads `1` and `true` as other types; a variable's value is text. */
const variableValue = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const duration = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, "must be a time such as 60s, 10m or 1h30m");
const memory = z.string().regex(/^[1-9]\d*[kmg]$/i, "must be a size such as 512m or 4g");
const size = z
  .union([z.number(), z.string()])
  .refine((value) => parseSize(String(value)) !== undefined, "must be a size such as 100, 4k or 2m");
const pattern = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !text.split("/").includes(".."), "must not lead out of the folder with “..”")
  .refine((text) => text.replace(/^[/.]+/, "") !== "", "must name files");
const EXIT_CODE = "must be an exit code from 0 to 255, or a list of them";
const exitCode = z.int(EXIT_CODE).min(0, EXIT_CODE).max(255, EXIT_CODE);
const ROWS = "must be a whole number, or min and max";
const count = z.int(ROWS).min(0, ROWS);
const logPattern = z
  .string()
  .min(1)
  .max(1000)
  .refine((text) => compileLogPattern(text) !== undefined, "is not a regular expression of JavaScript");

const expectations = z.strictObject({
  exitCode: z
    .union([exitCode, z.array(exitCode).min(1, EXIT_CODE)], EXIT_CODE)
    .optional()
    .describe("Exit code that the program must end with, or several; 0 unless given."),
  outputs: z
    .array(
      z.union([
        pattern,
        z.strictObject({
          path: pattern.describe("Pattern below the outputs folder."),
          format: z.enum(TABLE_FORMATS).optional().describe("Every file must be readable as this."),
          minSize: size.optional().describe("Least size of every file."),
          rows: z
            .union(
              [
                count,
                z
                  .strictObject({ min: count.optional(), max: count.optional() })
                  .refine(
                    ({ min = 0, max = min }) => min <= max,
                    "must have a min that is not above its max",
                  ),
              ],
              ROWS,
            )
            .optional()
            .describe("Rows of every file, the header not counted: a number, or min and max."),
        }),
      ]),
    )
    .optional()
    .describe("Files that must be there when the program has ended."),
  noOutputs: z.array(pattern).optional().describe("Files that must not be there."),
  forbiddenColumns: z
    .array(
      z
        .string()
        .min(1)
        .max(200)
        .regex(/[\p{L}\p{N}]/u, "must hold a letter or a digit"),
    )
    .optional()
    .describe("Columns that no output may have; * stands for anything."),
  log: z
    .strictObject({
      match: z.array(logPattern).optional().describe("Some line of the output must match each of these."),
      noMatch: z.array(logPattern).optional().describe("No line of the output may match any of these."),
    })
    .optional(),
  maxTime: duration.optional().describe("Longest time that the run may take."),
  maxMemory: memory.optional().describe("Most memory that the run may use."),
  allowAttempts: z
    .array(
      z.strictObject({
        host: z
          .string()
          .refine(isHostPattern, "must be a name such as stats.example.org, *.example.org, or an address"),
        port: z.int().min(1).max(65535).optional(),
        reason: z.string().trim().min(10, "must say why, in at least ten characters"),
      }),
    )
    .optional()
    .describe("Attempts to use the network that are accepted, each with its reason."),
});

/** What one run is made with. */
const runSettings = {
  data: z.string().min(1).optional().describe("Folder mounted at /safe_data, relative to this file."),
  args: z.array(variableValue).optional().describe("Arguments in place of CMD."),
  env: z.record(variableName, variableValue).optional().describe("Variables for the run."),
  timeout: duration.optional().describe("Time limit of the run."),
  memory: memory.optional().describe("Memory limit of the run."),
  lineage: z
    .boolean()
    .optional()
    .describe("Note which files of the data the program reads, with size and SHA-256; false unless given."),
  expect: expectations.optional().meta({
    description: "What the run must do.",
    examples: [
      {
        outputs: ["plots/*.png", { path: "fit.csv", format: "csv", rows: { min: 1 } }],
        forbiddenColumns: ["nhs_number", "date_of_birth"],
        log: { noMatch: ["(?i)warning"] },
        maxTime: "5m",
      },
    ],
  }),
};

const quantity = z.string().regex(/^[1-9]\d{0,6}[MG]i$/, "must be a size such as 512Mi or 4Gi");
const kubernetesName = /^(?=.{1,63}$)[a-z0-9]+(?:-[a-z0-9]+)*$/;
const accountNumber = z
  .int()
  .min(1)
  .max(2 ** 32 - 2);
/** What the options of `pratique job` and `job` of the settings take; each value has one meaning in both. */
const jobFields = {
  name: z
    .string()
    .regex(/^(?=.{1,40}$)[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, "must be small letters and digits with “-” between")
    .describe("What the job is called; the project's folder unless given."),
  image: z
    .string()
    .max(300)
    .regex(
      /^[a-z0-9.-]+(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*){2,}:\w[\w.-]{0,127}$/,
      "must be a name such as ghcr.io/owner/name:1.0",
    )
    .describe("Name under which the image is pushed: registry, owner, name and tag."),
  namespace: z
    .string()
    .regex(kubernetesName, "must be a namespace such as nsh-2024-0000-ns")
    .describe("Namespace of the project on the cluster."),
  queue: z
    .string()
    .regex(kubernetesName, "must be a queue such as nsh-2024-0000-ns-user-queue")
    .describe("Queue of the project; follows from the namespace unless given."),
  account: z
    .string()
    .regex(/^[a-z][a-z0-9]{0,40}(?:[._-][a-z0-9]+){0,8}$/, "must be a user name such as test_nsh-2024-0000")
    .describe("Your user name in the Safe Haven."),
  uid: accountNumber.describe("Your user's number, as `id -u` prints it there."),
  gid: accountNumber.describe("The number of the project's group, as `id` lists it there."),
  port: z
    .int()
    .min(1)
    .max(65535)
    .describe("Port of the registry's proxy, as `podman images` shows it there."),
  gpus: z.int().min(0).max(64).describe("GPUs; none unless given."),
  cpus: z.int().min(1).max(512).describe("Processors, in place of what was measured."),
  memory: quantity.describe("Memory, in place of what was measured."),
  sharedMemory: quantity.describe("Size of /dev/shm, which counts as memory."),
  timeLimit: duration.describe("How long the job may run."),
  keep: duration.describe("How long the finished job and its log are kept."),
  shell: z.boolean().describe("False for an image without a shell, such as a distroless one."),
};

export const jobChoices = z.strictObject(jobFields).partial();

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
      ...runSettings,
      cases: z
        .record(
          z
            .string()
            .regex(
              /^(?=.{1,40}$)[a-z0-9]+(?:-[a-z0-9]+)*$/,
              "must be small letters and digits with “-” between, at most 40 of them: it names a folder",
            ),
          z.strictObject(runSettings),
        )
        .refine((cases) => Object.keys(cases).length > 0, "must name at least one case")
        .refine((cases) => Object.keys(cases).length <= 50, "must not name more than 50 cases")
        .optional()
        .describe("Several runs by name; what a case does not say is as in test."),
    })
    .optional(),
  job: z
    .strictObject({
      ...jobFields,
      args: z.array(variableValue).describe("Arguments in place of those of the test."),
      env: z.record(variableName, variableValue).describe("Variables beside those of the test."),
    })
    .partial()
    .optional()
    .describe("What `pratique job` writes into the job manifest."),
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
  scan: z
    .strictObject({
      failOn: z
        .enum(VULNERABILITY_SEVERITIES)
        .exclude(["unknown"])
        .optional()
        .describe(
          "Least severity of what a scan finds that is not accepted; where the profile names one too, the stricter counts.",
        ),
      image: z
        .string()
        .regex(
          /^(?:[\w./:-]{1,300}@)?sha256:[0-9a-f]{64}$/,
          "must be pinned: name@sha256:… or the id of an image, sha256:…",
        )
        .optional()
        .describe("Image of Trivy to run where the program is not installed, by digest or id."),
    })
    .optional()
    .describe("How a scan is made and judged."),
  waivers: z
    .array(
      z.strictObject({
        rule: z.string().min(1),
        path: z.string().min(1).optional(),
        line: z.int().positive().optional(),
        package: z.string().min(1).optional(),
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
export type ExpectationsDocument = z.infer<typeof expectations>;
