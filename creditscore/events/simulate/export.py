"""Each platform's own way of writing down what happened: its names, its words, its clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.events.simulate.clock import END, LOCAL, Ints
from creditscore.events.simulate.rows import DEBT, KIND, MODE, SCOPE, STATUS, TRIP_STATUS, UNKNOWN, Rows, picked

ZONED = pa.timestamp("ms", tz="Asia/Shanghai")
NAIVE = pa.timestamp("ms")
YUAN = pa.decimal128(18, 2)

_ALDER_KIND = {
    "purchase": "小店消费", "payment": "付款", "refund": "退款", "transfer_in": "转入", "transfer_out": "转出",
    "top_up": "充值", "withdrawal": "提现", "income": "收入", "fee": "手续费",
}  # fmt: skip
_ALDER_STATUS = {"completed": "成功", "cancelled": "关闭", "failed": "失败"}
_ALDER_CATEGORY = ("日用", "服饰", "数码", "家居", "出行", "餐饮")
_ALDER_CHANNEL = ("扫码", "应用", "网页")
_BIRCH_OPERATION = {"purchase": "SALE", "refund": "RETURN"}
_BIRCH_DEPARTMENT = ("grocery", "clothing", "electronics", "home", "beauty", "toys", "sports")
_BIRCH_VIA = ("app", "web", "store")
_BIRCH_PLAN = {"pay_later": "LATER", "instalment": "THIRDS"}
_CEDAR_STATE = {"completed": "DELIVERED", "cancelled": "CANCELLED"}
_CEDAR_CUISINE = ("noodles", "rice", "hotpot", "grill", "bakery", "tea")
_CEDAR_TRIP = {"flight": "air", "rail": "train", "coach": "bus", "ride": "cab", "hotel": "stay", "tour": "package"}
_CEDAR_AREA = {"domestic": "HOME", "international": "ABROAD"}
_CEDAR_TRIP_STATE = {"completed": "TAKEN", "cancelled": "CANCELLED", "no_show": "MISSED"}


@dataclass(frozen=True)
class Block:
    """What one block of borrowers did, numbered and with its bad rows. `names` are the borrowers' pseudonyms.

    `aggregates` are what behaviour before the applications amounts to, row by row; no platform writes them down.
    """

    names: pa.Array
    payments: Rows
    shopping: Rows
    instalments: Rows
    orders: Rows
    bookings: Rows
    applications: Rows
    aggregates: Rows


def _alder_transactions(block: Block) -> pa.Table:
    rows = block.payments
    return pa.table(
        {
            "流水号": rows["number"],
            "用户": _who(block, rows),
            "时间": _instant(rows["time"] + LOCAL * (rows["time"] >= 0), NAIVE),
            "类型": _said(rows["kind"], KIND, _ALDER_KIND),
            "金额": _yuan(rows["amount"]),
            "类目": _one_of(_kind_of_shop(rows, 6), _ALDER_CATEGORY),
            "商户": _coded("s", rows["merchant"]),
            "渠道": _one_of(rows["channel"], _ALDER_CHANNEL),
            "状态": _said(rows["status"], STATUS, _ALDER_STATUS),
            "余额": _yuan(rows["balance"]),
            "城市": _coded("c", rows["city"]),
        }
    )


def _birch_orders(block: Block) -> pa.Table:
    rows = block.shopping
    return pa.table(
        {
            "order_no": rows["number"],
            "customer": _plain(_who(block, rows)),
            "created": _written(rows["time"]),
            "operation": _plain(_said(rows["kind"], KIND, _BIRCH_OPERATION)),
            "sum": _yuan(rows["amount"]),
            "department": _plain(_one_of(_kind_of_shop(rows, 7), _BIRCH_DEPARTMENT)),
            "shop": _plain(_coded("b", rows["merchant"])),
            "via": _plain(_one_of(rows["channel"], _BIRCH_VIA)),
        }
    )


def _birch_instalments(block: Block) -> pa.Table:
    rows = block.instalments
    paid = _by_now(rows["paid_at"])
    return pa.table(
        {
            "part_no": rows["number"],
            "customer": _plain(_who(block, rows)),
            "opened": _written(rows["time"]),
            "plan": _plain(_said(rows["kind"], DEBT, _BIRCH_PLAN)),
            "due": _written(rows["due_at"]),
            "due_sum": _yuan(rows["amount"]),
            "paid": _written(paid),
            "paid_sum": _yuan(np.where(paid == UNKNOWN, UNKNOWN, rows["amount"])),
            "closed": _written(_by_now(rows["ended_at"])),
        }
    )


def _cedar_orders(block: Block) -> pa.Table:
    rows = _versions(block.orders)
    state_at = _by_now(rows["status_at"])
    return pa.table(
        {
            "order_id": rows["number"],
            "user_id": _who(block, rows),
            "ordered_at": _instant(rows["time"], ZONED),
            "recorded_at": _instant(rows["recorded_at"], ZONED),
            "total": _decimal(rows["amount"]),
            "cuisine": _one_of(_kind_of_shop(rows, 6), _CEDAR_CUISINE),
            "restaurant": _coded("r", rows["merchant"]),
            "state": _said(np.where(state_at == UNKNOWN, UNKNOWN, rows["status"]), STATUS, _CEDAR_STATE),
            "state_at": _instant(state_at, ZONED),
        }
    )


def _cedar_bookings(block: Block) -> pa.Table:
    """A trip taken is not reported back: its state holds from its departure, and it has no `state_at`."""
    rows = block.bookings
    taken = rows["status"] == TRIP_STATUS["completed"]
    open_ = np.where(taken, rows["departs_at"], rows["status_at"]) >= END
    return pa.table(
        {
            "booking_id": rows["number"],
            "user_id": _who(block, rows),
            "booked_at": _instant(rows["time"], ZONED),
            "kind": _said(rows["mode"], MODE, _CEDAR_TRIP),
            "departs_at": _instant(rows["departs_at"], ZONED),
            "from_city": _coded("c", rows["origin"]),
            "to_city": _coded("c", rows["destination"]),
            "area": _said(rows["scope"], SCOPE, _CEDAR_AREA),
            "km": rows["metres"] / 1_000,
            "nights": rows["nights"].astype(np.int16),
            "price": _decimal(rows["amount"]),
            "state": _said(np.where(open_, UNKNOWN, rows["status"]), TRIP_STATUS, _CEDAR_TRIP_STATE),
            "state_at": _instant(_by_now(rows["status_at"]), ZONED),
        }
    )


def _applications(block: Block) -> pa.Table:
    rows = block.applications
    return pa.table(
        {
            "application_id": application_id(block),
            "borrower_id": _plain(_who(block, rows)),
            "as_of": _instant(rows["time"], ZONED),
            "amount": _yuan(rows["amount"]),
            "term_months": rows["term"].astype(np.int16),
            "instalment": _yuan(rows["instalment"]),
            "outcome": rows["outcome"].astype(np.int8),
        }
    )


def _truth(block: Block) -> pa.Table:
    return pa.table({"application_id": application_id(block), "pd": block.applications["pd"]})


EXPORTS: Mapping[str, Callable[[Block], pa.Table]] = {
    "alder_transactions.parquet": _alder_transactions,
    "birch_orders.csv.gz": _birch_orders,
    "birch_instalments.csv.gz": _birch_instalments,
    "cedar_orders.parquet": _cedar_orders,
    "cedar_bookings.parquet": _cedar_bookings,
    "applications.parquet": _applications,
    "truth.parquet": _truth,
}


def application_id(block: Block) -> pa.Array:
    """The pseudonym and the application's number at its borrower: unique, and the same in a larger market."""
    borrower = block.applications["borrower"]
    number = np.arange(1, len(borrower) + 1) - np.searchsorted(borrower, borrower)
    who = _plain(_who(block, block.applications))
    return pc.binary_join_element_wise(who, pa.array(number).cast(pa.string()), "-")


