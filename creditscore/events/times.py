"""Times of any Arrow type, or as text, to UTC microseconds; local hours from a declared zone."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.errors import SchemaError
from creditscore.events.schema import TIME

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
EARLIEST = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)
LATEST = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
# The same in UTC microseconds.
FIRST_TICK, LAST_TICK = (int(time.timestamp()) * 1_000_000 for time in (EARLIEST, LATEST))

_LOCAL = pa.timestamp("us")
_MICROSECONDS = {"s": 1_000_000, "ms": 1_000}
# Beyond EARLIEST and LATEST on both sides, and near enough that no unit overflows.
_FAR = 1 << 53
_DAY = (
    r"(?:\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8]))"
    r"|(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)"
)
_CLOCK = r"[T ](?:[01]\d|2[0-3])(?::[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?)?"
_ZONE = r"(?:Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)"
_LONGEST = len("2024-01-01T10:00:00.123456")


class Instants(NamedTuple):
    """Times read: `utc` where the zone is known, `local` where it is not; null in both where they cannot be read."""

    utc: pa.ChunkedArray
    local: pa.ChunkedArray


def instants(values: pa.ChunkedArray, time_format: str | None) -> Instants | None:
    """Timestamps, dates or text as microseconds (finer ones floored); None where they are of another type."""
    kind = values.type
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        return Instants(_micros(values).cast(TIME), _nulls(values, _LOCAL))
    if pa.types.is_timestamp(kind):
        return Instants(_nulls(values, TIME), _micros(values))
    if pa.types.is_null(kind):
        return Instants(_nulls(values, TIME), _nulls(values, _LOCAL))
    if pa.types.is_date(kind):
        return Instants(_nulls(values, TIME), _micros(values.cast(pa.timestamp("ms"))))
    if pa.types.is_string(kind):
        return _from_iso(values) if time_format is None else _from_format(values, time_format)
    return None


def with_zone(local: pa.ChunkedArray, timezone: str) -> pa.ChunkedArray:
    """Local times as UTC: the earlier of two that a clock shows twice, the last instant before one that it skips."""
    return pc.assume_timezone(local, timezone, ambiguous="earliest", nonexistent="earliest").cast(TIME)


def offset_minutes(utc: pa.ChunkedArray, timezone: str | None) -> pa.ChunkedArray:
    """Local time less UTC at each instant, in minutes (floored); 0 without a zone and at a missing time."""
    ticks = _ticks(utc)
    if timezone is None:
        return _chunked(pa.array(np.zeros_like(ticks)))
    local = _ticks(pc.local_timestamp(utc.cast(pa.timestamp("us", timezone))))
    return _chunked(pa.array((local - ticks) // 60_000_000))


def check_timezone(timezone: str, where: str) -> None:
    """Raise SchemaError where the zone is unknown to the time zone database."""
    try:
        pc.assume_timezone(pa.array([dt.datetime(2000, 1, 1)], _LOCAL), timezone)
    except pa.ArrowInvalid:
        raise SchemaError(
            f"{where}: unknown timezone '{timezone}'; expected a name of the time zone database, as Asia/Shanghai, or "
            f"an offset, as +08:00"
        ) from None


def check_time_format(time_format: str, where: str) -> None:
    """Raise SchemaError where strptime does not know the format."""
    try:
        dt.datetime.strptime(EARLIEST.strftime(time_format), time_format)
    except ValueError:
        raise SchemaError(
            f"{where}: '{time_format}' is no strptime format; give time_format as '%d/%m/%Y %H:%M'"
        ) from None


def _nulls(values: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    return _chunked(pa.nulls(len(values), kind))


def _chunked(array: pa.Array) -> pa.ChunkedArray:
    return pa.chunked_array([array])


def _ticks(values: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    ticks: npt.NDArray[np.int64] = values.cast(pa.int64()).fill_null(0).to_numpy()
    return ticks


def _micros(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """A timestamp column in any unit as local microseconds; what lies too far out stays too far out."""
    if values.type.unit == "us":
        return values.cast(pa.int64()).cast(_LOCAL)
    ticks = _ticks(values)
    if values.type.unit == "ns":
        ticks = ticks // 1_000
    else:
        unit = _MICROSECONDS[values.type.unit]
        ticks = np.clip(ticks, -_FAR // unit, _FAR // unit) * unit
    return _chunked(pa.array(ticks, mask=values.is_null().to_numpy()).cast(_LOCAL))


def _from_iso(texts: pa.ChunkedArray) -> Instants:
    texts = _at_most_microseconds(texts)
    local = pc.match_substring_regex(texts, f"^{_DAY}(?:{_CLOCK})?$")
    zoned = pc.match_substring_regex(texts, f"^{_DAY}{_CLOCK}{_ZONE}$")
    return Instants(pc.if_else(zoned, texts, None).cast(TIME), pc.if_else(local, texts, None).cast(_LOCAL))


def _at_most_microseconds(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    if (pc.max(pc.binary_length(texts)).as_py() or 0) <= _LONGEST:
        return texts
    return pc.replace_substring_regex(texts, r"(\.\d{6})\d+", r"\1")


def _from_format(texts: pa.ChunkedArray, time_format: str) -> Instants:
    """By Arrow's strptime where it can be trusted, by Python's where not: Arrow reads 31 February as 2 or 3 March."""
    if "%z" in time_format:
        return _from_python(texts, time_format)
    read = pc.strptime(texts, format=time_format, unit="us", error_is_null=True)
    doubtful = pc.fill_null(pc.less_equal(pc.day(read), 3), True)
    again = _from_python(pc.if_else(doubtful, texts, None), time_format)
    return Instants(again.utc, pc.if_else(doubtful, again.local, read))


def _from_python(texts: pa.ChunkedArray, time_format: str) -> Instants:
    encoded = texts.dictionary_encode().combine_chunks()
    times = [_strptime(word, time_format) for word in encoded.dictionary.to_pylist()]
    utc = pa.array([time if time and time.tzinfo else None for time in times], TIME)
    local = pa.array([None if time and time.tzinfo else time for time in times], _LOCAL)
    return Instants(_chunked(utc.take(encoded.indices)), _chunked(local.take(encoded.indices)))


def _strptime(text: str, time_format: str) -> dt.datetime | None:
    try:
        return dt.datetime.strptime(text, time_format)
    except ValueError:
        return None
