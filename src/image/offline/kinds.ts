/** Where libraries keep the models and word lists that they fetch, told by the folders that they make. */
export interface CacheKind {
  /** As in the table of the variables that lead there. */
  readonly name: string;
  /** Of a folder: the first group is the cache itself, which a variable has to lead to. */
  readonly folder: RegExp;
  /** Where in the cache what was fetched lies, from its folder; the cache itself where there is none. */
  readonly within?: readonly string[];
  /** Names in there that count, and what they are called by: the first group. */
  readonly item: RegExp;
}

const NLTK_PARTS = "chunkers|corpora|grammars|help|misc|models|sentiment|stemmers|taggers|tokenizers";

export const CACHE_KINDS: readonly CacheKind[] = [
  {
    name: "Hugging Face",
    // Its locks lie in folders of the same names.
    folder: /^(.*)(?<!\/\.locks)\/(?:datasets|models|spaces)--[^/]+(?:\/|$)/,
    item: /^((?:datasets|models|spaces)--.+)$/,
  },
  {
    name: "Hugging Face data sets",
    folder: /^(.*\/datasets)\/[^/]+\/[^/]+\/\d+\.\d+\.\d+(?:\/|$)/,
    item: /^(?!downloads$|_|\.)([^.].*)$/,
  },
  {
    name: "PyTorch",
    folder: /^(.*)\/hub\/(?:checkpoints$|[^/]+_[^/]+_[^/]+$)/,
    within: ["hub/checkpoints", "hub"],
    item: /^(.+\.pth?|[^/.]+_[^/]+_[^/]+)$/,
  },
  {
    name: "NLTK",
    folder: new RegExp(
      `^(.*/nltk_data)/(?:${NLTK_PARTS})(?:/|$)|^(.*)/(?:corpora/(?:stopwords|wordnet\\w*)|tokenizers/punkt(?:_tab)?|taggers/averaged_perceptron_tagger\\w*)(?:/|$)`,
    ),
    within: NLTK_PARTS.split("|"),
    item: /^([^.]+?)(?:\.zip)?$/,
  },
  {
    name: "Keras",
    folder: /^(.*\/\.?keras)\/(?:models|datasets)$/,
    within: ["models", "datasets"],
    item: /^([^.].*)$/,
  },
  {
    name: "Whisper",
    folder: /^(.*\/whisper)$/,
    item: /^((?:tiny|base|small|medium|large|turbo)[\w.-]*)\.pt$/,
  },
  { name: "EasyOCR", folder: /^(.*)\/model$/, within: ["model"], item: /^(craft_mlt_25k|\w+_g[12])\.pth$/ },
  { name: "tiktoken", folder: /^(.*\/(?:data-gym-cache|\.?tiktoken[^/]*))$/, item: /^([0-9a-f]{40})$/ },
  { name: "gensim", folder: /^(.*\/gensim-data)\/[^/]+$/, item: /^([^.]+)$/ },
  { name: "Stanza", folder: /^(.*\/stanza_resources)\/[^/]+$/, item: /^([a-z][a-z-]{1,9})$/ },
  { name: "scikit-learn", folder: /^(.*\/scikit_learn_data)$/, item: /^([^.].*?)(?:\.(?:pkz|pkl))?$/ },
  { name: "Playwright", folder: /^(.*\/ms-playwright)\/[a-z_]+-\d+(?:\/|$)/, item: /^([a-z_]+-\d+)$/ },
  {
    name: "Ollama",
    folder: /^(.*)\/manifests\/registry\.ollama\.ai(?:\/|$)/,
    within: ["manifests/registry.ollama.ai/library"],
    item: /^(.+)$/,
  },
];

/** Python packages that are models of spaCy. */
export const SPACY_MODEL = /^[a-z]{2,3}-(?:core|dep|ent|sent|vectors)-[a-z]+-(?:sm|md|lg|trf)$/;
