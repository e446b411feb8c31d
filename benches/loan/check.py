"""Compares what the functions made of the loan files with what pandas finds in the same files, count by count.

Nothing of Sluice is used here but its outputs: the quality report, the quarantine files and the gold rows.
Every difference is printed, and any ends the comparison with an error.
"""

import datetime
import io
import json
import sys
from collections import Counter

import numpy as np
import pandas as pd
import pyarrow.parquet as parquet

# Per column: characters stripped from both ends, texts that mean nothing, and the largest number that can be true.
STRIPPED = {"Age"} | {
    "Annual_Income", "Monthly_Inhand_Salary", "Num_Bank_Accounts", "Num_Credit_Card", "Interest_Rate", "Num_of_Loan",
    "Delay_from_due_date", "Num_of_Delayed_Payment", "Changed_Credit_Limit", "Num_Credit_Inquiries", "Outstanding_Debt",
    "Credit_Utilization_Ratio", "Total_EMI_per_month", "Amount_invested_monthly", "Monthly_Balance",
}  # fmt: skip
PLACEHOLDERS = {
    "Occupation": ["_______"],
    "Credit_Mix": ["_"],
    "Changed_Credit_Limit": ["_"],
    "Payment_of_Min_Amount": ["NM"],
    "Payment_Behaviour": ["!@9#%8"],
    "Amount_invested_monthly": ["__10000__"],
    "Monthly_Balance": ["__-333333333333333333333333333__"],
}
MOST = {
    "Annual_Income": 250_000,
    "Num_Bank_Accounts": 15,
    "Num_Credit_Card": 15,
    "Interest_Rate": 50,
    "Num_of_Loan": 12,
    "Num_of_Delayed_Payment": 40,
    "Num_Credit_Inquiries": 20,
    "Total_EMI_per_month": 1_900,
}
NOT_NEGATIVE = [
    "Annual_Income", "Monthly_Inhand_Salary", "Num_Bank_Accounts", "Num_Credit_Card", "Interest_Rate", "Num_of_Loan",
    "Num_of_Delayed_Payment", "Num_Credit_Inquiries", "Outstanding_Debt", "Credit_Utilization_Ratio",
    "Total_EMI_per_month", "Amount_invested_monthly",
]  # fmt: skip
CLICKS = [f"fe_{i}" for i in range(1, 21)]
# The only figures whose last digits depend on the order of additions.
RELATIVE = 1e-12


class Differences(list):
    def compare(self, what, expected, found):
        if expected != found:
            self.append(f"{what}: pandas {expected}, Sluice {found}")


def silver(table, personal=()):
    """The cleaned table, and how many cells were changed, by `column: how`."""
    changed, clean = Counter(), {}
    for column, cells in table.items():
        if column in personal:
            continue
        bare = cells.str.strip("_") if column in STRIPPED else cells
        is_nothing = cells.isin(PLACEHOLDERS.get(column, []))
        if column in STRIPPED:
            numbers = pd.to_numeric(bare.where(~is_nothing, ""), errors="coerce")
            is_beyond = numbers > MOST.get(column, np.inf)
            values = numbers.mask(is_beyond)
            changed[f"{name_of(column)}: implausible to null"] = int(is_beyond.sum())
            is_stripped = (bare != cells) & ~is_nothing & ~is_beyond
            changed[f"{name_of(column)}: stripped"] = int(is_stripped.sum())
        else:
            values = cells.mask(is_nothing | (cells == ""))
        changed[f"{name_of(column)}: placeholder to null"] = int(is_nothing.sum())
        clean[name_of(column)] = values
    return pd.DataFrame(clean), +changed


def name_of(column):
    return {"Credit_History_Age": "credit_history_months"}.get(column, column.lower())


def read(folder):
    texts = {"dtype": str, "keep_default_na": False}
    loans = pd.read_csv(folder / "lms_loan_daily.csv", float_precision="round_trip")
    clickstream = pd.read_csv(folder / "feature_clickstream.csv")
    attributes = pd.read_csv(folder / "features_attributes.csv", **texts)
    financials = pd.read_csv(folder / "features_financials.csv", **texts)
    return clickstream, attributes, financials, loans


def flags(attributes, financials, valid):
    """Customers by the rule that flags them."""
    found = {
        "age_of_an_adult": ~attributes["age"].between(18, 100),
        "ssn_has_its_form": ~valid,
    } | {f"{name_of(column)}_not_negative": financials[name_of(column)] < 0 for column in NOT_NEGATIVE}
    return {rule: set(attributes["customer_id"][rows.to_numpy()]) for rule, rows in found.items()}


