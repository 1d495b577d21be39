/** A folder that a tool fills to be quicker the next time. In a finished image there is no next time. */
export interface CacheKind {
  readonly id: string;
  /** What it is, for a sentence: “the package lists of apt”. */
  readonly what: string;
  /**
   * Folders: `**` at the start is any folder, `*` any name or part of one. What a more exact pattern takes is not counted
   * for the one around it.
   */
  readonly folders: readonly string[];
  /** A file or folder that must lie beside it: other things have such names too. */
  readonly beside?: string;
  /** What clears it, or keeps it from being filled; undefined for what a job needs when it has no network. */
  readonly advice: string | undefined;
  /** Lines of a Dockerfile to paste. */
  readonly line?: string;
  /** Peers' rules for the same. */
  readonly aliases?: readonly string[];
}

const SAME_RUN = "Delete it in the same RUN that fills it.";
const MODELS = undefined;

export const CACHES: readonly CacheKind[] = [
  {
    id: "apt-lists",
    what: "the package lists of apt",
    folders: ["/var/lib/apt/lists"],
    advice: SAME_RUN,
    line: "RUN apt-get update && apt-get install -y --no-install-recommends <packages> \\\n    && rm -rf /var/lib/apt/lists/*",
    aliases: ["hadolint:DL3009", "trivy:DS-0017", "dockle:DKL-DI-0005"],
  },
  {
    id: "apt-archives",
    what: "packages that apt downloaded, and its index of them",
    folders: ["/var/cache/apt"],
    advice: SAME_RUN,
    line: "RUN apt-get update && apt-get install -y --no-install-recommends <packages> \\\n    && apt-get clean && rm -rf /var/lib/apt/lists/* /var/cache/apt/*",
    aliases: ["dockle:DKL-DI-0005"],
  },
  {
    id: "apk",
    what: "the index and packages that apk downloaded",
    folders: ["/var/cache/apk"],
    advice: "Give apk the option that keeps nothing.",
    line: "RUN apk add --no-cache <packages>",
    aliases: ["hadolint:DL3019", "trivy:DS-0025", "dockle:DKL-DI-0004"],
  },
  {
    id: "dnf",
    what: "metadata and packages of dnf or yum",
    folders: ["/var/cache/dnf", "/var/cache/yum", "/var/cache/libdnf5"],
    advice: SAME_RUN,
    line: "RUN dnf install -y <packages> && dnf clean all && rm -rf /var/cache/dnf",
    aliases: ["hadolint:DL3040", "hadolint:DL3032"],
  },
  {
    id: "zypper",
    what: "metadata and packages of zypper",
    folders: ["/var/cache/zypp"],
    advice: SAME_RUN,
    line: "RUN zypper install -y <packages> && zypper clean --all",
    aliases: ["hadolint:DL3036"],
  },
  {
    id: "pip",
    what: "the cache of pip",
    folders: ["**/.cache/pip"],
    advice: "Tell pip to keep none.",
    line: "ENV PIP_NO_CACHE_DIR=1",
    aliases: ["hadolint:DL3042"],
  },
  {
    id: "conda",
    what: "package files of conda",
    folders: ["**/pkgs", "**/.mamba/pkgs", "**/.conda/pkgs"],
    beside: "conda-meta",
    advice: SAME_RUN,
    line: "RUN conda env create -f environment.yml && conda clean --all --yes",
  },
  {
    id: "pixi",
    what: "package files of pixi",
    folders: ["**/.cache/rattler"],
    advice: SAME_RUN,
    line: "RUN pixi install --locked && pixi clean cache --yes",
  },
  {
    id: "uv",
    what: "the cache of uv",
    folders: ["**/.cache/uv"],
    advice: "Tell uv to keep none.",
    line: "ENV UV_NO_CACHE=1",
  },
  {
    id: "poetry",
    what: "the cache of Poetry",
    folders: ["**/.cache/pypoetry"],
    advice: "Give Poetry the option that keeps none.",
    line: "RUN poetry install --only main --no-cache",
  },
  {
    id: "npm",
    what: "the cache of npm",
    folders: ["**/.npm/_cacache", "**/.npm/_npx"],
    advice: SAME_RUN,
    line: "RUN npm ci && npm cache clean --force",
  },
  {
    id: "yarn",
    what: "the cache of Yarn",
    folders: ["/usr/local/share/.cache/yarn", "**/.cache/yarn", "**/.yarn/berry/cache"],
    advice: SAME_RUN,
    line: "RUN yarn install --frozen-lockfile && yarn cache clean",
    aliases: ["hadolint:DL3060"],
  },
  {
    id: "pnpm",
    what: "the store of pnpm",
    folders: ["**/.local/share/pnpm/store", "**/.pnpm-store"],
    advice: SAME_RUN,
    line: "RUN pnpm install --frozen-lockfile --package-import-method copy && rm -rf ~/.local/share/pnpm/store",
  },
  {
    id: "r",
    what: "source packages that R downloaded",
    folders: ["/tmp/downloaded_packages", "/tmp/Rtmp*", "**/.cache/R/pkgcache"],
    advice: SAME_RUN,
    line: "RUN install2.r --error <packages> && rm -rf /tmp/downloaded_packages",
  },
  {
    // `cache` itself stays: a project's library is links into it.
    id: "renv",
    what: "source and binary packages that renv downloaded",
    folders: ["**/.cache/R/renv/source", "**/.cache/R/renv/binary"],
    advice: SAME_RUN,
    line: "RUN R -e 'renv::restore()' && rm -rf ~/.cache/R/renv/source ~/.cache/R/renv/binary",
  },
  {
    id: "julia",
    what: "registries, clones and logs of Julia",
    folders: ["**/.julia/registries", "**/.julia/clones", "**/.julia/logs"],
    advice: SAME_RUN,
    line: "RUN julia --project -e 'using Pkg; Pkg.instantiate()' \\\n    && rm -rf ~/.julia/registries ~/.julia/clones ~/.julia/logs",
  },
  {
    id: "cargo",
    what: "sources that cargo downloaded",
    folders: ["**/.cargo/registry", "**/.cargo/git", "/usr/local/cargo/registry", "/usr/local/cargo/git"],
    advice: "Build in a stage of its own, and copy only the program.",
    line: "COPY --from=build /src/target/release/<program> /usr/local/bin/",
  },
  {
    id: "go",
    what: "modules and the build cache of Go",
    folders: ["/go/pkg/mod", "**/go/pkg/mod", "**/.cache/go-build"],
    advice: "Build in a stage of its own, and copy only the program.",
    line: "COPY --from=build /out/<program> /usr/local/bin/",
  },
  {
    id: "maven",
    what: "artefacts that Maven, Gradle or Ivy downloaded",
    folders: ["**/.m2/repository", "**/.gradle/caches", "**/.ivy2/cache"],
    advice: "Build in a stage of its own, and copy only the program.",
    line: "COPY --from=build /src/target/<program>.jar /opt/",
  },
  {
    id: "hugging-face-chunks",
    what: "pieces of downloads that the Hugging Face Hub keeps beside the models",
    folders: ["**/huggingface/xet", "**/huggingface/datasets/downloads"],
    advice: SAME_RUN,
    line: 'RUN hf download <model> && rm -rf "$HF_HOME/xet"',
  },
  {
    id: "hugging-face",
    what: "models and data sets from the Hugging Face Hub",
    folders: ["**/huggingface/hub", "**/huggingface/datasets", "**/huggingface/transformers"],
    advice: MODELS,
  },
  {
    id: "torch",
    what: "models from the Torch Hub",
    folders: ["**/.cache/torch", "**/torch/hub"],
    advice: MODELS,
  },
  {
    id: "corpora",
    what: "corpora and models of NLTK, Keras, TensorFlow Hub, Whisper, EasyOCR and others",
    folders: [
      "**/nltk_data",
      "**/.keras",
      "**/tfhub_modules",
      "**/.cache/whisper",
      "**/.EasyOCR",
      "**/.paddleocr",
      "**/scikit_learn_data",
      "**/.cache/clip",
      "**/.ollama/models",
    ],
    advice: MODELS,
  },
  {
    id: "temporary",
    what: "temporary files",
    folders: ["/tmp", "/var/tmp"],
    advice: "Delete them in the same RUN that makes them.",
    line: "RUN <command> && rm -rf /tmp/* /var/tmp/*",
  },
];

/** What is said of a cache that the table has. */
export const cacheKind = (id: string): CacheKind | undefined => CACHES.find((one) => one.id === id);
