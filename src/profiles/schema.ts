import * as z from "zod";
import { VULNERABILITY_SEVERITIES } from "../findings/vulnerability.ts";
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
  runtimes: z.array(z.string().min(1)).min(1).optional(),
  publication: z
    .array(z.enum(["registry", "own-tag", "latest"]))
    .min(1)
    .optional(),
  text: z.string().min(1),
  source: z.string().min(1),
  date: isoDate,
  note: z.string().optional(),
});

const path = z.string().startsWith("/");
const duration = z.string().regex(/^(?=\d)(?:\d+h)?(?:\d+m)?(?:\d+s)?$/);
const size = z.string().regex(/^[1-9]\d*[kmg]$/);
const mount = z.strictObject({
  directory: z.enum(["data", "outputs", "scratch", "home"]),
  access: z.enum(["read-only", "read-write"]),
  contents: z.enum(["fresh", "shared"]),
  kept: z.boolean(),
});

const runtime = z.strictObject({
  title: z.string(),
  foreseen: z.literal(true).optional(),
  startedBy: sourced(z.enum(["kubernetes", "podman", "apptainer"])),
  user: sourced(z.int().nonnegative()),
  group: sourced(z.int().nonnegative()),
  passwdEntry: sourced(z.boolean()),
  home: sourced(path),
  imageHome: sourced(z.boolean()),
  workingDirectory: sourced(z.enum(["image", "home"])),
  capabilities: sourced(z.array(z.string().regex(/^[A-Z_]+$/))),
  noNewPrivileges: sourced(z.boolean()),
  rootFileSystem: sourced(z.enum(["writable", "read-only"])),
  mounts: z
    .array(sourced(mount))
    .refine(
      (all) => new Set(all.map(({ value }) => value.directory)).size === all.length,
      "a directory is mounted once",
    ),
  temporary: sourced(z.array(path)),
  environment: sourced(z.record(z.string().regex(/^[A-Za-z_]\w*$/), z.string())),
  proxy: sourced(z.literal("none")),
  terminal: sourced(z.literal(false)),
  sharedMemory: sourced(size),
  memory: sourced(size),
  processes: sourced(z.int().positive()),
  network: sourced(z.literal("black-hole")),
  nameserver: sourced(z.ipv4()),
  searchDomains: sourced(z.array(z.string())),
  resolverOptions: sourced(z.array(z.string())),
  timeLimit: sourced(duration).optional(),
  testTime: sourced(duration),
  notImitated: z.array(z.string().min(1)),
});

const directory = sourced(z.string().startsWith("/"));

const shape = z.strictObject({
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
  pull: sourced(z.strictObject({ command: z.string(), runtimes: z.array(z.string()) })).optional(),
  runtimes: z.record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,29}$/), runtime),
  defaultRuntimes: sourced(z.array(z.string()).min(1)),
  gpu: z
    .strictObject({
      compute: sourced(z.string().regex(/^\d+\.\d$/)),
      driver: sourced(z.string().regex(/^\d+(?:\.\d+){0,2}$/)).optional(),
    })
    .optional(),
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
      example: sourced(
        z.strictObject({
          cpu: z.int().positive(),
          memory: z.string().regex(/^[1-9]\d*[MG]i$/),
          keptSeconds: z.int().positive(),
          deadlineSeconds: z.int().positive(),
        }),
      ),
      transfer: sourced(z.strictObject({ host: z.string().min(1), desktop: path, shared: path, own: path })),
    })
    .optional(),
  scan: z
    .strictObject({
      databaseDays: sourced(z.int().positive()),
      failOn: sourced(z.enum(VULNERABILITY_SEVERITIES).exclude(["unknown"])).optional(),
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

const isDeciding = (profile: z.infer<typeof shape>, id: string): boolean =>
  profile.runtimes[id] !== undefined && profile.runtimes[id].foreseen !== true;

export const profileSchema: z.ZodType<Profile> = shape
  .refine(
    (profile) => profile.defaultRuntimes.value.every((id) => isDeciding(profile, id)),
    "defaultRuntimes names runtimes of the profile that are not foreseen",
  )
  .refine(
    (profile) => profile.statements.every((s) => (s.runtimes ?? []).every((id) => id in profile.runtimes)),
    "a statement's runtimes are runtimes of the profile",
  );