def expected_gold(clickstream, attributes, financials, loans):
    """A row per customer: date, label and fields, as of the prediction."""
    by_customer = loans.groupby("Customer_ID")
    rows = pd.DataFrame({"start": pd.to_datetime(by_customer["loan_start_date"].first())})
    rows["_date"] = rows["start"] + pd.DateOffset(months=3)
    window = loans[loans["installment_num"].between(3, 6)].groupby("Customer_ID")["overdue_amt"]
    rows["_label"] = (window.max() > 0).astype(int)
    attributes, financials = attributes.set_index("customer_id"), financials.set_index("customer_id")
    is_seen = pd.to_datetime(attributes["snapshot_date"]) <= rows["_date"].reindex(attributes.index)
    assert is_seen.all(), "the snapshots of these files lie before the predictions"
    rows = rows.join(attributes.drop(columns="snapshot_date"))
    rows = rows.join(financials.drop(columns=["snapshot_date", "type_of_loan"]))
    age = rows["credit_history_months"].str.extract(r"^(\d+) Years and (\d+) Months$").astype(float)
    rows["credit_history_months"] = age[0] * 12 + age[1]
    seen = clickstream.merge(rows[["start"]], left_on="Customer_ID", right_index=True)
    seen = seen[pd.to_datetime(seen["snapshot_date"]) < seen["start"]].groupby("Customer_ID")[CLICKS]
    rows = rows.join(seen.mean().add_suffix("_mean")).join(seen.std().add_suffix("_std"))
    rows["clickstream_months"] = seen.size().reindex(rows.index).fillna(0)
    past = loans[loans["installment_num"] < 3].sort_values("installment_num").groupby("Customer_ID")
    rows["hist_total_paid"], rows["hist_total_due"] = past["paid_amt"].sum(), past["due_amt"].sum()
    rows["hist_max_overdue"] = past["overdue_amt"].max()
    rows["hist_last_overdue"], rows["hist_last_balance"] = past["overdue_amt"].last(), past["balance"].last()
    return rows.drop(columns="start")


def compare(store, run, gate, gold, folder):
    clickstream, attributes, financials, loans = read(folder)
    valid = attributes["SSN"].str.fullmatch(r"\d{3}-\d{2}-\d{4}")
    attributes, changed = silver(attributes, personal=("Name", "SSN"))
    financials, more = silver(financials)
    differences = Differences()
    report = json.loads(store.read(gate["report"]["key"]))
    ours = {what.removeprefix("clean: "): n for what, n in report["changed_cells"].items()}
    # Blanks around a name are trimmed in no table that goes on.
    ours.pop("name: trimmed", None)
    differences.compare("changed cells", dict(sorted((changed + more).items())), ours)
    flagged = flags(attributes, financials, valid)
    gone = set().union(*flagged.values())
    for check in report["checks"]:
        if check["name"] in flagged:
            differences.compare(check["name"], len(flagged[check["name"]]), check["rows_failed"])
        elif check["rows_failed"] is not None:
            differences.compare(check["name"], 0, check["rows_failed"])
    removed = {
        "feature_clickstream": int(clickstream["Customer_ID"].isin(gone).sum()),
        "features_attributes": len(gone),
        "features_financials": len(gone),
        "lms_loan_daily": int(loans["Customer_ID"].isin(gone).sum()),
    }
    n_rows = len(clickstream) + len(attributes) + len(financials) + len(loans)
    differences.compare(
        "rows",
        {"rows_in": n_rows, "rows_out": n_rows - sum(removed.values()), "rows_quarantined": sum(removed.values())},
        report["rows"],
    )
    differences.compare("rows quarantined", quarantined(store), removed)
    expected = expected_gold(clickstream, attributes, financials, loans).drop(index=list(gone)).sort_index()
    n_values, largest = compare_gold(expected, [store.read(part["data"]["key"]) for part in gold], differences)
    reasons = ", ".join(f"{rule} {len(who)}" for rule, who in flagged.items() if who)
    print(f"checked against pandas: {sum((changed + more).values())} changed cells in {len(changed + more)} ways, "
          f"{len(gone)} of {len(attributes)} customers flagged ({reasons}), {sum(removed.values())} rows set aside, "
          f"{len(expected)} gold rows, label rate {expected['_label'].mean():.4f}, "
          f"{n_values} gold values (largest relative difference {largest:.1e})", flush=True)  # fmt: skip
    if differences:
        sys.exit("differences:\n" + "\n".join(differences))


def quarantined(store):
    """Rows in the quarantine files, by table."""
    counts = Counter()
    for key in store.objects:
        if key.startswith("quarantine/"):
            counts[key.split("/")[2]] += store.read(key).count(b"\n")
    return dict(counts)


def compare_gold(expected, parts, differences):
    """How many values were compared, and how far any was off."""
    found = pd.concat(parquet.read_table(io.BytesIO(part)).to_pandas() for part in parts).set_index("_key").sort_index()
    differences.compare("gold customers", list(expected.index), list(found.index))
    differences.compare("gold columns", sorted(expected.columns), sorted(found.columns))
    if differences:
        return 0, 0.0
    n_values, largest = 0, 0.0
    for column in expected.columns:
        left, right = expected[column], found[column]
        if column == "_date":
            left, right = left.dt.date, right.map(lambda day: day if isinstance(day, datetime.date) else day.date())
        n_values += len(left)
        if left.dtype.kind == "f" and column.endswith(("_mean", "_std")):
            differences.compare(f"nulls of {column}", int(left.isna().sum()), int(right.isna().sum()))
            off = ((left - right).abs() / left.abs()).max()
            largest = max(largest, float(off))
            if off > RELATIVE:
                differences.append(f"{column} is off by up to {off:.1e}")
            continue
        is_same = (left == right) | (left.isna() & right.isna())
        if not is_same.all():
            who, n_off = is_same.idxmin(), int((~is_same).sum())
            differences.append(f"{column} of {n_off} customers, such as {who}: {left[who]} and {right[who]}")
    return n_values, largest
