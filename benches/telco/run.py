"""Cross-validates Sluice and its peers on the telco file, on the very same folds, and prints both beside each other.

    python benches/telco/run.py --data FILE --target CARGO_TARGET_FOLDER

Sluice's side is `functions/train/examples/telco_cv.rs`; it also writes the folds (three times five, stratified).
The peers get the columns that such a comparison usually gives them: numbers as they are (standardised for the linear
model), categories one-hot, fitted on each fold's training rows. They also get the hyperparameters that are Sluice's
defaults, where they have them. Everybody runs on one thread.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
import xgboost
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

NUMBERS = ["tenure", "MonthlyCharges", "TotalCharges"]
SEED = 42


def peers():
    """Name, Sluice's family on the same line, model, whether numbers are standardised."""
    return [
        ("scikit-learn LogisticRegression", "logistic_regression", LogisticRegression(max_iter=1000), True),
        (
            "scikit-learn RandomForest",
            "random_forest",
            RandomForestClassifier(300, max_depth=10, min_samples_leaf=8, random_state=SEED, n_jobs=1),
            False,
        ),
        (
            "LightGBM (Python)",
            "lightgbm",
            lightgbm.LGBMClassifier(
                n_estimators=300,
                learning_rate=0.03,
                num_leaves=6,
                min_child_samples=40,
                reg_lambda=5,
                colsample_bytree=0.5,
                random_state=SEED,
                n_jobs=1,
                verbosity=-1,
            ),
            False,
        ),
        (
            "XGBoost (Python)",
            "xgboost",
            xgboost.XGBClassifier(
                n_estimators=300,
                learning_rate=0.03,
                max_depth=3,
                min_child_weight=5,
                reg_lambda=5,
                subsample=0.8,
                colsample_bytree=0.5,
                random_state=SEED,
                n_jobs=1,
            ),
            False,
        ),
        ("scikit-learn GradientBoosting", None, GradientBoostingClassifier(random_state=SEED), False),
    ]


def read(path):
    """Rows by customer id, and the label."""
    rows = pd.read_csv(path, dtype=str, keep_default_na=False).set_index("customerID")
    # Only customers of month 0 have a blank total.
    rows[NUMBERS] = rows[NUMBERS].apply(lambda column: pd.to_numeric(column.str.strip().replace("", "0")))
    return rows.drop(columns="Churn"), (rows["Churn"] == "Yes").astype(int)


def pipeline(model, categories, standardise):
    columns = ColumnTransformer(
        [
            ("numbers", StandardScaler() if standardise else "passthrough", NUMBERS),
            ("categories", OneHotEncoder(handle_unknown="ignore", sparse_output=False), categories),
        ]
    )
    columns.set_output(transform="default")
    return make_pipeline(columns, model)


def measure(model, standardise, rows, labels, folds):
    categories = [name for name in rows.columns if name not in NUMBERS]
    aucs, losses = [], []
    start = time.perf_counter()
    for _, fold in folds.groupby(["repeat", "fold"]):
        is_test = rows.index.isin(fold["customer_id"])
        fitted = pipeline(model, categories, standardise).fit(rows[~is_test], labels[~is_test])
        p = fitted.predict_proba(rows[is_test])[:, 1]
        aucs.append(roc_auc_score(labels[is_test], p))
        losses.append(log_loss(labels[is_test], p))
    seconds = time.perf_counter() - start
    return {"roc_auc": np.mean(aucs), "fold_sd": np.std(aucs), "log_loss": np.mean(losses), "seconds": seconds}


def sluice(target, data, folds_file):
    program = Path(target) / "release" / "examples" / "telco_cv"
    if not program.is_file():
        sys.exit(f"{program} does not exist; build it with `cargo build --release -p train --example telco_cv`")
    output = subprocess.run([program, data, folds_file], check=True, stdout=subprocess.PIPE, text=True).stdout
    results = [json.loads(line) for line in output.splitlines()]
    return {result["family"]: result for result in results}


def line(name, result):
    figures = (result["roc_auc"], result["fold_sd"], result["log_loss"], result["seconds"])
    return f"{name:<38}" + "{:>9.4f}{:>9.4f}{:>10.4f}{:>9.1f}".format(*figures)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="IBM's telco file")
    parser.add_argument("--target", required=True, help="cargo's target folder")
    arguments = parser.parse_args()
    rows, labels = read(arguments.data)
    with tempfile.TemporaryDirectory() as folder:
        folds_file = Path(folder) / "folds.csv"
        ours = sluice(arguments.target, arguments.data, folds_file)
        folds = pd.read_csv(folds_file, dtype={"customer_id": str})
    if set(folds["customer_id"]) != set(rows.index):
        sys.exit("the folds and the file do not hold the same customers")
    print(f"{len(rows)} rows, 3 x 5 folds, one thread; standard deviation over the 15 folds")
    print(f"{'':<38}{'ROC-AUC':>9}{'sd':>9}{'log loss':>10}{'seconds':>9}")
    for name, family, model, standardise in peers():
        theirs = measure(model, standardise, rows, labels, folds)
        if family:
            print(line(f"sluice {family}", ours[family]))
        print(line(name, theirs), flush=True)


if __name__ == "__main__":
    main()
