import { variableFor } from "../cures.ts";
import { fixOf, isWithin } from "../helpers.ts";
import { HUB_SUBJECTS, hubUses } from "../hugging-face.ts";
import { useLocation } from "../offline.ts";
import { defineRule } from "../rule.ts";

const VARIABLES = ["HF_HUB_CACHE", "HF_HOME", "SENTENCE_TRANSFORMERS_HOME", "TRANSFORMERS_CACHE"];

export default defineRule<"project">({
  id: "hugging-face-home",
  title: "Hugging Face models are looked for where none can be",
  category: "offline",
  needs: "project",
  severity: "error",
  requirements: ["OFF-04"],
  why: "Models are looked for in HF_HOME, by default in the user's home, which is empty for the user that the job runs as. The Safe Haven asks for a folder below /safe_data; a folder of the image that everyone can read works as well.",
  fix: "Fetch the models into /opt/hf while building, or bring them in with the data, and set HF_HOME to that folder.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "nothing is set",
        dockerfile: "FROM python:3.12\nENV HF_HUB_OFFLINE=1\nCOPY src/ /opt/\n",
        files: {
          "src/fit.py":
            'from transformers import AutoModel\n\nmodel = AutoModel.from_pretrained("bert-base-uncased")\n',
        },
        lines: [3],
      },
      {
        title: "on the scratch space, which is empty at start",
        dockerfile: "FROM python:3.12\nENV HF_HOME=/scratch/hf\nCOPY . /opt/\n",
        files: { "a.py": 'from datasets import load_dataset\nd = load_dataset("imdb")\n' },
        lines: [2],
      },
      {
        title: "in a home",
        dockerfile: "FROM python:3.12\nENV HF_HOME=/root/.cache/huggingface\nCOPY . /opt/\n",
        files: { "a.py": "from transformers import pipeline\np = pipeline('fill-mask')\n" },
        lines: [2],
      },
    ],
    good: [
      {
        title: "below the data",
        dockerfile: "FROM python:3.12\nENV HF_HOME=/safe_data/hf\nCOPY . /opt/\n",
        files: { "a.py": 'import transformers\nt.from_pretrained("x/y")\n' },
      },
      {
        title: "in the image",
        dockerfile:
          "FROM python:3.12\nENV HF_HOME=/opt/hf\nRUN hf download x/y && chmod -R a+rX /opt/hf\nCOPY . /opt/\n",
        files: { "a.py": 'import transformers\nt.from_pretrained("x/y")\n' },
      },
      {
        title: "said in the call",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": 'import transformers\nt.from_pretrained("x/y", cache_dir="/safe_data/hf")\n' },
      },
      {
        title: "not used",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": "import numpy\n" },
      },
      {
        title: "a variable that holds a folder",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: {
          "a.py":
            'from transformers import AutoModel\nMODEL = "/safe_data/models/bert"\nmodel = AutoModel.from_pretrained(MODEL)\n',
        },
      },
    ],
  },
  *check(facts, profile) {
    const { data, outputs, scratch } = profile.directories;
    const isEmptyAtStart = (path: string): boolean =>
      isWithin(path, scratch.value) ||
      isWithin(path, outputs.value) ||
      isWithin(path, "/tmp") ||
      isWithin(path, "/root") ||
      /^\/home\/|^~|^[^/]/.test(path);
    const isPlace = (path: string): boolean => isWithin(path, data.value) || !isEmptyAtStart(path);
    for (const use of hubUses(facts)) {
      if (use.cache !== undefined && isPlace(use.cache)) continue;
      const set = VARIABLES.map((name) => ({ name, ...variableFor(facts, name, use) }));
      const given = set.filter(({ value }) => value !== undefined && value !== "");
      if (given.some(({ value = "" }) => isPlace(value))) continue;
      const [wrong] = given;
      const late = set.find((one) => one.late !== undefined);
      yield {
        message:
          wrong !== undefined
            ? `${wrong.name} is ${wrong.value ?? ""}, where no model lies when the job starts.`
            : late === undefined
              ? "The code loads from the Hugging Face Hub, and HF_HOME does not say where the models lie in the Safe Haven."
              : `${late.name} is set in line ${late.late}, after the import that reads it, so models are looked for in the home.`,
        fix: fixOf(
          "Fetch the models while building, or tell the code in which folder of the data they lie.",
          "# In the Dockerfile:",
          "ENV HF_HOME=/opt/hf",
          `RUN hf download ${modelIn(use) ?? "<model>"} && chmod -R a+rX /opt/hf`,
          "ENV HF_HUB_OFFLINE=1",
          `# In the code (${use.file}), among the arguments of the call:`,
          `cache_dir="${data.value}/<project>/hf"`,
        ),
        ...useLocation(use),
        subjects: HUB_SUBJECTS,
      };
      return;
    }
  },
});

/** The model's name where the call gives it: `owner/name` or `name`. */
const modelIn = ({ wanted }: { readonly wanted?: string }): string | undefined =>
  wanted !== undefined && /^[A-Za-z0-9][\w.-]*(?:\/[\w.-]+)?$/.test(wanted) ? wanted : undefined;
