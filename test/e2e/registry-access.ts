import { execFileSync } from "node:child_process";
import { networkInterfaces } from "node:os";

export const PASSWORD = "test-password";
/** What `htpasswd -nbB <user> test-password` writes. */
export const passwords = (user: string): string =>
  `${user}:$2y$04$abcdefghijklmnopqrstuuobFaEJANklW4I6zZpcLRbXjrME4Qa2m\n`;

/** An address of this machine that is not the loopback: there, registries speak plain HTTP. */
export function address(): string {
  const found = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === "IPv4" && !one.internal);
  if (found === undefined)
    throw new Error("this machine has no network address, which a registry with TLS needs");
  return found.address;
}

/** Makes the certificate of a registry at that address, which is its own authority, in the files named. */
export function certify({ certificate, key }: { certificate: string; key: string }): void {
  execFileSync(
    "openssl",
    [
      ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split(" "),
      ...["-subj", "/CN=registry", "-addext", `subjectAltName=IP:${address()}`],
      ...["-keyout", key, "-out", certificate],
    ],
    { stdio: "pipe" },
  );
}
