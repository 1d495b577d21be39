import type { ShellCommand } from "../dockerfile/shell.ts";
import type { Call } from "./code-calls.ts";
import { operands } from "./helpers.ts";

/** A library that fetches models or data into a folder of its own, and the variables that name the folder. */
export interface ModelCache {
  readonly name: string;
  readonly language: "python" | "R";
  /** Each with what the library puts below it; the first that is set counts. */
  readonly variables: readonly (readonly [name: string, below: string])[];
  /** Below the home, when nothing is set. */
  readonly fallback: string;
  readonly fetches: (call: Call) => boolean;
  /** Arguments that say where to put it, or that nothing is fetched. */
  readonly places: readonly string[];
  readonly command?: (command: ShellCommand) => boolean;
  /** The variable to recommend. */
  readonly variable: string;
  readonly hosts?: readonly string[];
}

const HUB_HOSTS = ["host:huggingface.co", "host:hf.co", "host:cdn-lfs.huggingface.co"];

const named =
  (pattern: RegExp) =>
  ({ name }: Call): boolean =>
    pattern.test(name);

/** `bert-base-uncased`, not `./model` or a variable. */
const namesModel = ({ args }: Call): boolean => {
  const first = args.find(
    ({ name }) =>
      name === undefined ||
      /^(?:model|repo_id|path|pretrained_model_name_or_path|model_name_or_path)$/.test(name),
  );
  return first?.literal !== undefined && !/^[./~]/.test(first.literal);
};

const verb = (command: ShellCommand, program: RegExp, words: string): boolean =>
  program.test(command.name) && operands(command).slice(0, words.split(" ").length).join(" ") === words;

/** `python -m nltk.downloader`. */
const module = (command: ShellCommand, name: string): boolean =>
  /^python[\d.]*$/.test(command.name) &&
  command.args.some(({ value }, index) => value === name && command.args[index - 1]?.value === "-m");

const XDG = "XDG_CACHE_HOME";