def _versions(rows: Rows) -> Rows:
    """An amended order is sent again: the same id, another amount, recorded later."""
    again = picked(rows, rows["amended_at"] < END)
    again |= {"amount": again["amended"], "recorded_at": again["amended_at"]}
    both = {name: np.concatenate([column, again[name]]) for name, column in rows.items()}
    return picked(both, np.argsort(both["number"], kind="stable"))


def _who(block: Block, rows: Rows) -> pa.Array:
    return pa.DictionaryArray.from_arrays(_or_null(rows["borrower"]), block.names)


def _said(code: Ints, names: Mapping[str, int], words: Mapping[str, str]) -> pa.Array:
    return _one_of(code, [words.get(name, "") for name in names])


def _one_of(code: Ints, words: Sequence[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(_or_null(code), pa.array(words, pa.string()))


def _coded(letter: str, code: Ints) -> pa.Array:
    known, index = np.unique(code, return_inverse=True)
    words = pa.array([f"{letter}{one}" for one in known.tolist()], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(index, pa.int32(), mask=code == UNKNOWN), words)


def _kind_of_shop(rows: Rows, kinds: int) -> Ints:
    return np.where(rows["merchant"] == UNKNOWN, UNKNOWN, rows["merchant"] % kinds)


def _plain(words: pa.Array) -> pa.Array:
    return words.cast(pa.string())


def _or_null(code: Ints) -> pa.Array:
    return pa.array(code, pa.int32(), mask=code == UNKNOWN)


def _yuan(fen: Ints) -> pa.Array:
    return pa.array(fen / 100, mask=fen == UNKNOWN)


def _decimal(fen: Ints) -> pa.Array:
    """Exact amounts, put together from their 128-bit words."""
    words = np.stack([fen, np.where(fen < 0, -1, 0)], axis=1).astype("<i8")
    return pa.Array.from_buffers(YUAN, len(fen), [None, pa.py_buffer(words)])


def _instant(time: Ints, kind: pa.DataType) -> pa.Array:
    return pa.array(time * 1_000, pa.int64(), mask=time == UNKNOWN).cast(kind)


def _written(time: Ints) -> pa.Array:
    """Local time as text, 2024/05/31 21:04:09."""
    local = pa.array(time + LOCAL, pa.int64(), mask=time == UNKNOWN).cast(pa.timestamp("s"))
    return pc.replace_substring(local.cast(pa.string()), "-", "/")


def _by_now(time: Ints) -> Ints:
    """What is known when the files are made, at the end of the three years."""
    return np.where(time < END, time, UNKNOWN)
