import { factsOf, isPython } from "./bases.ts";
import { type Plan, splitModel } from "./project.ts";

/**
 * The Dockerfile of a plan. Each part is a paragraph with a comment that says why, so that who has never written one can
 * change it.
 */
export function dockerfile(plan: Plan): string {
  const { models, images } = plan;
  const builder = packageStage(plan);
  const modelStage = models.length > 0 ? fetchModels(plan) : undefined;
  const usesBase = [builder, images.python === undefined ? modelStage : undefined].some(Boolean);
  const paragraphs = [
    `# ${plan.name}: one job for a Safe Haven. “pratique lint” and “pratique check” say whether it would run there.`,
    ...(usesBase ? [`FROM ${images.base} AS base`] : []),
    builder,
    modelStage,
    ...(images.quarto === undefined ? [] : [`FROM ${images.quarto} AS quarto`]),
    `FROM ${usesBase ? "base" : images.base}`,
    `LABEL org.opencontainers.image.title="${plan.name}"`,
    mountPoints(plan),
    takeOver(plan),
    installPackages(plan),
    licence(plan),
    copySources(plan),
    environment(plan),
    `USER nonroot\nENTRYPOINT [${startOf(plan)
      .map((word) => JSON.stringify(word))
      .join(", ")}]`,
  ];
  return `${paragraphs.filter(Boolean).join("\n\n")}\n`;
}

/** Folders below /opt that hold packages, programs and models: a project may be called like one of them. */
const TAKEN: ReadonlySet<string> = new Set(["conda", "hf", "julia", "quarto", "venv"]);

/** The folder of the project's code in the image. */
export const homeOf = ({ name }: Pick<Plan, "name">): string =>
  `/opt/${name}${TAKEN.has(name) ? "-job" : ""}`;

/** Versions that were tried together; a project's own lists hold its packages. */
const TOOLS = {
  uv: "uv==0.13.9",
  poetry: "poetry==2.5.1",
  hub: "huggingface-hub==2.4.0",
} as const;

/** uv and Poetry stay in a stage of their own: the job needs only what they install. */
function packageStage(plan: Plan): string | undefined {
  const { packager, packageFiles } = plan.project;
  if (packager !== "uv" && packager !== "poetry") return undefined;
  const install =
    packager === "uv"
      ? "RUN uv sync --frozen --no-dev --no-install-project --no-cache \\\n    && rm -f /opt/venv/.lock"
      : "RUN python -m venv /opt/venv \\\n    && VIRTUAL_ENV=/opt/venv poetry sync --only main --no-root --no-interaction --no-cache";
  return [
    "# Installs what the lock file names, in a stage of its own: the job needs the packages and not their installer.",
    "FROM base AS packages",
    `RUN pip install --no-cache-dir ${TOOLS[packager]}`,
    "WORKDIR /opt/packages",
    `COPY ${packageFiles.join(" ")} ./`,
    ...(packager === "uv"
      ? [
          "ENV UV_PROJECT_ENVIRONMENT=/opt/venv \\\n    UV_LINK_MODE=copy \\\n    UV_PYTHON_DOWNLOADS=never \\\n    UV_SYSTEM_CERTS=1",
        ]
      : []),
    install,
  ].join("\n");
}

/** Models are fetched once, while there is a network. */
function fetchModels({ models, images }: Plan): string {
  const downloads = models.map((model) => {
    const [name, revision] = splitModel(model);
    return `hf download ${name}${revision === undefined ? "" : ` --revision ${revision}`}`;
  });
  return [
    "# Fetches the models while there is a network: the job has none.",
    `FROM ${images.python ?? "base"} AS models`,
    "ENV HF_HOME=/opt/hf",
    `RUN ${[`pip install --no-cache-dir ${TOOLS.hub}`, ...downloads, "chmod -R a+rX /opt/hf"].join(" \\\n    && ")}`,
  ].join("\n");
}

function mountPoints({ images }: Plan): string {
  const user = factsOf(images.base)?.user;
  return [
    "# The Safe Haven mounts its directories here. The user has no fixed UID: the Safe Haven brings its own.",
    ...(user === undefined || user === "root" ? [] : ["USER root"]),
    "RUN mkdir /safe_data /safe_outputs /scratch \\",
    "    && groupadd --system nonroot \\",
    "    && useradd --no-log-init --system --gid nonroot nonroot",
  ].join("\n");
}

/** What other stages made. */
function takeOver({ project, models, images }: Plan): string | undefined {
  const lines = [
    ...(project.packager === "uv" || project.packager === "poetry"
      ? ["COPY --from=packages --chown=root:root /opt/venv /opt/venv"]
      : []),
    ...(models.length > 0 ? ["COPY --from=models --chown=root:root /opt/hf /opt/hf"] : []),
    ...(images.quarto === undefined ? [] : ["COPY --from=quarto --chown=root:root /opt/quarto /opt/quarto"]),
  ];
  return lines.length === 0 ? undefined : lines.join("\n");
}

