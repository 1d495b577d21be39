import { createHash } from "node:crypto";
import type { Profile } from "./profile.ts";

/** SHA-256 of a policy's own data, in hexadecimal. */
export const profileHash = (profile: Profile): string =>
  createHash("sha256").update(JSON.stringify(profile)).digest("hex");
