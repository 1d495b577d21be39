import { familiarRepository, parseImageReference } from "../../dockerfile/image-reference.ts";

/** Variables that well-known base images set besides PATH; an image that is not here may set anything. */
const SETS: ReadonlyMap<string, readonly string[]> = new Map([
  ...[
    "scratch",
    "almalinux",
    "alpine",
    "amazonlinux",
    "archlinux",
    "busybox",
    "buildpack-deps",
    "debian",
    "fedora",
    "opensuse/leap",
    "oraclelinux",
    "rockylinux",
    "rockylinux/rockylinux",
    "ubuntu",
  ].map((name): [string, string[]] => [name, []]),
  [
    "python",
    ["LANG", "GPG_KEY", "PYTHON_VERSION", "PYTHON_SHA256", "PYTHON_PIP_VERSION", "PYTHON_SETUPTOOLS_VERSION"],
  ],
  ["golang", ["GOLANG_VERSION", "GOTOOLCHAIN", "GOPATH"]],
  ["node", ["NODE_VERSION", "YARN_VERSION"]],
  ["julia", ["JULIA_PATH", "JULIA_VERSION", "JULIA_GPG"]],
  ["r-base", ["LC_ALL", "LANG", "R_BASE_VERSION"]],
  ["rocker/r-ver", ["R_VERSION", "R_HOME", "TZ", "CRAN", "LANG", "DEFAULT_USER", "P3M", "LTS"]],
]);

/** The names that a base image sets, as far as it is known. */
export function variablesOfBase(base: string): readonly string[] | undefined {
  return base.includes("$") ? undefined : SETS.get(familiarRepository(parseImageReference(base)));
}
