// @ts-check
/** The base images of the examples: their published names, and what their stand-ins are made from. */

/**
 * @typedef {object} Recipe
 * @property {string} arg the build argument of the examples
 * @property {string} repository below docker.io
 * @property {string} tag
 * @property {string} [suite] Debian release of the packages, by default bookworm
 * @property {readonly string[]} packages Debian packages of the stand-in
 * @property {readonly string[]} [folders] that a package's installation takes for granted and our leaving out of manuals removes
 * @property {Readonly<Record<string, string>>} links link → target
 * @property {Readonly<Record<string, string>>} [files] path → text
 * @property {Readonly<Record<string, string>>} [copies] path → file or folder of this machine
 * @property {readonly string[]} commands run in the stand-in's root file system
 * @property {readonly string[]} env
 * @property {readonly string[]} cmd
 * @property {Recipe} [layerOf] a recipe that has the same files, so that they are made once
 */

export const pathVariable = "PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin";

/** @type {readonly Recipe[]} */
export const recipes = [
  {
    arg: "PYTHON_BASE",
    repository: "library/python",
    tag: "3.11-slim-bookworm",
    packages: ["ca-certificates", "netbase", "tzdata", "python3", "python3-pip", "python3-venv"],
    links: {
      "/usr/local/bin/python": "/usr/bin/python3",
      "/usr/local/bin/python3": "/usr/bin/python3",
      "/usr/local/bin/python3.11": "/usr/bin/python3.11",
      "/usr/local/bin/pip": "/usr/bin/pip3",
      "/usr/local/bin/pip3": "/usr/bin/pip3",
    },
    // The real image is not managed by Debian: pip installs there without being forced.
    commands: ["rm -f /usr/lib/python3*/EXTERNALLY-MANAGED"],
    env: [pathVariable, "LANG=C.UTF-8", "PYTHON_VERSION=3.11.2"],
    cmd: ["python3"],
  },
  {
    arg: "R_BASE",
    repository: "rocker/r-ver",
    tag: "4.2.2",
    packages: ["ca-certificates", "netbase", "tzdata", "r-base-core", "r-recommended"],
    links: { "/usr/local/bin/R": "/usr/bin/R", "/usr/local/bin/Rscript": "/usr/bin/Rscript" },
    commands: [],
    env: [pathVariable, "LANG=C.UTF-8", "TZ=Etc/UTC", "R_VERSION=4.2.2"],
    cmd: ["R"],
  },
];
