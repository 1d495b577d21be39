"""Estimates how long a referral waits, urgent ones and others apart.

It works on the author's laptop, where the container runs as root.
"""

import csv
import json
import statistics
from pathlib import Path

DATA = Path("/safe_data/referrals.csv")
CACHE = Path.home() / ".cache" / "waiting-times"


def fit(rows):
    model = {}
    for urgent in ("0", "1"):
        days = [int(row["waiting_days"]) for row in rows if row["urgent"] == urgent]
        model[urgent] = {"referrals": len(days), "median": statistics.median(days)}
    return model


def load_model(rows):
    saved = CACHE / "model.json"
    if saved.exists():
        return json.loads(saved.read_text())
    model = fit(rows)
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
        saved.write_text(json.dumps(model))
    except OSError as error:
        print(f"warning: the model is not kept: {error}")
    return model


with DATA.open(newline="") as file:
    referrals = list(csv.DictReader(file))
model = load_model(referrals)

with open("results.csv", "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(["urgent", "referrals", "median_days"])
    for urgent, numbers in model.items():
        writer.writerow([urgent, numbers["referrals"], numbers["median"]])
print("written to results.csv")
