"""Rhythm: how often, on how many days, at what hours, and whether it changes."""

from __future__ import annotations

from creditscore.features.define import count, distinct, flatten, ratio, recency, share, transactions

bought = transactions.where(kind=("purchase", "payment"))

RHYTHM = flatten(
    [
        count(transactions, days=(7, 30, 90, 365), name="transactions", reason="R01",
              en="How many transactions {period}", zh="{period}交易笔数"),
        distinct(transactions.day, days=(30, 90, 365), name="active_days", reason="R01", riskier="lower",
                 en="On how many days there was a transaction {period}", zh="{period}有交易的天数"),
        ratio(count(transactions, days=30), count(transactions, days=90), name="transactions_30d_of_90d",
              reason="R02", en="Transactions of the last 30 days over those of the last 90",
              zh="近30天交易笔数占近90天的比例"),
        ratio(count(transactions, days=90), count(transactions, days=365), name="transactions_90d_of_365d",
              reason="R02", en="Transactions of the last 90 days over those of the last 365",
              zh="近90天交易笔数占近365天的比例"),
        ratio(count(transactions, days=(90, 365)), distinct(transactions.day, days=(90, 365)),
              name="transactions_per_active_day", reason="R02", en="Transactions for each active day {period}",
              zh="{period}每个活跃日的交易笔数"),
        share(bought.where(hour=(23, 5)), of=bought, days=(90, 365), name="night_share", reason="R03",
              riskier="higher", en="Share of purchases and payments made from 23:00 to 05:00 {period}",
              zh="{period}夜间（23点至5点）消费占比"),
        share(bought.where(weekday=(5, 7)), of=bought, days=(90, 365), name="weekend_share", reason="R03",
              en="Share of purchases and payments made on weekends {period}", zh="{period}周末消费占比"),
        share(bought.where(hour=(9, 18), weekday=(0, 5)), of=bought, days=(365,), name="working_hours_share",
              reason="R03", en="Share of purchases and payments made in working hours {period}",
              zh="{period}工作时间消费占比"),
        recency(transactions, name="days_since_transaction", reason="R04", riskier="higher",
                en="Days since the last transaction", zh="距最近一次交易的天数"),
        recency(bought, name="days_since_purchase", reason="R04", riskier="higher",
                en="Days since the last purchase or payment", zh="距最近一次消费的天数"),
    ]
)  # fmt: skip
