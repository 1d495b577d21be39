/** Programs in Python that a new project starts with. */

/** Compares two arms of a trial, with what comes with Python: it runs whichever way packages are installed. */
export const table = `"""Compares the two arms of a small trial.

Reads every CSV file in the data folder, writes summary.csv to the output folder.
"""

import argparse
import csv
import os
import statistics
import sys
from pathlib import Path


def read_people(folder: Path) -> list[dict[str, str]]:
    files = sorted(folder.glob("*.csv"))
    if not files:
        sys.exit(f"There is no CSV file in {folder}: mount the project's data there.")
    people: list[dict[str, str]] = []
    for file in files:
        with file.open(newline="", encoding="utf-8") as rows:
            people.extend(csv.DictReader(rows))
    return people


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=Path("/safe_data"))
    arguments.add_argument("--output", type=Path, default=Path(os.environ.get("OUTPUT_DIR", "/safe_outputs")))
    options = arguments.parse_args()

    people = read_people(options.data)
    print(f"{len(people)} people")

    with (options.output / "summary.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["arm", "people", "mean_age", "mean_score"])
        for arm in sorted({person["arm"] for person in people}):
            group = [person for person in people if person["arm"] == arm]
            table.writerow(
                [
                    arm,
                    len(group),
                    round(statistics.mean(float(person["age"]) for person in group), 1),
                    round(statistics.mean(float(person["score"]) for person in group), 2),
                ]
            )
    print(f"results are in {options.output}")


if __name__ == "__main__":
    main()
`;

/** Counts the tokens of notes with the tokenizer of a model that lies in the image. `model`: name and revision as Python's arguments. */
export const text = (
  model: string,
): string => `"""Counts the tokens of each note, as a first look at whether the notes fit a language model's window.

The tokenizer lies in the image: the Dockerfile put it there, and HF_HUB_OFFLINE keeps the program from asking for it.
"""

import argparse
import csv
import os
from pathlib import Path

from transformers import AutoTokenizer


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=Path("/safe_data"))
    arguments.add_argument("--output", type=Path, default=Path(os.environ.get("OUTPUT_DIR", "/safe_outputs")))
    options = arguments.parse_args()

    tokenizer = AutoTokenizer.from_pretrained(${model})
    notes = options.data / "notes.csv"
    result = options.output / "token-counts.csv"
    with notes.open(newline="", encoding="utf-8") as rows, result.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["note", "tokens"])
        for row in csv.DictReader(rows):
            table.writerow([row["note"], len(tokenizer(row["text"])["input_ids"])])
    print(f"results are in {options.output}")


if __name__ == "__main__":
    main()
`;

/** Fits a small model with PyTorch, on a GPU where there is one. */
export const training = `"""Fits a small model of the score with PyTorch, on a GPU where there is one.

Reads every CSV file in the data folder, keeps checkpoints on /scratch, and writes losses.csv to the output folder.
"""

import argparse
import csv
import os
import sys
import tempfile
from pathlib import Path

import torch


def read_people(folder: Path) -> tuple[torch.Tensor, torch.Tensor]:
    inputs: list[list[float]] = []
    scores: list[list[float]] = []
    for file in sorted(folder.glob("*.csv")):
        with file.open(newline="", encoding="utf-8") as rows:
            for row in csv.DictReader(rows):
                inputs.append([float(row["age"]) / 100, float(row["arm"] == "treatment")])
                scores.append([float(row["score"])])
    if not inputs:
        sys.exit(f"There is no CSV file in {folder}: mount the project's data there.")
    return torch.tensor(inputs), torch.tensor(scores)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=Path("/safe_data"))
    arguments.add_argument("--output", type=Path, default=Path(os.environ.get("OUTPUT_DIR", "/safe_outputs")))
    arguments.add_argument("--epochs", type=int, default=20)
    options = arguments.parse_args()

    torch.manual_seed(1)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    inputs, scores = (tensor.to(device) for tensor in read_people(options.data))
    print(f"{len(inputs)} people, on {device}")

    model = torch.nn.Sequential(torch.nn.Linear(2, 8), torch.nn.ReLU(), torch.nn.Linear(8, 1)).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
    with (
        tempfile.TemporaryDirectory() as checkpoints,
        (options.output / "losses.csv").open("w", newline="", encoding="utf-8") as file,
    ):
        table = csv.writer(file)
        table.writerow(["epoch", "loss"])
        for epoch in range(1, options.epochs + 1):
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(model(inputs), scores)
            loss.backward()
            optimizer.step()
            table.writerow([epoch, round(loss.item(), 5)])
            torch.save(model.state_dict(), Path(checkpoints) / "latest.pt")
    print(f"results are in {options.output}")


if __name__ == "__main__":
    main()
`;
