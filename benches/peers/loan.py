"""The loan system in pandas and scikit-learn: what `cargo xtask bench loan` runs beside Sluice.

    python benches/peers/loan.py FOLDER [--no-training]

It does in one process and in memory what the reference system does in Spark: read four CSV files as text, clean them,
remove flagged customers, join as of the prediction date, and train three models on a random 80/20 split with seed 42.
Features, hyperparameters and the order of steps are the reference's, and so are these choices of it, because its
figures depend on them: a minus sign is stripped before a number is read (so -100 loans are 100, and a check for
negative values never fires), what is no plausible number is kept, medians and codes of categories are taken of all
rows before they are split. It is spared what would only slow it down: nothing is written between the steps, which the
reference and Sluice both do, and the two tables without dirt in their numbers are read without looking for any.

Prints one line of JSON.
"""

import argparse
import json
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import LabelEncoder

SEED = 42
PREDICTION, OBSERVATION = 3, 6
CLICKS = [f"fe_{i}" for i in range(1, 21)]
REALS = [
    "Annual_Income",
    "Monthly_Inhand_Salary",
    "Interest_Rate",
    "Changed_Credit_Limit",
    "Outstanding_Debt",
    "Credit_Utilization_Ratio",
    "Total_EMI_per_month",
    "Amount_invested_monthly",
    "Monthly_Balance",
]
WHOLES = [
    "Num_Bank_Accounts",
    "Num_Credit_Card",
    "Num_of_Loan",
    "Delay_from_due_date",
    "Num_of_Delayed_Payment",
    "Num_Credit_Inquiries",
]
LOAN_NUMBERS = ["tenure", "installment_num", "loan_amt", "due_amt", "paid_amt", "overdue_amt", "balance"]
PLACEHOLDERS = {"_", "_______", "!@9#%8", "NM", ""}
NUMBERS = [
    "Credit_History_Months",
    "Age",
    "Monthly_Inhand_Salary",
    "loan_amt",
    "tenure",
    "Interest_Rate",
    "fe_10_mean",
    "fe_10_std",
    "Savings_Ratio",
    "DTI",
    "Num_Bank_Accounts",
    "Num_Credit_Card",
    "Amount_invested_monthly",
]
CATEGORIES = ["Credit_Mix", "Occupation"]


def ingest(folder):
    names = {
        "clickstream": "feature_clickstream.csv",
        "attributes": "features_attributes.csv",
        "financials": "features_financials.csv",
        "loans": "lms_loan_daily.csv",
    }
    texts = {"dtype": str, "keep_default_na": False}
    is_dirty = {"attributes", "financials"}
    return {
        table: pd.read_csv(Path(folder) / name, **(texts if table in is_dirty else {})) for table, name in names.items()
    }


def number(texts):
    """Digits and a point, and whatever else there is removed."""
    return pd.to_numeric(texts.str.replace(r"[^0-9.]", "", regex=True), errors="coerce")


def category(texts):
    return texts.where(~texts.isin(PLACEHOLDERS))


def clean(raw):
    clickstream, attributes, financials, loans = (table.copy() for table in raw.values())
    for table in (clickstream, attributes, financials, loans):
        for column in {"snapshot_date", "loan_start_date"} & set(table.columns):
            table[column] = pd.to_datetime(table[column], format="%Y-%m-%d")
    attributes["Age"] = number(attributes["Age"])
    attributes["Occupation"] = category(attributes["Occupation"])
    attributes["is_valid"] = attributes["SSN"].str.fullmatch(r"\d{3}-\d{2}-\d{4}")
    attributes = attributes.drop(columns=["Name", "SSN"])
    for column in ["Credit_Mix", "Payment_of_Min_Amount", "Payment_Behaviour"]:
        financials[column] = category(financials[column])
    financials[REALS + WHOLES] = financials[REALS + WHOLES].apply(number)
    return {"clickstream": clickstream, "attributes": attributes, "financials": financials, "loans": loans}


def control(silver):
    """The tables without the customers that are flagged in any of them."""
    attributes, financials, loans = silver["attributes"], silver["financials"], silver["loans"]
    flagged = pd.concat(
        [
            attributes.loc[~attributes["Age"].between(18, 100) | ~attributes["is_valid"], "Customer_ID"],
            financials.loc[(financials[REALS + WHOLES] < 0).any(axis=1), "Customer_ID"],
            loans.loc[(loans[LOAN_NUMBERS] < 0).any(axis=1), "Customer_ID"],
        ]
    ).unique()
    return {name: table[~table["Customer_ID"].isin(flagged)] for name, table in silver.items()}, len(flagged)


