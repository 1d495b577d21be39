import { posix } from "node:path";
import type { ImageTree } from "../tree.ts";
import { type JobUser, may, nearest, reach } from "./access.ts";

/** A folder that programs write to without being told, or read what they need from. */
export interface FolderFacts {
  /** The variable that names it, or WORKDIR. */
  readonly variable: string;
  readonly path: string;
  /** False where the image says nothing, and the place's own value counts. */
  readonly set: boolean;
  /**
   * `creatable`: not there, but the user may make it; `mounted`: what the image has there is not seen; `closed`: a folder on the
   * way may not be entered.
   */
  readonly state: "writable" | "creatable" | "mounted" | "mounted-read-only" | "not-writable" | "closed";
}

/** Something that a job finds by a variable or in a usual place, and that its user may not read. */
export interface ClosedPlace {
  readonly path: string;
  /** The variable that points there; undefined for a usual place. */
  readonly variable: string | undefined;
  /** The folder that may not be entered, itself or one above it. */
  readonly closedBy: string;
}

/** Programs write there while they work. */
const WRITTEN = [
  "TMPDIR",
  "TMP",
  "TEMP",
  "XDG_CACHE_HOME",
  "XDG_CONFIG_HOME",
  "XDG_DATA_HOME",
  "XDG_STATE_HOME",
  "XDG_RUNTIME_DIR",
  "MPLCONFIGDIR",
  "NUMBA_CACHE_DIR",
  "TRITON_CACHE_DIR",
  "TORCHINDUCTOR_CACHE_DIR",
  "CUDA_CACHE_PATH",
  "PYTHONPYCACHEPREFIX",
  "IPYTHONDIR",
  "JUPYTER_RUNTIME_DIR",
  "JUPYTER_DATA_DIR",
  "R_USER_CACHE_DIR",
  "MCR_CACHE_ROOT",
  "WANDB_DIR",
  "RAY_TMPDIR",
  "JAVA_IO_TMPDIR",
  "DASK_TEMPORARY_DIRECTORY",
] as const;

/** Lists of folders, or one, that hold programs, packages and models. */
const READ = [
  "PATH",
  "PYTHONPATH",
  "PYTHONHOME",
  "LD_LIBRARY_PATH",
  "VIRTUAL_ENV",
  "CONDA_PREFIX",
  "CONDA_DIR",
  "MAMBA_ROOT_PREFIX",
  "R_HOME",
  "R_LIBS",
  "R_LIBS_SITE",
  "R_LIBS_USER",
  "RENV_PATHS_CACHE",
  "JULIA_DEPOT_PATH",
  "JULIA_PROJECT",
  "JAVA_HOME",
  "SPARK_HOME",
  "PERL5LIB",
  "NODE_PATH",
  "NVM_DIR",
  "CARGO_HOME",
  "UV_PYTHON_INSTALL_DIR",
  "HF_HOME",
  "HF_HUB_CACHE",
  "HUGGINGFACE_HUB_CACHE",
  "TRANSFORMERS_CACHE",
  "SENTENCE_TRANSFORMERS_HOME",
  "TORCH_HOME",
  "KERAS_HOME",
  "NLTK_DATA",
  "TIKTOKEN_CACHE_DIR",
  "EASYOCR_MODULE_PATH",
] as const;

/** Where tools put software and models for the user that runs them. */
const USUAL = [
  ".local/lib",
  ".local/bin",
  ".local/share/uv",
  "miniconda3",
  "miniforge3",
  "mambaforge",
  "anaconda3",
  "micromamba",
  ".conda/envs",
  ".venv",
  ".pyenv/versions",
  "R",
  ".julia/packages",
  ".juliaup",
  ".nvm/versions",
  ".cargo/bin",
  ".cache/huggingface",
  ".cache/torch",
  ".keras/models",
  ".EasyOCR",
  "nltk_data",
  "scikit_learn_data",
] as const;

const MAX_HOMES = 100;
const MAX_PLACES = 50;

interface Question {
  readonly tree: ImageTree;
  readonly environment: ReadonlyMap<string, string>;
  readonly workingDirectory: string;
  readonly user: JobUser;
  /** Folders that are mounted over when the job runs. */
  readonly mounted: readonly string[];
  /** Names in a folder. */
  list(folder: string): readonly string[];
}

export function folderFacts({ tree, environment, workingDirectory, user, mounted }: Question): FolderFacts[] {
  const home = user.imageHome ? environment.get("HOME") : undefined;
  const named: (readonly [variable: string, path: string, set: boolean])[] = [
    ["HOME", home ?? user.home, home !== undefined],
    ["WORKDIR", workingDirectory === "" ? "/" : workingDirectory, workingDirectory !== ""],
  ];
  for (const variable of WRITTEN) {
    const path = environment.get(variable);
    if (path?.startsWith("/") === true) named.push([variable, path, true]);
  }
  return named.map(([variable, written, set]) => {
    const path = posix.resolve("/", written.slice(0, 1000));
    return { variable, path, set, state: stateOf(path, tree, user, mounted) };
  });
}

const isWithin = (path: string, folder: string): boolean => path === folder || path.startsWith(`${folder}/`);

function stateOf(
  path: string,
  tree: ImageTree,
  user: JobUser,
  mounted: readonly string[],
): FolderFacts["state"] {
  if ([...user.writable, "/dev/shm"].some((folder) => isWithin(path, folder))) return "mounted";
  if ([...mounted, "/dev", "/proc", "/sys"].some((folder) => isWithin(path, folder)))
    return "mounted-read-only";
  const found = nearest(tree, path, user);
  if (found === undefined) return "not-writable";
  if (found.closedBy !== undefined) return "closed";
  if (found.entry.type !== "folder") return "not-writable";
  if (user.uid !== 0 && !may(found.entry, user, "execute")) return "closed";
  const open = may(found.entry, user, "write");
  const there = reach(tree, path, user) !== undefined;
  return open ? (there ? "writable" : "creatable") : "not-writable";
}

/** What variables point to, and what lies in a home where tools put it, as far as the user may not read it. */
export function closedPlaces({ tree, environment, user, mounted, list }: Question): ClosedPlace[] {
  if (user.uid === 0) return [];
  const asked: { readonly path: string; readonly variable: string | undefined }[] = [];
  for (const variable of READ)
    for (const path of (environment.get(variable) ?? "").slice(0, 10_000).split(":").slice(0, 100))
      if (path.startsWith("/")) asked.push({ path: posix.resolve("/", path), variable });
  const homes = [
    "/root",
    ...list("/home")
      .slice(0, MAX_HOMES)
      .map((name) => `/home/${name}`),
  ];
  for (const home of homes)
    for (const usual of USUAL) asked.push({ path: `${home}/${usual}`, variable: undefined });
  const closed = new Map<string, ClosedPlace>();
  for (const { path, variable } of asked) {
    if (closed.size >= MAX_PLACES) break;
    if (closed.has(path) || mounted.some((folder) => isWithin(path, folder))) continue;
    const found = reach(tree, path, user);
    if (found === undefined) continue;
    const open =
      found.entry.type !== "folder" || (may(found.entry, user, "read") && may(found.entry, user, "execute"));
    if (found.closedBy === undefined && open) continue;
    // An empty folder, such as one that a base image names and nobody has filled, is missed by nobody.
    if (found.entry.type === "folder" && list(found.path).length === 0) continue;
    closed.set(path, { path, variable, closedBy: found.closedBy ?? found.path });
  }
  return [...closed.values()];
}