export const MODEL_CACHES: readonly ModelCache[] = [
  {
    name: "Hugging Face",
    language: "python",
    variables: [
      ["HF_HUB_CACHE", ""],
      ["HUGGINGFACE_HUB_CACHE", ""],
      ["TRANSFORMERS_CACHE", ""],
      ["SENTENCE_TRANSFORMERS_HOME", ""],
      ["HF_HOME", "/hub"],
      [XDG, "/huggingface/hub"],
    ],
    fallback: ".cache/huggingface/hub",
    fetches: (call) =>
      /(?:^|\.)(?:hf_hub_download|snapshot_download|from_pretrained|SentenceTransformer|CrossEncoder)$/.test(
        call.name,
      )
        ? namesModel(call)
        : /^(?:transformers\.)?pipeline$/.test(call.name),
    places: ["cache_dir", "local_dir", "cache_folder", "local_files_only"],
    command: (command) => verb(command, /^hf$/, "download") || verb(command, /^huggingface-cli$/, "download"),
    variable: "HF_HOME=/opt/hf",
    hosts: HUB_HOSTS,
  },
  {
    name: "Hugging Face data sets",
    language: "python",
    variables: [
      ["HF_DATASETS_CACHE", ""],
      ["HF_HOME", "/datasets"],
      [XDG, "/huggingface/datasets"],
    ],
    fallback: ".cache/huggingface/datasets",
    fetches: (call) => /^(?:datasets\.)?load_dataset$/.test(call.name) && namesModel(call),
    places: ["cache_dir", "data_files"],
    variable: "HF_HOME=/opt/hf",
    hosts: HUB_HOSTS,
  },
  {
    name: "PyTorch",
    language: "python",
    variables: [
      ["TORCH_HOME", ""],
      [XDG, "/torch"],
    ],
    fallback: ".cache/torch",
    fetches: ({ name, args }) =>
      /(?:^|\.)hub\.load(?:_state_dict_from_url)?$/.test(name)
        ? /torch/.test(name)
        : /(?:^|\.)models\.\w+$/.test(name) &&
          args.some(
            (one) =>
              (one.name === "weights" && one.text !== "None") ||
              (one.name === "pretrained" && one.text === "True"),
          ),
    places: ["model_dir"],
    variable: "TORCH_HOME=/opt/torch",
  },
  {
    name: "Whisper",
    language: "python",
    variables: [[XDG, "/whisper"]],
    fallback: ".cache/whisper",
    fetches: (call) => call.name === "whisper.load_model" && namesModel(call),
    places: ["download_root"],
    variable: "XDG_CACHE_HOME=/opt/cache",
  },
  {
    name: "NLTK",
    language: "python",
    variables: [["NLTK_DATA", ""]],
    fallback: "nltk_data",
    fetches: named(/^nltk\.download$/),
    places: ["download_dir", "-d", "--dir"],
    command: (command) => module(command, "nltk.downloader"),
    variable: "NLTK_DATA=/opt/nltk_data",
  },
  {
    name: "Keras",
    language: "python",
    variables: [["KERAS_HOME", ""]],
    fallback: ".keras",
    fetches: ({ name, args }) =>
      /(?:^|\.)applications\.\w+$/.test(name) &&
      !args.some((one) => one.name === "weights" && one.text === "None"),
    places: [],
    variable: "KERAS_HOME=/opt/keras",
  },
  {
    name: "scikit-learn",
    language: "python",
    variables: [["SCIKIT_LEARN_DATA", ""]],
    fallback: "scikit_learn_data",
    fetches: named(
      /(?:^|\.)fetch_(?:20newsgroups\w*|california_housing|covtype|kddcup99|lfw_\w+|olivetti_faces|openml|rcv1|species_distributions)$/,
    ),
    places: ["data_home"],
    variable: "SCIKIT_LEARN_DATA=/opt/scikit_learn_data",
  },
  {
    name: "gensim",
    language: "python",
    variables: [["GENSIM_DATA_DIR", ""]],
    fallback: "gensim-data",
    fetches: named(/^(?:gensim\.)?(?:downloader|api)\.load$/),
    places: [],
    command: (command) => module(command, "gensim.downloader"),
    variable: "GENSIM_DATA_DIR=/opt/gensim-data",
  },
  {
    name: "EasyOCR",
    language: "python",
    variables: [["EASYOCR_MODULE_PATH", ""]],
    fallback: ".EasyOCR",
    fetches: named(/^easyocr\.Reader$/),
    places: ["model_storage_directory"],
    variable: "EASYOCR_MODULE_PATH=/opt/easyocr",
  },
  {
    name: "Stanza",
    language: "python",
    variables: [["STANZA_RESOURCES_DIR", ""]],
    fallback: "stanza_resources",
    fetches: named(/^stanza\.download$/),
    places: ["model_dir"],
    variable: "STANZA_RESOURCES_DIR=/opt/stanza",
  },
  {
    name: "Playwright",
    language: "python",
    variables: [["PLAYWRIGHT_BROWSERS_PATH", ""]],
    fallback: ".cache/ms-playwright",
    fetches: () => false,
    places: [],
    command: (command) =>
      verb(command, /^playwright$/, "install") ||
      (module(command, "playwright") && operands(command).includes("install")) ||
      verb(command, /^npx$/, "playwright install"),
    variable: "PLAYWRIGHT_BROWSERS_PATH=/opt/playwright",
  },
  {
    name: "Ollama",
    language: "python",
    variables: [["OLLAMA_MODELS", ""]],
    fallback: ".ollama/models",
    fetches: () => false,
    places: [],
    command: (command) => verb(command, /^ollama$/, "pull"),
    variable: "OLLAMA_MODELS=/opt/ollama",
  },
  {
    name: "CmdStan",
    language: "R",
    variables: [["CMDSTAN", ""]],
    fallback: ".cmdstan",
    fetches: named(/^(?:cmdstanr::)?install_cmdstan$/),
    places: ["dir"],
    variable: "CMDSTAN=/opt/cmdstan",
  },
  {
    name: "AnnotationHub",
    language: "R",
    variables: [["ANNOTATION_HUB_CACHE", ""]],
    fallback: ".cache/R/AnnotationHub",
    fetches: named(/^(?:AnnotationHub::)?AnnotationHub$/),
    places: ["cache"],
    variable: "ANNOTATION_HUB_CACHE=/opt/annotationhub",
  },
];
