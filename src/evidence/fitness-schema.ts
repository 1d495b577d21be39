import * as z from "zod";
import type { FitnessSummary } from "./fitness.ts";

const text = z.string();
const count = z.int().nonnegative();
const found = z.object({ count, paths: z.array(text) });

export const fitnessSchema: z.ZodType<FitnessSummary> = z.object({
  user: z.object({ uid: count, gid: count }),
  programs: z.array(z.object({ path: text, architecture: text.nullable(), libraries: count })),
  missing: z.array(
    z.object({
      what: z.enum(["library", "loader", "program", "script"]),
      name: text,
      neededBy: text.nullable(),
    }),
  ),
  closed: z.array(z.object({ path: text, variable: text.nullable(), closedBy: text })),
  machines: z.record(text, found),
  absentLibraries: z.record(text, found),
  folders: z.array(
    z.object({
      variable: text,
      path: text,
      set: z.boolean(),
      state: z.enum(["writable", "creatable", "mounted", "mounted-read-only", "not-writable", "closed"]),
    }),
  ),
  setUserId: found,
  worldWritable: found,
  changeablePrograms: found,
  largeIds: found,
  deletedBelowMounts: found,
  leftOvers: found,
  openAccounts: z.array(text),
  buildTools: z.array(text),
  notAssessed: z.array(text),
});
