"""Obligations: what was owed, and whether it was paid on time, as known at the decision."""

from __future__ import annotations

from creditscore.features.define import count, flatten, largest, mean, obligations, ratio, recency, share, total

due = obligations.where(due=True)
late = obligations.where(late=True)
overdue = obligations.where(late=True, open=True)
still_open = obligations.where(open=True)

OBLIGATIONS = flatten(
    [
        count(obligations, days=(90, 365, "all"), name="obligations", reason="O01",
              en="How many payments were agreed to {period}", zh="{period}应还款笔数"),
        total(obligations.amount_due, days=(90, 365), name="amount_due", reason="O01",
              en="Sum of payments agreed to {period}", zh="{period}应还款总金额"),
        share(late, of=due, days=(90, 180, 365, "all"), name="late_share", reason="O02", riskier="higher",
              en="Share of payments due that were a day or more late {period}",
              zh="{period}到期款项中逾期一天以上的占比"),
        count(late, days=(90, 365, "all"), name="late_payments", reason="O02", riskier="higher",
              en="How many payments were a day or more late {period}", zh="{period}逾期一天以上的次数"),
        count(obligations.where(days_past_due=(30, None)), days=(365, "all"), name="late_30_days", reason="O03",
              riskier="higher", en="How many payments were 30 days or more late {period}",
              zh="{period}逾期30天以上的次数"),
        largest(due.days_past_due, days=(90, 365, "all"), name="days_past_due_worst", reason="O03", riskier="higher",
                en="Most days that a payment was late {period}", zh="{period}最长逾期天数"),
        mean(due.days_past_due, days=(90, 365), name="days_past_due_mean", reason="O03", riskier="higher",
             en="Average days that payments due were late {period}", zh="{period}平均逾期天数"),
        share(due.amount_paid, of=due.amount_due, days=(90, 365, "all"), name="paid_share", reason="O04",
              riskier="lower", en="Share of the amounts due that was paid {period}", zh="{period}到期金额的已还比例"),
        count(overdue, days=("all",), name="overdue_now", reason="O05", riskier="higher",
              en="How many payments are overdue at the decision {period}", zh="当前逾期未还的笔数（{period}）"),
        total(overdue.amount_unpaid, days=("all",), name="overdue_amount", reason="O05", riskier="higher",
              en="Sum overdue at the decision {period}", zh="当前逾期未还的金额（{period}）"),
        count(still_open, days=("all",), name="open_obligations", reason="O06",
              en="How many payments are open at the decision {period}", zh="当前未结清的笔数（{period}）"),
        total(still_open.amount_unpaid, days=("all",), name="open_amount", reason="O06", riskier="higher",
              en="Sum still open at the decision {period}", zh="当前未结清的金额（{period}）"),
        recency(late, name="days_since_late", reason="O02", riskier="lower",
                en="Days since the last payment that became late was agreed to", zh="距最近一笔逾期款项的天数"),
        ratio(total(obligations.amount_due, days=90), total(obligations.amount_due, days=365),
              name="amount_due_90d_of_365d", reason="O01",
              en="Payments agreed to in the last 90 days over those of the last 365", zh="近90天应还款占近365天的比例"),
    ]
)  # fmt: skip
