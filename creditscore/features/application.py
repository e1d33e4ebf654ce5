"""The application itself, and what it asks for against what the borrower has."""

from __future__ import annotations

from creditscore.features.define import applications, flatten, mean, ratio, smallest, total, transactions, value
from creditscore.features.spending import income, paid_in

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
    ]
)  # fmt: skip
