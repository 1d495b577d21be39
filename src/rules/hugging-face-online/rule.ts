import { isOn, variableFor } from "../cures.ts";
import { fixOf } from "../helpers.ts";
import { HUB_SUBJECTS, hubUses } from "../hugging-face.ts";
import { useLocation } from "../offline.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"project">({
  id: "hugging-face-online",
  title: "Hugging Face libraries are not told to stay offline",
  category: "offline",
  needs: "project",
  severity: "warning",
  requirements: ["OFF-05"],
  why: "Even with the model in the image, these libraries ask the Hub whether there is a newer one. In the Safe Haven each question waits a long time and then fails.",
  fix: "Set HF_HUB_OFFLINE=1 with ENV, after the models were fetched in the build.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "a model by name",
        dockerfile: "FROM python:3.12\nCOPY src/ /opt/\n",
        files: {
          "src/fit.py":
            'from transformers import AutoModel\nmodel = AutoModel.from_pretrained("bert-base-uncased")\n',
        },
        lines: [2],
      },
      {
        title: "switched off in so many words",
        dockerfile: "FROM python:3.12\nENV HF_HUB_OFFLINE=0\nCOPY . /opt/\n",
        files: {
          "a.py":
            "from sentence_transformers import SentenceTransformer\nm = SentenceTransformer('all-MiniLM-L6-v2')\n",
        },
        lines: [2],
      },
      {
        title: "set too late",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: {
          "a.py":
            'import os\nfrom transformers import AutoModel\nos.environ["HF_HUB_OFFLINE"] = "1"\nAutoModel.from_pretrained("x/y")\n',
        },
        lines: [4],
      },
    ],
    good: [
      {
        title: "offline",
        dockerfile: "FROM python:3.12\nENV HF_HUB_OFFLINE=1\nCOPY . /opt/\n",
        files: { "a.py": 'import transformers\ntransformers.AutoModel.from_pretrained("x/y")\n' },
      },
      {
        title: "from a folder",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": 'import transformers\ntransformers.AutoModel.from_pretrained("/opt/model")\n' },
      },
      {
        title: "told in the call",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": 'import transformers\nt.from_pretrained("x/y", local_files_only=True)\n' },
      },
      {
        title: "set in the code before the import",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: {
          "a.py":
            'import os\nos.environ["HF_HUB_OFFLINE"] = "1"\nfrom transformers import AutoModel\nAutoModel.from_pretrained("x/y")\n',
        },
      },
      {
        title: "exported by the start script",
        dockerfile: 'FROM python:3.12\nCOPY . /opt/\nCMD ["sh", "/opt/start.sh"]\n',
        files: {
          "start.sh": "export HF_HUB_OFFLINE=1\npython /opt/a.py\n",
          "a.py": 'from transformers import AutoModel\nAutoModel.from_pretrained("x/y")\n',
        },
      },
      {
        title: "only in a comment",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": 'import transformers\n# AutoModel.from_pretrained("x/y")\n' },
      },
      {
        title: "fetched while building",
        dockerfile: "FROM python:3.12\nCOPY fetch.py /opt/\nRUN python /opt/fetch.py\n",
        files: { "fetch.py": 'import transformers\nt.from_pretrained("x/y")\n' },
      },
      {
        title: "no Hugging Face at all",
        dockerfile: "FROM python:3.12\nCOPY . /opt/\n",
        files: { "a.py": "print('from_pretrained')\n" },
      },
    ],
  },
  *check(facts) {
    const open = hubUses(facts).filter(
      (use) => !SWITCHES.some((name) => isOn(variableFor(facts, name, use).value)),
    );
    const [first, ...others] = open;
    if (first === undefined) return;
    const { late, value } = variableFor(facts, "HF_HUB_OFFLINE", first);
    const state =
      late !== undefined
        ? `HF_HUB_OFFLINE is set in line ${late}, after the import that reads it`
        : value === undefined
          ? "HF_HUB_OFFLINE=1 is not set"
          : `HF_HUB_OFFLINE is “${value}”`;
    yield {
      message: `The code loads from the Hugging Face Hub${others.length === 0 ? "" : ` in ${others.length + 1} places`}, and ${state}.`,
      fix: fixOf(
        "Set the variable in the Dockerfile, after the models were fetched, or in the code before the first import.",
        "# In the Dockerfile:",
        "ENV HF_HUB_OFFLINE=1",
        `# In the code (${first.file}), above the imports:`,
        'import os; os.environ["HF_HUB_OFFLINE"] = "1"',
      ),
      ...useLocation(first),
      subjects: HUB_SUBJECTS,
    };
  },
});

const SWITCHES = ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"];
