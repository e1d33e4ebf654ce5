"""Contributions → numbered reasons, in words.

Codes are numbered once and never reused. Points are summed over the features of a code before ranking, because
fine-grained attributions vary between implementations and grouped ones do not. At most four reasons are shown, worst
first, and only those that cost points (Regulation B, commentary 9(b)(2)); none can be hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from creditscore.compiled import compiled
from creditscore.errors import FeatureError
from creditscore.features.formula import Feature

Matrix = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SHOWN = 4
OWN_CODE = re.compile(r"X\d{2,}")
# What is below it is the rounding of sums, and costs nothing.
LEAST = 1e-9
RULE = f"at most {SHOWN}, only those that cost points, worst first, ties by code"


@dataclass(frozen=True)
class ReasonCode:
    """One numbered reason, worded for the borrower and for the risk officer, in English and Chinese."""

    code: str
    borrower_en: str
    borrower_zh: str
    officer_en: str
    officer_zh: str


def _code(code: str, borrower_en: str, borrower_zh: str, officer_en: str, officer_zh: str) -> tuple[str, ReasonCode]:
    return code, ReasonCode(code, borrower_en, borrower_zh, officer_en, officer_zh)


CODES: Mapping[str, ReasonCode] = dict(
    [
        _code("S01", "How much you spend", "您的消费金额", "Level of spending", "消费水平"),
        _code("S02", "A recent change in your spending", "您近期消费的变化", "Trend of spending", "消费趋势"),
        _code("S03", "How unevenly you spend", "您的消费金额波动", "Volatility of spending", "消费波动性"),
        _code("S04", "The variety of what and where you buy", "您的消费品类和商户的多样性", "Variety of merchants and categories", "商户与品类多样性"),
        _code("S05", "Refunds, cancelled or failed payments", "退款、取消或失败的支付", "Refunds, cancellations and failures", "退款、取消与失败交易"),
        _code("S06", "How much you withdraw in cash", "您的取现情况", "Cash withdrawals", "取现行为"),
        _code("S07", "Your income", "您的收入", "Level of income", "收入水平"),
        _code("S08", "How steady your income is", "您的收入稳定性", "Stability of income", "收入稳定性"),
        _code("S09", "What you pay out compared with what comes in", "您的收支情况", "Outflow against inflow", "资金收支比"),
        _code("S10", "Your account balance", "您的账户余额", "Account balance", "账户余额"),
        _code("S11", "Fees charged to you", "您被收取的费用", "Fees and penalties charged", "费用与罚息"),
        _code("S12", "Your top-ups and transfers", "您的充值和转账", "Top-ups and transfers", "充值与转账"),
        _code("S13", "Unusually large or small purchases", "您的大额和小额消费", "Size of purchases", "消费单笔金额分布"),
        _code("S14", "A recent change in your account balance", "您账户余额的近期变化", "Trend of account balance", "账户余额趋势"),
        _code("S15", "A recent change in your income", "您收入的近期变化", "Trend of income", "收入趋势"),
        _code("R01", "How active you are", "您的活跃程度", "Level of activity", "活跃程度"),
        _code("R02", "A recent change in your activity", "您近期活跃度的变化", "Trend of activity", "活跃度趋势"),
        _code("R03", "The times at which you buy", "您的消费时段", "Times of purchases", "消费时段"),
        _code("R04", "The time since you were last active", "您距上次活动的时间", "Recency of activity", "最近活跃时间"),
        _code("R05", "How regularly you buy", "您消费的规律性", "Regularity of purchases", "消费规律性"),
        _code("R06", "Long pauses between your purchases", "您消费之间的长时间间断", "Pauses in activity", "活动间断"),
        _code("R07", "How regularly your income arrives", "您收入到账的规律性", "Regularity of income", "收入到账规律性"),
        _code("R08", "How regularly you top up", "您充值的规律性", "Regularity of top-ups", "充值规律性"),
        _code("T01", "How often you travel", "您的出行频率", "Frequency of travel", "出行频率"),
        _code("T02", "How much you spend on travel", "您的出行消费", "Spending on travel", "出行消费"),
        _code("T03", "Trips that you cancelled or missed", "您取消或未到场的出行", "Cancellations and no-shows", "取消与未到场"),
        _code("T04", "How far ahead you book", "您的提前预订时间", "Booking lead time", "预订提前期"),
        _code("T05", "How far and to how many places you travel", "您的出行范围", "Range of travel", "出行范围"),
        _code("T06", "How long ago you travelled", "您的出行历史", "History of travel", "出行历史"),
        _code("T07", "How regularly and at what times you travel", "您出行的规律性和时段", "Regularity and times of travel", "出行规律与时段"),
        _code("T08", "How much you travel abroad", "您的跨境出行", "Travel across borders", "跨境出行"),
        _code("T09", "From how many places your trips begin", "您出行的出发地是否固定", "Stability of home", "居住稳定性"),
        _code("O01", "How much you have agreed to pay", "您的应还款", "Level of obligations", "应还款水平"),
        _code("O02", "Payments made late", "您的逾期还款", "Frequency of late payment", "逾期频率"),
        _code("O03", "How late payments were", "您的逾期天数", "Severity of late payment", "逾期严重程度"),
        _code("O04", "The share of what was due that you paid", "您的还款比例", "Share of amounts due that was paid", "已还款比例"),
        _code("O05", "Payments that are overdue now", "您当前的逾期款项", "Currently overdue", "当前逾期"),
        _code("O06", "Payments that are still open", "您未结清的款项", "Open obligations", "未结清款项"),
        _code("O07", "How many payments in a row you made on time", "您连续按时还款的情况", "Runs of payments on time or late", "连续按时或逾期情况"),
        _code("O08", "A recent change in how late you pay", "您近期逾期情况的变化", "Trend of late payment", "逾期趋势"),
        _code("O09", "What kinds of payments you agree to", "您应还款的种类", "Kinds of obligations", "应还款种类"),
        _code("O10", "Payments that ended unpaid", "您最终未还的款项", "Write-offs and other ends without payment", "核销等未还终止"),
        _code("O11", "What you have agreed to pay compared with your income", "您的应还款与收入之比", "Obligations against income", "应还款与收入之比"),
        _code("H01", "How long your history is", "您的历史长度", "Length of history", "历史长度"),
        _code("H02", "How broad your history is", "您的历史广度", "Breadth of history", "历史广度"),
        _code("H03", "In how many places you buy", "您的消费地点数", "Number of places", "地点数量"),
        _code("H04", "How steadily you have been active", "您长期活跃的稳定性", "Continuity of history", "历史连续性"),
        _code("H05", "Whether records of your payments and purchases were available", "是否有您的支付和消费记录", "Availability of transactions", "交易记录可得性"),
        _code("H06", "Whether records of your travel were available", "是否有您的出行记录", "Availability of travel records", "出行记录可得性"),
        _code("H07", "Whether records of your instalments and bills were available", "是否有您的分期和账单记录", "Availability of obligations", "还款义务记录可得性"),
        _code("A01", "How much you apply for", "您的申请金额", "Amount applied for", "申请金额"),
        _code("A02", "The term that you apply for", "您的申请期限", "Term applied for", "申请期限"),
        _code("A03", "The instalment compared with your means", "月供与您财力之比", "Instalment against means", "月供与财力之比"),
        _code("A04", "What you apply for compared with what you have agreed to pay", "您的申请与现有应还款之比", "Application against obligations", "申请与应还款之比"),
    ]
)  # fmt: skip


# The code of each data family's absence.
ABSENCE = {"transactions": "H05", "trips": "H06", "obligations": "H07"}


def codes_of(features: Iterable[Feature], known: Mapping[str, ReasonCode] = CODES) -> tuple[str, ...]:
    """Each feature's code. Raises FeatureError naming all features that have none, or one that is not known: what may
    not be a reason may not be an input.
    """
    features = tuple(features)
    without = [feature.name for feature in features if feature.reason not in known]
    if without:
        raise FeatureError(
            f"{len(without)} of {len(features)} features have no known reason code: {', '.join(without)}; give each "
            f"reason=, or in a config reasons: features: {{{without[0]}: CODE}}, one of {', '.join(known)}"
        )
    return tuple(feature.reason for feature in features if feature.reason)


def with_own(own: Iterable[ReasonCode]) -> dict[str, ReasonCode]:
    """The catalogue and an agency's own codes: X and two or more digits, so that no number here is ever taken.

    Raises FeatureError for another code, for one given twice, and for a wording that another code has.
    """
    known = dict(CODES)
    for reason in own:
        if not OWN_CODE.fullmatch(reason.code) or reason.code in known:
            raise FeatureError(f"reason code '{reason.code}': an agency's own is X and digits, as X01, each given once")
        taken = next((one.code for one in known.values() if one.borrower_en == reason.borrower_en), None)
        if taken:
            raise FeatureError(f"reason code '{reason.code}' is worded as {taken} is; use {taken}, or other words")
        known[reason.code] = reason
    return known


def rank(points: Matrix) -> Ints:
    """The columns of each row's reasons, worst first, −1 where fewer than four cost points; int64[rows, 4].

    >>> rank(np.array([[-3.0, 2.0, -7.0]])).tolist()
    [[2, 0, -1, -1]]
    """
    worst = np.full((len(points), SHOWN), -1)
    _rank(points, worst)
    return worst


@compiled
def _rank(points: Matrix, worst: Ints) -> None:
    """Fill in the columns, the next worst each time; of ties the first, so that they go by code."""
    for row in range(len(points)):
        for n in range(worst.shape[1]):
            least = -LEAST
            for column in range(points.shape[1]):
                if points[row, column] < least and column not in worst[row, :n]:
                    least, worst[row, n] = points[row, column], column
            if worst[row, n] < 0:
                break
