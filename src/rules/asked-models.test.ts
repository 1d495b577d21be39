import { describe, expect, it } from "vitest";
import { askedFor } from "./asked-models.ts";
import { projectFacts } from "./test-facts.ts";

const asked = (code: string): string[] =>
  askedFor(projectFacts("FROM python:3.12\nCOPY . /opt/\n", { "a.py": code })).map(
    ({ kind, name, place }) => `${kind} ${name} ${place.file}:${place.startLine}`,
  );

describe("askedFor", () => {
  it.each([
    [
      'from transformers import AutoModel\nm = AutoModel.from_pretrained("lab/bert")\n',
      ["Hugging Face lab/bert a.py:2"],
    ],
    [
      'from sentence_transformers import SentenceTransformer\nm = SentenceTransformer("all-MiniLM-L6-v2")\n',
      ["Hugging Face all-MiniLM-L6-v2 a.py:2"],
    ],
    ['import nltk\nnltk.download("punkt")\n', ["NLTK punkt a.py:2"]],
    ['import spacy\nnlp = spacy.load("en_core_web_sm")\n', ["spaCy en_core_web_sm a.py:2"]],
  ])("names what %j loads", (code, names) => {
    expect(asked(code)).toEqual(names);
  });

  it.each([
    'from transformers import AutoModel\nm = AutoModel.from_pretrained("/safe_data/bert")\n',
    "from transformers import AutoModel\nm = AutoModel.from_pretrained(name)\n",
    'from transformers import AutoModel\nm = AutoModel.from_pretrained("lab/bert", cache_dir="/safe_data/x")\n',
    'import timm\nm = timm.create_model("resnet50", pretrained=True)\n',
    "import nltk\n",
  ])("names nothing for %j", (code) => {
    expect(asked(code)).toEqual([]);
  });
});
