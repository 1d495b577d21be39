import { fixOf } from "../helpers.ts";
import { HUB_SUBJECTS, hubUses, isOn } from "../hugging-face.ts";
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
    const [first, ...others] = hubUses(facts);
    if (first === undefined) return;
    const environment = facts.stages.at(-1)?.environment;
    if (
      isOn(environment?.get("HF_HUB_OFFLINE")?.expanded) ||
      isOn(environment?.get("TRANSFORMERS_OFFLINE")?.expanded)
    )
      return;
    yield {
      message: `The code loads from the Hugging Face Hub${others.length === 0 ? "" : ` in ${others.length + 1} places`}, and HF_HUB_OFFLINE=1 is not set.`,
      fix: fixOf("Add this line after the models were fetched.", "ENV HF_HUB_OFFLINE=1"),
      ...useLocation(first),
      subjects: HUB_SUBJECTS,
    };
  },
});
