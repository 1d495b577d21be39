// How fast the project's code is read: MB/s of Python on one core, read and find together, beside the time that
// reading alone and JSON.parse take for the same bytes. Deterministic input; exits 1 below the figure that we promise.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const WANTED = 5;
const FILES = 400;
const ROUNDS = 5;
const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const folder = mkdtempSync(join(tmpdir(), "pratique-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Numbers that look random and are the same each time. */
function* numbers(seed) {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state;
  }
}
const random = numbers(7);
const pick = (list) => list[random.next().value % list.length];

const IMPORTS = [
  "import os\nimport sys\nfrom pathlib import Path\n",
  "import numpy as np\nimport pandas as pd\n",
  "import torch\nfrom torch import nn\nfrom torch.utils.data import DataLoader\n",
  "from transformers import AutoModel, AutoTokenizer\nfrom datasets import load_dataset\n",
  "import matplotlib.pyplot as plt\nimport seaborn as sns\n",
  "from sklearn.linear_model import LogisticRegression\nfrom sklearn.model_selection import train_test_split\n",
  "import nltk\nimport spacy\nimport requests\n",
];
const BODIES = [
  () => {
    const name = pick(["patients", "visits", "scans", "notes"]);
    return `def load_${name}(folder: Path, columns=None) -> pd.DataFrame:
    """Reads the ${name} table.

    Missing columns are reported; nothing is downloaded (see nltk.download() elsewhere).
    """
    table = pd.read_csv(folder / "${name}.csv", usecols=columns, dtype={"id": "string", "age": "Int64"})
    missing = [column for column in (columns or []) if column not in table.columns]
    if missing:
        raise ValueError(f"columns {', '.join(missing)} are missing in {folder!r}")
    # requests.get("https://example.org") would fail here
    return table.dropna(subset=["id"]).sort_values("id").reset_index(drop=True)
`;
  },
  () => `class Encoder${random.next().value % 1000}(nn.Module):
    def __init__(self, width: int = ${random.next().value % 512}, depth: int = 4, dropout: float = 0.1):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, mask=None):
        for index, layer in enumerate(self.layers):
            y = torch.relu(layer(self.norm(x)))
            if mask is not None:
                y = y.masked_fill(~mask.unsqueeze(-1), 0.0)
            x = x + self.dropout(y)
        return x.mean(dim=1), {"depth": len(self.layers), "norm": float(x.norm())}
`,
  () => `def train(model, loader, optimiser, device="cuda", epochs=${1 + (random.next().value % 50)}):
    history = {"loss": [], "accuracy": []}
    for epoch in range(epochs):
        total, correct, seen = 0.0, 0, 0
        for batch in loader:
            inputs, labels = batch["x"].to(device), batch["y"].to(device)
            optimiser.zero_grad()
            logits = model(inputs)
            loss = nn.functional.cross_entropy(logits, labels, weight=None)
            loss.backward()
            optimiser.step()
            total += loss.item() * len(labels)
            correct += (logits.argmax(dim=-1) == labels).sum().item()
            seen += len(labels)
        history["loss"].append(total / max(seen, 1))
        history["accuracy"].append(correct / max(seen, 1))
        print(f"epoch {epoch + 1}/{epochs}: loss {history['loss'][-1]:.4f}, accuracy {history['accuracy'][-1]:.3f}")
    return history
`,
  () => `def report(results, output=Path("/safe_outputs")):
    frame = pd.DataFrame(results).set_index(["site", "year"])
    summary = frame.groupby("site").agg(mean=("value", "mean"), sd=("value", "std"), n=("value", "size"))
    summary.to_csv(output / "summary.csv", float_format="%.4f")
    figure, axes = plt.subplots(nrows=2, ncols=2, figsize=(8, 6), sharex=True)
    for axis, (site, part) in zip(axes.flat, frame.groupby("site")):
        axis.plot(part.index.get_level_values("year"), part["value"], label=site, linewidth=1.5)
        axis.set_title(site)
        axis.legend(loc="upper left", frameon=False)
    figure.tight_layout()
    figure.savefig(output / "trend.png", dpi=200)
`,
  () => `MODEL_${random.next().value % 100} = ${pick([
    'AutoModel.from_pretrained("org/model")',
    'AutoModel.from_pretrained("/opt/model")',
    "LogisticRegression(max_iter=1000)",
    'np.save("/home/me/x.npy", np.zeros(3))',
    'input("which site? ")',
    'nltk.download("punkt")',
  ])}
`,
];

let bytes = 0;
for (let index = 0; index < FILES; index++) {
  const parts = [
    '"""A module of the analysis."""\n\n',
    ...IMPORTS.filter(() => random.next().value % 3 > 0),
    "\n\n",
  ];
  const length = 6 + (random.next().value % 30);
  for (let part = 0; part < length; part++) parts.push(pick(BODIES)(), "\n\n");
  const text = parts.join("");
  bytes += Buffer.byteLength(text);
  const place = join(folder, "project", `package${index % 20}`);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, `module${index}.py`), text);
}

const bundle = join(folder, "scan.mjs");
await build({
  stdin: {
    contents:
      'export { scanSource } from "./src/source/scan.ts"; export { readContext } from "./src/context/walk.ts";',
    resolveDir: root,
  },
  outfile: bundle,
  bundle: true,
  platform: "node",
  format: "esm",
  banner: { js: 'import { createRequire as c } from "node:module"; const require = c(import.meta.url);' },
  logLevel: "error",
});
const { scanSource, readContext } = await import(bundle);
const context = await readContext(join(folder, "project"));

const processor = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};
const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];

/** Seconds of processor time: the machine may be busy with other things. */
async function time(work) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = processor();
    await work();
    rounds.push(processor() - start);
  }
  return median(rounds);
}

const paths = context.files.map(({ path }) => join(folder, "project", path));
const texts = paths.map((path) => readFileSync(path, "utf8"));
const json = texts.map((text) => JSON.stringify(text.split("\n")));
let facts;
const scan = await time(async () => {
  facts = await scanSource(context);
});
const read = await time(() => {
  for (const path of paths) readFileSync(path, "utf8");
});
const parse = await time(() => {
  for (const text of json) JSON.parse(text);
});
const speed = (seconds) => bytes / 1e6 / seconds;
console.log(
  `${readdirSync(join(folder, "project")).length} folders, ${facts.files} files, ${(bytes / 1e6).toFixed(1)} MB of Python, ${facts.uses.length} uses, ${facts.acts.length} acts; medians of ${ROUNDS}`,
);
for (const [name, seconds] of [
  ["source scan", scan],
  ["reading the files", read],
  ["JSON.parse", parse],
])
  console.log(
    `${name.padEnd(20)} ${(seconds * 1000).toFixed(0).padStart(6)} ms ${speed(seconds).toFixed(1).padStart(8)} MB/s   ${(scan / seconds).toFixed(1).padStart(6)} times as fast as the scan`,
  );
if (speed(scan) < WANTED) {
  console.error(
    `The source scan reads ${speed(scan).toFixed(1)} MB/s; at least ${WANTED} MB/s are promised.`,
  );
  process.exit(1);
}
