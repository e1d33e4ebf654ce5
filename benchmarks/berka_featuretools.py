"""featuretools' default features of the Czech bank's loans, for `accuracy.py --featuretools FILE`.

    python benchmarks/berka_featuretools.py --berka FOLDER --out FILE

In an environment of its own, with featuretools and pandas 2 (its woodwork does not work with pandas 3). Deep feature
synthesis with all of its defaults: loans as the target, their accounts' transactions before the loan by cut-off times
(Kanter & Veeramachaneni, 2015, "Deep feature synthesis"). Writes a Parquet file: loan_id and the features, numbers
only, categories as 0 and 1 of their most frequent values.
"""

import argparse
from pathlib import Path

import featuretools
import pandas as pd


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--berka", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    loans = pd.read_parquet(arguments.berka / "loan.parquet").sort_values("loan_id", ignore_index=True)
    made = features(loans, pd.read_parquet(arguments.berka / "transactions.parquet"))
    made.reset_index().to_parquet(arguments.out, index=False)
    print(f"{arguments.out}: {made.shape[1]} features of {made.shape[0]} loans")


def features(loans: pd.DataFrame, transactions: pd.DataFrame) -> pd.DataFrame:
    """The feature matrix, indexed by loan_id; the outcome stays out of it."""
    target = loans[["loan_id", "account_id", "date", "amount", "duration", "payments"]].copy()
    target["date"] = pd.to_datetime(target["date"])
    own = transactions[transactions["account_id"].isin(target["account_id"])].copy()
    own["date"] = pd.to_datetime(own["date"])
    own["row"] = range(len(own))
    entities = featuretools.EntitySet("bank")
    entities.add_dataframe(dataframe_name="loans", dataframe=target, index="loan_id")
    entities.add_dataframe(dataframe_name="transactions", dataframe=own, index="row", time_index="date")
    accounts = target[["account_id"]].drop_duplicates()
    entities.add_dataframe(dataframe_name="accounts", dataframe=accounts, index="account_id")
    entities.add_relationship("accounts", "account_id", "transactions", "account_id")
    entities.add_relationship("accounts", "account_id", "loans", "account_id")
    # the day of the loan itself is not seen
    times = pd.DataFrame({"loan_id": target["loan_id"], "time": target["date"] - pd.Timedelta(seconds=1)})
    made, definitions = featuretools.dfs(entityset=entities, target_dataframe_name="loans", cutoff_time=times)
    encoded, _ = featuretools.encode_features(made, definitions)
    return encoded.astype("float64")


if __name__ == "__main__":
    main()
