"""Prior notice: a supplier of negative information tells its subject before (Regulation on the Credit Reporting
Industry, article 15).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


class Notice(NamedTuple):
    """How many obligations are negative information, and of how many nobody says when their subject was told."""

    negative: int
    without: int

    def __add__(self, other: object) -> Notice:
        return (
            Notice(*(a + b for a, b in zip(self, other, strict=True))) if isinstance(other, Notice) else NotImplemented
        )


NONE = Notice(0, 0)


def notice_of(obligations: pa.Table | None, until: np.datetime64) -> Notice:
    """Of the obligations due before `until` (UTC), those not paid by their due time are negative, in whole or in part
    and whatever came later.
    """
    if obligations is None or not obligations.num_rows:
        return NONE
    due, paid = obligations["due_at"], obligations["paid_at"]
    fallen_due = pc.less(due, pa.scalar(until.astype("datetime64[us]").astype(np.int64), pa.int64()).cast(due.type))
    in_time = pc.fill_null(pc.less_equal(paid, due), False)
    short = pc.fill_null(pc.less(obligations["amount_paid"], obligations["amount_due"]), False)
    negative = pc.and_(fallen_due, pc.or_(pc.invert(in_time), short))
    without = pc.and_(negative, pc.is_null(obligations["notified_at"]))
    return Notice(pc.sum(negative).as_py() or 0, pc.sum(without).as_py() or 0)
