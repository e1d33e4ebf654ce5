"""The application itself, and what it asks for against what the borrower has."""

from __future__ import annotations

from creditscore.features.define import (
    applications,
    difference,
    flatten,
    largest,
    mean,
    median,
    obligations,
    quantile,
    ratio,
    smallest,
    total,
    transactions,
    value,
)
from creditscore.features.obligations import paid, still_open
from creditscore.features.spending import income, paid_in, paid_out
from creditscore.features.timeline import last

APPLICATION = flatten(
    [
        value(applications.amount, name="amount_applied_for", reason="A01",
              en="Amount applied for", zh="申请金额"),
        value(applications.term_months, name="term_months", reason="A02", unit="months", en="Term in months",
              zh="申请期限（月）"),
        value(applications.instalment, name="instalment", reason="A01", riskier="higher",
              en="Instalment to be paid a month", zh="每月应还金额"),
        ratio(applications.instalment, total(income.amount, days=(90, 365)), name="instalment_over_income",
              reason="A03", riskier="higher", en="Monthly instalment over income {period}",
              zh="月供与{period}收入之比"),
        ratio(applications.instalment, total(paid_in.amount, days=(90, 365)), name="instalment_over_money_in",
              reason="A03", riskier="higher", en="Monthly instalment over all money paid in, {period}",
              zh="月供与{period}转入资金之比"),
        ratio(applications.instalment, mean(transactions.balance, days=(90, 365)), name="instalment_over_balance",
              reason="A03", en="Monthly instalment over the average balance {period}",
              zh="月供与{period}平均余额之比"),
        ratio(smallest(transactions.balance, days=(90, 365)), applications.instalment,
              name="lowest_balance_over_instalment", reason="A03", riskier="lower",
              en="Lowest balance {period} over the monthly instalment", zh="{period}最低余额与月供之比"),
        ratio(applications.amount, total(income.amount, days=365), name="amount_over_income", reason="A03",
              riskier="higher", en="Amount applied for over income {period}", zh="申请金额与{period}收入之比"),
        ratio(applications.amount, applications.instalment, name="amount_over_instalment", reason="A02",
              en="Amount applied for over the monthly instalment", zh="申请金额与月供之比"),
        ratio(applications.instalment, median(income.amount, days=365), name="instalment_over_median_income",
              reason="A03", riskier="higher", en="Monthly instalment over the median income payment {period}",
              zh="月供与{period}收入中位数之比"),
        ratio(applications.instalment, last(income.amount, days=365), name="instalment_over_last_income", reason="A03",
              riskier="higher", en="Monthly instalment over the last income payment {period}",
              zh="月供与{period}最近一笔收入之比"),
        ratio(difference(total(paid_in.amount, days=90), total(paid_out.amount, days=90)), applications.instalment,
              name="net_flow_over_instalment", reason="A03", riskier="lower",
              en="Money paid in less money paid out over the monthly instalment, {period}",
              zh="{period}转入资金减支出与月供之比"),
        ratio(last(transactions.balance, days=365), applications.instalment, name="last_balance_over_instalment",
              reason="A03", riskier="lower", en="Last known balance over the monthly instalment {period}",
              zh="{period}最近一次余额与月供之比"),
        ratio(quantile(transactions.balance, q=0.1, days=365), applications.instalment,
              name="low_balance_over_instalment", reason="A03", riskier="lower",
              en="Low account balance (10 % quantile) over the monthly instalment {period}",
              zh="{period}余额10%分位数与月供之比"),
        ratio(mean(obligations.amount_due, days=365), applications.instalment, name="mean_due_over_instalment",
              reason="A04", en="Average payment agreed to {period} over the monthly instalment",
              zh="{period}平均每笔应还金额与月供之比"),
        ratio(applications.amount, largest(paid.amount_due, days="all"), name="amount_over_largest_paid", reason="A04",
              en="Amount applied for over the largest payment made {period}", zh="申请金额与{period}已还最大一笔金额之比"),
        ratio(total(still_open.amount_unpaid, days="all"), applications.amount, name="open_over_amount", reason="A04",
              riskier="higher", en="Sums still open over the amount applied for, {period}",
              zh="{period}未结清金额与申请金额之比"),
    ]
)  # fmt: skip
