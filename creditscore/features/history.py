"""History: how long and how broadly a borrower is known."""

from __future__ import annotations

from creditscore.features.define import (
    count,
    distinct,
    entropy,
    flatten,
    obligations,
    ratio,
    recency,
    tenure,
    top_share,
    transactions,
    trips,
)
from creditscore.features.spending import income
from creditscore.features.timeline import longest_gap

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
        tenure(income, name="income_tenure", reason="H01", riskier="lower", en="Days since the first income payment",
               zh="距首笔收入的天数"),
        distinct(obligations.platform, days=("all",), name="obligation_platforms", reason="H02",
                 en="On how many platforms payments were agreed to {period}", zh="{period}有应还款的平台数"),
        top_share(transactions.platform, days=(365,), name="top_platform_share", reason="H02",
                  en="Share of transactions on whichever platform has the most {period}",
                  zh="{period}交易最多的平台的占比"),
        distinct(transactions.merchant_id, days=("all",), name="merchants_known", reason="H02", riskier="lower",
                 en="How many different merchants are known {period}", zh="{period}已知的不同商户数"),
        top_share(transactions.city, days=(365,), name="top_city_share", reason="H03",
                  en="Share of transactions in whichever city has the most {period}", zh="{period}交易最多的城市的占比"),
        entropy(transactions.city, days=(365,), name="city_entropy", reason="H03",
                en="How evenly transactions spread over cities (entropy) {period}", zh="{period}交易城市分布的熵"),
        ratio(distinct(transactions.day, days="all"), tenure(transactions), name="active_days_share", reason="H04",
              riskier="lower", unit="share", en="Share of days with a transaction since the first one",
              zh="自首次交易以来有交易的天数占比"),
        longest_gap(transactions, days=("all",), name="silence_longest", reason="H04", riskier="higher",
                    en="Longest silence: most days from a transaction to the next {period}",
                    zh="{period}最长无交易间隔天数"),
    ]
)  # fmt: skip
