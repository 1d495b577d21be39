import * as z from "zod";
import { LABEL_FORMATS, type Profile } from "./profile.ts";

const sourced = <T extends z.ZodType>(value: T) => z.strictObject({ value, source: z.string().min(1) });
const isoDate = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);

const statement = z.strictObject({
  id: z.string().regex(/^[A-Z0-9]+-B?\d+(?:\.[A-Z]+)?$/),
  checklist: z.string().min(1).optional(),
  level: z.enum(["must", "must-not", "should", "should-not", "may", "fact"]),
  force: z.enum(["enforced", "advised", "foreseen"]),
  scope: z.enum(["image", "repository", "job", "run-files", "publish", "people"]),
  shownBy: z
    .array(z.enum(["dockerfile", "project", "repository", "image", "run", "job", "run-files", "scan"]))
    .min(1)
    .optional(),
  text: z.string().min(1),
  source: z.string().min(1),
  date: isoDate,
  note: z.string().optional(),
});

const runtime = z.strictObject({
  title: z.string(),
  user: sourced(z.int().positive()),
  group: sourced(z.int().positive()),
  passwdEntry: sourced(z.boolean()),
  home: sourced(z.string()),
  capabilities: sourced(z.literal("none")),
  noNewPrivileges: sourced(z.boolean()),
  rootFileSystem: sourced(z.enum(["writable", "read-only"])),
  dataMount: sourced(z.enum(["read-only", "read-write"])),
  terminal: sourced(z.boolean()),
  sharedMemory: sourced(z.string()),
  memory: sourced(z.string()),
  processes: sourced(z.int().positive()),
  network: sourced(z.literal("black-hole")),
  nameserver: sourced(z.ipv4()),
  searchDomains: sourced(z.array(z.string())),
  resolverOptions: sourced(z.array(z.string())),
  timeLimit: sourced(z.string()),
});

const directory = sourced(z.string().startsWith("/"));

export const profileSchema: z.ZodType<Profile> = z.strictObject({
  id: z.string().regex(/^[a-z0-9-]+$/),
  title: z.string(),
  place: z.string().min(1),
  version: z.string(),
  documentsRead: isoDate,
  documents: z.array(
    z.strictObject({
      keys: z.array(z.string()),
      title: z.string(),
      folder: z.string().optional(),
      revision: z.string(),
      date: isoDate,
    }),
  ),
  platform: sourced(z.string()),
  directories: z.strictObject({ data: directory, outputs: directory, scratch: directory }),
  registries: sourced(z.array(z.string())),
  runtimes: z.record(z.string(), runtime),
  jobs: z
    .strictObject({
      namespace: sourced(z.string()),
      queueLabel: sourced(z.string()),
      queue: sourced(z.string()),
      sharedClaim: sourced(z.string()),
      userClaim: sourced(z.string()),
      imageProxy: sourced(z.string()),
      gpuResource: sourced(z.string()),
      gpuSelector: sourced(z.string()),
      gpuProduct: sourced(z.string()),
      gpusPerPod: sourced(z.int().positive()),
      quota: sourced(z.strictObject({ cpu: z.string(), memory: z.string(), gpus: z.int().positive() })),
      keptSeconds: sourced(z.int().positive()),
      deadlineSeconds: sourced(z.int().positive()),
      ownLabel: sourced(z.string()),
      smallestId: sourced(z.int().positive()),
      longestName: sourced(z.int().positive()),
    })
    .optional(),
  statements: z
    .array(statement)
    .refine((list) => new Set(list.map((s) => s.id)).size === list.length, "statement ids must be unique")
    .refine(
      (list) => list.every((s) => s.scope !== "image" || s.level === "fact" || s.shownBy !== undefined),
      "a statement of scope image must say what shows it (shownBy)",
    ),
  labels: z
    .strictObject({
      required: z.record(z.string(), z.enum(LABEL_FORMATS)),
      strict: z.boolean().optional(),
    })
    .optional(),
  baseRegistries: z.array(z.string().min(1)).optional(),
});
