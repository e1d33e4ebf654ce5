"""What to beat on the Czech bank's loans: 22 aggregates and 5 loan terms, LightGBM and logistic regression.

The settings are fixed: nothing here was tuned on these data.
"""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

AGGREGATES = """
WITH history AS (
    SELECT l.loan_id, t.*, t.type = 'credit' AS is_credit, date_diff('day', t.date, l.date) AS age,
           coalesce(t.operation, '') = 'withdrawal in cash' AS is_cash, coalesce(t.k_symbol, '') AS purpose
    FROM read_parquet($loans) l JOIN read_parquet($transactions) t USING (account_id)
    WHERE t.date < l.date
), sums AS (
    SELECT loan_id,
           count(*) AS n, max(age) AS tenure, min(age) AS recency,
           avg(balance) AS balance_mean, min(balance) AS balance_min, max(balance) AS balance_max,
           stddev_samp(balance) AS balance_std,
           count(*) FILTER (balance < 0) AS n_negative,
           count(*) FILTER (purpose = 'sanction interest if negative balance') AS n_sanction,
           coalesce(sum(amount) FILTER (is_credit), 0) AS credit,
           coalesce(sum(amount) FILTER (NOT is_credit), 0) AS debit,
           max(amount) FILTER (is_credit) AS credit_max, stddev_samp(amount) FILTER (is_credit) AS credit_std,
           coalesce(sum(amount) FILTER (purpose = 'household'), 0) AS household,
           coalesce(sum(amount) FILTER (purpose = 'insurrance payment'), 0) AS insurance,
           avg(balance) FILTER (age <= 90) AS balance_mean_90, min(balance) FILTER (age <= 90) AS balance_min_90,
           coalesce(sum(amount) FILTER (age <= 90 AND is_credit), 0) AS credit_90,
           coalesce(sum(amount) FILTER (age <= 90 AND NOT is_credit), 0) AS debit_90,
           coalesce(sum(amount) FILTER (is_cash), 0) AS cash
    FROM history GROUP BY loan_id
), rates AS (
    SELECT *, greatest(tenure / 30.4, 1) AS months FROM sums
)
SELECT n, tenure, recency, balance_mean, balance_min, balance_max, balance_std, n_negative, n_sanction,
       credit / months AS credit_month, debit / months AS debit_month, credit_max, credit_std, n / months AS n_month,
       (credit / months) / (debit / months + 1) AS net, household / months AS household_month,
       insurance / months AS insurance_month, balance_mean_90, balance_min_90, credit_90, debit_90,
       cash / (debit + 1) AS cash_share, amount, duration, payments,
       payments / (credit / months + 1) AS payment_to_credit, payments / (abs(balance_min) + 1) AS payment_to_balance
FROM read_parquet($loans) LEFT JOIN rates USING (loan_id) ORDER BY loan_id
"""


def aggregates(folder: Path) -> pd.DataFrame:
    """One row a loan, ordered by loan_id."""
    files = {"loans": f"{folder}/loan.parquet", "transactions": f"{folder}/transactions.parquet"}
    return duckdb.execute(AGGREGATES, files).df()


def folds(bad: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """5 × 5 stratified folds, as (train, test) row numbers."""
    return list(RepeatedStratifiedKFold(n_splits=5, n_repeats=5, random_state=1).split(bad, bad))


def models() -> dict[str, object]:
    boosted = LGBMClassifier(
        n_estimators=150,
        learning_rate=0.04,
        num_leaves=7,
        min_child_samples=15,
        subsample=0.8,
        subsample_freq=1,
        colsample_bytree=0.6,
        reg_lambda=5,
        verbose=-1,
        random_state=0,
    )
    linear = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(C=0.1, max_iter=2_000))
    return {"lightgbm": boosted, "logistic": linear}
