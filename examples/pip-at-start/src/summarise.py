"""Tabulates clinic visits by weekday."""

import csv
from collections import defaultdict
from pathlib import Path

from tabulate import tabulate

visits = defaultdict(int)
with Path("/safe_data/visits.csv").open(newline="") as file:
    for row in csv.DictReader(file):
        visits[row["weekday"]] += int(row["visits"])

table = tabulate(visits.items(), headers=["weekday", "visits"], tablefmt="github")
Path("/safe_outputs/visits.md").write_text(table + "\n")
print(table)
