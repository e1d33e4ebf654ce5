"""History: how long and how broadly a borrower is known."""

from __future__ import annotations

from creditscore.features.define import count, distinct, flatten, obligations, recency, tenure, transactions, trips

HISTORY = flatten(
    [
        tenure(transactions, name="transaction_tenure", reason="H01", riskier="lower",
               en="Days since the first transaction", zh="距首次交易的天数"),
        tenure(obligations, name="obligation_tenure", reason="H01", riskier="lower",
               en="Days since the first payment was agreed to", zh="距首笔应还款的天数"),
        distinct(transactions.platform, days=(365, "all"), name="platforms", reason="H02", riskier="lower",
                 en="On how many platforms there were transactions {period}", zh="{period}有交易的平台数"),
        distinct(transactions.city, days=(365,), name="cities", reason="H03",
                 en="In how many different cities transactions were made {period}", zh="{period}交易所在城市数"),
        distinct(transactions.channel, days=(365,), name="channels", reason="H02",
                 en="How many different channels were used {period}", zh="{period}使用的不同渠道数"),
        count(transactions, days=("all",), name="transactions_known", reason="H01", riskier="lower",
              en="How many transactions are known {period}", zh="{period}已知交易笔数"),
        recency(obligations, name="days_since_obligation", reason="H01",
                en="Days since the last payment was agreed to", zh="距最近一笔应还款的天数"),
        distinct(trips.platform, days=("all",), name="travel_platforms", reason="H02",
                 en="On how many platforms trips were booked {period}", zh="{period}预订出行的平台数"),
    ]
)  # fmt: skip
