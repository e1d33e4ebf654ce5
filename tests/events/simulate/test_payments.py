from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from creditscore.events.simulate.rows import KIND, STATUS, Rows

COMES_IN = {KIND[name] for name in ("refund", "transfer_in", "top_up", "income")}


def test_balances_follow_the_money_and_never_fall_below_zero(tables: Mapping[str, Rows]) -> None:
    rows = tables["payments"]
    balance, borrower = rows["balance"].tolist(), rows["borrower"].tolist()
    for i in range(1, len(balance)):
        if borrower[i] == borrower[i - 1]:
            amount = int(rows["amount"][i]) * (rows["status"][i] == STATUS["completed"])
            signed = amount if rows["kind"][i] in COMES_IN else -amount
            assert balance[i] == max(balance[i - 1] + signed, 0)


def test_salaries_come_once_a_month_at_most(people, tables) -> None:
    rows = tables["payments"]
    paid = (rows["kind"] == KIND["income"]) & people.salaried[rows["borrower"]]
    month = (rows["time"][paid] * 10**6 + 8 * 3_600 * 10**6).astype("datetime64[us]").astype("datetime64[M]")
    once = set(zip(rows["borrower"][paid].tolist(), month.tolist(), strict=True))
    assert len(once) == paid.sum() > 1_000


def test_stress_makes_withdrawals_more_frequent(people, tables) -> None:
    rows = tables["payments"]
    count = np.bincount(rows["borrower"][rows["kind"] == KIND["withdrawal"]], minlength=len(people))
    strained = people.stress.mean(axis=1) > np.median(people.stress.mean(axis=1))
    assert count[strained].mean() > 1.3 * count[~strained].mean()
