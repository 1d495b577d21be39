import type { Ecosystem } from "./ecosystem.ts";

/** RPM's packages are kept in a database of one of three kinds: it is said that they are there, and not read. */
export const rpm: Ecosystem = {
  startSuffices: true,
  wanted({ path }) {
    return DATABASE.test(path) ? 4 : undefined;
  },
  read: (bytes) => (bytes.length === 0 ? {} : { problem: "rpm packages" }),
};

const DATABASE = /^\/(?:var\/lib\/rpm|usr\/lib\/sysimage\/rpm)\/(?:rpmdb\.sqlite|Packages\.db|Packages)$/;
