"""A period of whole days: which rows are within it, and which a source need not read at all."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from creditscore.errors import SchemaError

_DAY = dt.timedelta(days=1)


class Period(NamedTuple):
    """Whole days, UTC: `start` <= time < `until`; None: without that end."""

    start: dt.date | None = None
    until: dt.date | None = None

    @property
    def spared(self) -> Period:
        """A day longer at both ends: a local time may be another day's in UTC."""
        return Period(self.start and self.start - _DAY, self.until and self.until + _DAY)


class Span(NamedTuple):
    """A source's period, and its own column of the times that fall into it."""

    column: str
    period: Period


def check_period(period: tuple[dt.date | None, dt.date | None], where: str) -> None:
    """Raise SchemaError where it is not two days, one before the other, or one of them."""
    days = len(period) == 2 and all(day is None or type(day) is dt.date for day in period)
    start, until = period if days else (None, None)
    if not days or (start and until and start >= until):
        raise SchemaError(f"{where}: a period is two days (datetime.date), one before the other; None: no such end")


def within(period: Period, times: pa.ChunkedArray) -> npt.NDArray[np.bool_]:
    """The rows of a period, and those without a time, which are bad and to be counted; of UTC microseconds."""
    ticks = times.to_numpy()
    later = True if period.start is None else ticks >= np.datetime64(period.start)
    earlier = True if period.until is None else ticks < np.datetime64(period.until)
    rows: npt.NDArray[np.bool_] = np.isnat(ticks) | (later & earlier)
    return rows


def may_hold(group: pq.RowGroupMetaData, span: Span) -> bool:
    """Whether a row group of Parquet may hold rows of a span, or rows without a time, by what it says of its column."""
    chunks = (group.column(i) for i in range(group.num_columns))
    known = next((chunk.statistics for chunk in chunks if chunk.path_in_schema == span.column), None)
    if known is None or not known.has_min_max or not known.has_null_count or known.null_count:
        return True
    low, high, period = known.min, known.max, span.period.spared
    if not isinstance(low, dt.date):
        return True
    return not ((period.start and _day(high) < period.start) or (period.until and _day(low) >= period.until))


def _day(time: dt.date) -> dt.date:
    return time.date() if isinstance(time, dt.datetime) else time
