"""Spending and money: what is spent and earned, how steadily, on how many things, and what is left of it."""

from __future__ import annotations

from creditscore.features.define import (
    count,
    distinct,
    flatten,
    largest,
    mean,
    ratio,
    share,
    smallest,
    spread,
    tenure,
    total,
    transactions,
)

completed = transactions.where(status="completed")
spent = completed.where(kind=("purchase", "payment"))
ordered = transactions.where(kind=("purchase", "payment"))
refunds = completed.where(kind="refund")
undone = transactions.where(kind=("purchase", "payment"), status=("cancelled", "failed"))
income = completed.where(kind="income")
paid_in = completed.where(kind=("income", "transfer_in", "top_up"))
paid_out = completed.where(kind=("purchase", "payment", "transfer_out", "withdrawal", "fee"))
withdrawals = completed.where(kind="withdrawal")
transfers_out = completed.where(kind="transfer_out")
top_ups = completed.where(kind="top_up")
fees = completed.where(kind="fee")
overdrawn = transactions.where(balance=(None, 0))

SPENDING = flatten(
    [
        total(spent.amount, days=(30, 90, 180, 365), name="spending_total", reason="S01", riskier=None,
              en="Sum of completed purchases and payments {period}", zh="{period}已完成消费与支付的总金额"),
        mean(spent.amount, days=(90, 365), name="spending_mean", reason="S01",
             en="Average amount of a completed purchase or payment {period}", zh="{period}每笔已完成消费的平均金额"),
        largest(spent.amount, days=(90, 365), name="spending_largest", reason="S01",
                en="Largest completed purchase or payment {period}", zh="{period}最大一笔已完成消费的金额"),
        ratio(total(spent.amount, days=30), total(spent.amount, days=90), name="spending_30d_of_90d", reason="S02",
              en="Spending of the last 30 days over that of the last 90", zh="近30天消费占近90天消费的比例"),
        ratio(total(spent.amount, days=90), total(spent.amount, days=365), name="spending_90d_of_365d", reason="S02",
              en="Spending of the last 90 days over that of the last 365", zh="近90天消费占近365天消费的比例"),
        spread(spent.amount, days=(90, 365), name="spending_spread", reason="S03",
               en="Standard deviation of the amounts of completed purchases and payments {period}",
               zh="{period}已完成消费金额的标准差"),
        distinct(spent.merchant_id, days=(30, 90, 365), name="merchants", reason="S04", riskier="lower",
                 en="How many different merchants were paid {period}", zh="{period}付款的不同商户数"),
        distinct(spent.category, days=(90, 365), name="categories", reason="S04", riskier="lower",
                 en="How many different categories were bought {period}", zh="{period}消费的不同品类数"),
        share(refunds, of=ordered, days=(90, 365), name="refund_share", reason="S05", riskier="higher",
              en="Refunds over purchases and payments, by number, {period}", zh="{period}退款笔数与消费笔数之比"),
        share(undone, of=ordered, days=(90, 365), name="cancelled_or_failed_share", reason="S05", riskier="higher",
              en="Share of purchases and payments that were cancelled or failed {period}",
              zh="{period}被取消或失败的消费占比"),
        share(withdrawals.amount, of=paid_out.amount, days=(90, 365, "all"), name="cash_share", reason="S06",
              riskier="higher", en="Cash withdrawals' share of all money paid out {period}",
              zh="{period}取现金额占全部支出的比例"),
        count(withdrawals, days=(30, 90, 365), name="withdrawals", reason="S06",
              en="How many cash withdrawals {period}", zh="{period}取现次数"),
        mean(withdrawals.amount, days=(90, 365), name="withdrawal_mean", reason="S06",
             en="Average cash withdrawal {period}", zh="{period}平均每次取现金额"),
        total(income.amount, days=(30, 90, 180, 365), name="income_total", reason="S07", riskier="lower",
              en="Sum of income received {period}", zh="{period}收入总额"),
        mean(income.amount, days=(90, 365), name="income_mean", reason="S07", riskier="lower",
             en="Average amount of an income payment {period}", zh="{period}平均每笔收入金额"),
        spread(income.amount, days=(180, 365), name="income_spread", reason="S08",
               en="Standard deviation of income payments {period}", zh="{period}收入金额的标准差"),
        ratio(spread(income.amount, days=(180, 365)), mean(income.amount, days=(180, 365)), name="income_variation",
              reason="S08", riskier="higher", en="Income's standard deviation over its mean {period}",
              zh="{period}收入的变异系数"),
        count(income, days=(90, 180, 365), name="income_payments", reason="S08",
              en="How many income payments {period}", zh="{period}收入笔数"),
        ratio(total(income.amount, days=90), total(income.amount, days=365), name="income_90d_of_365d", reason="S08",
              en="Income of the last 90 days over that of the last 365", zh="近90天收入占近365天收入的比例"),
        total(paid_in.amount, days=(90, 365), name="money_in", reason="S09",
              en="All money paid in, {period}", zh="{period}全部转入资金"),
        ratio(total(paid_out.amount, days=(30, 90, 365)), total(paid_in.amount, days=(30, 90, 365)),
              name="out_over_in", reason="S09", riskier="higher", en="Money paid out over money paid in, {period}",
              zh="{period}支出与转入资金之比"),
        ratio(total(spent.amount, days=(90, 365)), total(income.amount, days=(90, 365)), name="spending_over_income",
              reason="S09", riskier="higher", en="Spending over income {period}", zh="{period}消费与收入之比"),
        ratio(total(paid_in.amount, days="all"), tenure(transactions), name="money_in_a_day", reason="S09", riskier="lower",
              en="Money paid in a day, over the whole history", zh="全部历史日均转入资金"),
        ratio(total(paid_out.amount, days="all"), tenure(transactions), name="money_out_a_day", reason="S09",
              en="Money paid out a day, over the whole history", zh="全部历史日均支出"),
        ratio(total(income.amount, days="all"), tenure(transactions), name="income_a_day", reason="S07", riskier="lower",
              en="Income a day, over the whole history", zh="全部历史日均收入"),
        ratio(total(spent.amount, days="all"), tenure(transactions), name="spending_a_day", reason="S01",
              en="Spending a day, over the whole history", zh="全部历史日均消费"),
        largest(paid_in.amount, days=(365,), name="money_in_largest", reason="S09",
                en="Largest amount paid in, {period}", zh="{period}最大一笔转入资金"),
        spread(paid_in.amount, days=(365,), name="money_in_spread", reason="S09",
               en="Standard deviation of amounts paid in, {period}", zh="{period}转入资金的标准差"),
        mean(transactions.balance, days=(30, 90, 180, "all"), name="balance_mean", reason="S10", riskier="lower",
             en="Average account balance after a transaction {period}", zh="{period}账户平均余额"),
        smallest(transactions.balance, days=(30, 90, 180, "all"), name="balance_smallest", reason="S10", riskier="lower",
                 en="Lowest account balance {period}", zh="{period}账户最低余额"),
        largest(transactions.balance, days=(90, "all"), name="balance_largest", reason="S10",
                en="Highest account balance {period}", zh="{period}账户最高余额"),
        spread(transactions.balance, days=(90, "all"), name="balance_spread", reason="S10",
               en="Standard deviation of the account balance {period}", zh="{period}账户余额的标准差"),
        count(overdrawn, days=(90, 365, "all"), name="overdrawn", reason="S10", riskier="higher",
              en="How many transactions left the account below zero {period}", zh="{period}账户余额为负的交易次数"),
        count(fees, days=(90, 365), name="fees", reason="S11", riskier="higher",
              en="How many fees were charged {period}", zh="{period}被收取费用的次数"),
        total(top_ups.amount, days=(90, 365), name="top_up_total", reason="S12",
              en="Sum of top-ups {period}", zh="{period}充值总金额"),
        total(transfers_out.amount, days=(90, 365), name="transfer_out_total", reason="S12",
              en="Sum of transfers out {period}", zh="{period}转出总金额"),
    ]
)  # fmt: skip
