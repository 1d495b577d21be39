"""Fits a logistic regression of cardiac events on routine measurements.

Reads every CSV file in the data directory, writes coefficients.csv and summary.json to the output directory.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

NUMBERS = ["age", "systolic", "cholesterol", "smoker"]
CATEGORIES = ["sex"]
OUTCOME = "event"


def read_patients(folder: Path) -> pd.DataFrame:
    files = sorted(folder.glob("*.csv"))
    if not files:
        sys.exit(f"There is no CSV file in {folder}: mount the project's data there.")
    patients = pd.concat((pd.read_csv(file) for file in files), ignore_index=True)
    missing = [name for name in [*NUMBERS, *CATEGORIES, OUTCOME] if name not in patients]
    if missing:
        sys.exit(f"The data lack these columns: {', '.join(missing)}.")
    return patients


def make_model(cache: str):
    columns = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
        (OneHotEncoder(drop="first"), CATEGORIES),
        verbose_feature_names_out=False,
    )
    return make_pipeline(columns, LogisticRegression(max_iter=1000), memory=cache)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--data", type=Path, default=Path("/safe_data"))
    arguments.add_argument("--output", type=Path, default=Path("/safe_outputs"))
    options = arguments.parse_args()

    patients = read_patients(options.data)
    print(f"{len(patients)} patients, {int(patients[OUTCOME].sum())} events")

    # Intermediate results go to the scratch space (TMPDIR) and are removed at the end.
    with tempfile.TemporaryDirectory(prefix="heart-risk-") as cache:
        model = make_model(cache)
        scores = cross_val_score(model, patients, patients[OUTCOME], cv=5, scoring="roc_auc")
        model.fit(patients, patients[OUTCOME])

    names = model[:-1].get_feature_names_out()
    coefficients = pd.DataFrame({"measure": names, "log_odds": model[-1].coef_[0]}).round(4)
    coefficients.to_csv(options.output / "coefficients.csv", index=False)

    summary = {
        "patients": len(patients),
        "events": int(patients[OUTCOME].sum()),
        "auc_mean": round(float(scores.mean()), 3),
        "auc_sd": round(float(scores.std()), 3),
    }
    (options.output / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    print(f"AUC {summary['auc_mean']} (SD {summary['auc_sd']}); results are in {options.output}")


if __name__ == "__main__":
    main()