def latest(table, dates):
    """The last row of each customer that is not after the prediction."""
    joined = table.merge(dates, on="Customer_ID")
    joined = joined[joined["snapshot_date"] <= joined["prediction_date"]].sort_values("snapshot_date")
    return joined.groupby("Customer_ID", as_index=False).last()


def gold(silver):
    loans, clickstream = silver["loans"], silver["clickstream"]
    starts = loans.loc[loans["installment_num"] == 0, ["Customer_ID", "loan_start_date", "loan_amt", "tenure"]]
    starts = starts.assign(prediction_date=starts["loan_start_date"] + pd.DateOffset(months=PREDICTION))
    window = loans[loans["installment_num"].between(PREDICTION, OBSERVATION)]
    starts["label"] = starts["Customer_ID"].isin(window.loc[window["overdue_amt"] > 0, "Customer_ID"]).astype(int)
    history = loans[loans["installment_num"] < PREDICTION].groupby("Customer_ID")
    history = history.agg(hist_total_paid=("paid_amt", "sum"), hist_total_due=("due_amt", "sum")).reset_index()
    seen = clickstream.merge(starts[["Customer_ID", "loan_start_date"]], on="Customer_ID")
    seen = seen[seen["snapshot_date"] < seen["loan_start_date"]].groupby("Customer_ID")[CLICKS].agg(["mean", "std"])
    seen.columns = [f"{column}_{figure}" for column, figure in seen.columns]
    financials = silver["financials"].copy()
    financials[REALS + WHOLES] = financials[REALS + WHOLES].fillna(financials[REALS + WHOLES].median())
    dates = starts[["Customer_ID", "prediction_date"]]
    financials = latest(financials, dates).drop(columns=["snapshot_date", "prediction_date"])
    age = financials["Credit_History_Age"].str.extract(r"(\d+)\s+Years.*?(\d+)\s+Months").astype(float)
    salary = financials["Monthly_Inhand_Salary"]
    financials = financials.assign(
        Credit_History_Months=age[0].fillna(0) * 12 + age[1].fillna(0),
        DTI=financials["Total_EMI_per_month"] / salary,
        Savings_Ratio=financials["Amount_invested_monthly"] / salary,
        Monthly_Surplus=salary - financials["Total_EMI_per_month"] - financials["Amount_invested_monthly"],
        Debt_to_Annual_Income=financials["Outstanding_Debt"] / financials["Annual_Income"],
    )
    attributes = latest(silver["attributes"], dates)[["Customer_ID", "Age", "Occupation"]]
    joined = starts.merge(attributes, on="Customer_ID").merge(financials, on="Customer_ID", how="left")
    return joined.merge(seen.reset_index(), on="Customer_ID", how="left").merge(history, on="Customer_ID", how="left")


def train(rows):
    rows = rows.copy()
    for column in CATEGORIES:
        rows[column] = LabelEncoder().fit_transform(rows[column].fillna("Unknown"))
    features = rows[NUMBERS + CATEGORIES]
    features = features.fillna(features.median())
    split = train_test_split(features, rows["label"], test_size=0.2, random_state=SEED, stratify=rows["label"])
    x_train, x_test, y_train, y_test = split
    models = {
        "logistic_regression": LogisticRegression(max_iter=1000, random_state=SEED, class_weight="balanced"),
        "random_forest": RandomForestClassifier(100, max_depth=10, random_state=SEED, class_weight="balanced"),
        "gradient_boosting": GradientBoostingClassifier(n_estimators=100, max_depth=5, random_state=SEED),
    }
    figures = {}
    for name, model in models.items():
        start = time.perf_counter()
        model.fit(x_train, y_train)
        auc = roc_auc_score(y_test, model.predict_proba(x_test)[:, 1])
        figures[name] = {"roc_auc": auc, "seconds": time.perf_counter() - start}
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", help="where the four files lie")
    parser.add_argument("--no-training", action="store_true", help="stop at the gold rows")
    options = parser.parse_args()
    seconds, data = {}, options.folder
    for name, step in [("ingest", ingest), ("clean", clean), ("control", control), ("gold", gold)]:
        start = time.perf_counter()
        data = step(data)
        if name == "control":
            data, n_flagged = data
        seconds[name] = time.perf_counter() - start
    result = {"rows": len(data), "flagged": n_flagged, "label_rate": float(np.mean(data["label"])), "seconds": seconds}
    result["cpu_to_gold"] = time.process_time()
    if not options.no_training:
        result["models"] = train(data)
        seconds["train"] = sum(model["seconds"] for model in result["models"].values())
    result["cpu"] = time.process_time()
    result["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps(result))


if __name__ == "__main__":
    main()
