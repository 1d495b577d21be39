"""Counts the tokens of each clinical note, as a first look at whether the notes fit a language model's window."""

import csv
from pathlib import Path

from transformers import AutoTokenizer

DATA = Path("/safe_data/notes.csv")
RESULT = Path("/safe_outputs/token-counts.csv")

print("loading the tokenizer")
tokenizer = AutoTokenizer.from_pretrained("bert-base-uncased")

with DATA.open(newline="", encoding="utf-8") as notes, RESULT.open("w", newline="", encoding="utf-8") as result:
    writer = csv.writer(result)
    writer.writerow(["note", "tokens"])
    for row in csv.DictReader(notes):
        writer.writerow([row["note"], len(tokenizer(row["text"])["input_ids"])])

print(f"written to {RESULT}")