/** R packages come from the snapshot that goes with the base's version of R. */
function installPackages(plan: Plan): string | undefined {
  const { packager, packageFiles, missing = [] } = plan.project;
  const home = homeOf(plan);
  const copy = packageFiles.length === 0 ? [] : [`COPY --chown=root:root ${words(packageFiles)} ${home}/`];
  const first = `${home}/${packageFiles[0] ?? ""}`;
  switch (packager) {
    case "pip":
      return [
        ...copy,
        ...(packageFiles.length === 0 ? [] : [`RUN pip install --no-cache-dir -r ${first}`]),
        ...(missing.length === 0 ? [] : [`RUN pip install --no-cache-dir ${missing.join(" ")}`]),
      ].join("\n");
    case "conda":
      return [
        ...copy,
        `RUN micromamba install --yes --name base --file ${first} \\`,
        "    && micromamba clean --all --yes",
      ].join("\n");
    case "renv":
      return [
        ...copy,
        "# Without its cache, renv puts the packages themselves into R's library, and not links to a folder of its own.",
        `RUN install2.r --error --skipinstalled renv \\`,
        `    && RENV_CONFIG_CACHE_ENABLED=FALSE RENV_PATHS_ROOT=/tmp/renv Rscript -e 'renv::restore(lockfile = "${first}", library = .libPaths()[1], prompt = FALSE)' \\`,
        "    && rm -rf /tmp/downloaded_packages /tmp/renv",
      ].join("\n");
    case "description":
      return missing.length === 0
        ? undefined
        : [
            "# The packages that DESCRIPTION asks for: keep this list as it is there.",
            `RUN install2.r --error --skipinstalled ${missing.join(" ")} \\`,
            "    && rm -rf /tmp/downloaded_packages",
          ].join("\n");
    case "julia":
      return [
        ...copy,
        "ENV JULIA_DEPOT_PATH=/opt/julia:",
        `RUN julia --project=${home} -e 'using Pkg; Pkg.instantiate(); Pkg.precompile()' \\`,
        "    && chmod -R a+rX /opt/julia",
      ].join("\n");
    case "uv":
    case "poetry":
      return undefined;
    case "none":
      return missing.length === 0
        ? undefined
        : [
            `RUN install2.r --error --skipinstalled ${missing.join(" ")} \\`,
            "    && rm -rf /tmp/downloaded_packages",
          ].join("\n");
  }
}

function licence(plan: Plan): string | undefined {
  if (plan.licence === undefined) return undefined;
  return [
    "# No licence server can be reached: the software reads this file.",
    `COPY --chown=root:root --chmod=444 ${words([plan.licence])} ${homeOf(plan)}/licence/`,
  ].join("\n");
}

function copySources(plan: Plan): string {
  const { sources } = plan.project;
  const home = homeOf(plan);
  const files = sources.filter((source) => !source.endsWith("/"));
  return [
    ...(files.length === 0 ? [] : [copyLine(files, `${home}/`)]),
    ...sources
      .filter((source) => source.endsWith("/"))
      .map((folder) => copyLine([folder], `${home}/${folder}`)),
  ].join("\n");
}

const copyLine = (sources: readonly string[], target: string): string =>
  [...sources, target].some((path) => path.includes(" "))
    ? `COPY --chown=root:root ${JSON.stringify([...sources, target])}`
    : `COPY --chown=root:root ${sources.join(" ")} ${target}`;

const words = (paths: readonly string[]): string => paths.join(" ");

function environment(plan: Plan): string {
  const lines = variablesOf(plan).map(([name, value]) => `${name}=${value}`);
  return [
    "# Whatever a library wants to keep goes to the scratch space, and no library takes more cores than the job asks for.",
    `ENV ${lines.join(" \\\n    ")}`,
  ].join("\n");
}

/** What the image sets for its job. */
export function variablesOf({ project, models }: Plan): (readonly [name: string, value: string])[] {
  const { language, packager } = project;
  const path = [
    ...(packager === "uv" || packager === "poetry" ? ["/opt/venv/bin"] : []),
    ...(language === "quarto" ? ["/opt/quarto/bin"] : []),
  ];
  return [
    ...(path.length === 0 ? [] : [["PATH", `${path.join(":")}:$PATH`] as const]),
    ["HOME", "/scratch"],
    ["TMPDIR", "/scratch"],
    ["TMP", "/scratch"],
    ["TEMP", "/scratch"],
    ["OMP_NUM_THREADS", "2"],
    ...(isPython(language, packager)
      ? ([
          ["PYTHONDONTWRITEBYTECODE", "1"],
          ["PYTHONUNBUFFERED", "1"],
        ] as const)
      : []),
    ...(packager === "julia" ? [["JULIA_DEPOT_PATH", "/scratch/julia:/opt/julia:"] as const] : []),
    ...(models.length === 0
      ? []
      : ([
          ["HF_HOME", "/opt/hf"],
          ["HF_HUB_OFFLINE", "1"],
        ] as const)),
  ];
}

/** The words of the ENTRYPOINT, which the job manifest starts as well. */
export function startOf(plan: Plan): string[] {
  const { language, entry } = plan.project;
  const home = homeOf(plan);
  const file = `${home}/${entry}`;
  switch (language) {
    case "python": {
      const own = factsOf(plan.images.base)?.setUp?.program;
      // conda's programs are known only after the base's own set-up ran.
      const setUp = own === "_entrypoint.sh" ? ["/usr/local/bin/_entrypoint.sh"] : [];
      return [...setUp, "python", file];
    }
    case "r":
      return ["Rscript", "--vanilla", file];
    case "julia":
      return ["julia", "--startup-file=no", `--project=${home}`, file];
    case "octave":
      return ["octave-cli", "--norc", file];
    case "notebook":
      return shell(`exec papermill "${file}" "${OUTPUT}/${entry.split("/").at(-1)}"`);
    case "quarto":
      // Quarto writes beside the document, where the job may not, and moves what it rendered, which wants one file system.
      return shell(
        `cp -R ${home} /scratch/report && cd /scratch/report && quarto render "${entry}" --output-dir /scratch/rendered && cp -R /scratch/rendered/. "${OUTPUT}"`,
      );
  }
}

const shell = (script: string): string[] => ["/bin/sh", "-c", script];

/** The job manifest names a folder for each job in this variable; our programs read it too. */
const OUTPUT = "${OUTPUT_DIR:-/safe_outputs}";
