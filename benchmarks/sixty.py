"""The sixty features of the benchmarks, twelve measures over five windows: their names, and when values agree."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

WINDOWS = (7, 30, 90, 180, 365)
DAY = 86_400_000_000

COUNTS = ("purchases", "merchants", "categories")
TOTALS = ("purchase_total", "withdrawal_total")
OTHERS = ("purchase_mean", "purchase_spread", "purchase_smallest", "purchase_largest", "night_share", "refund_share",
          "withdrawal_share")  # fmt: skip
# Of two amounts a cent apart a spread in doubles is not good to 1e-9 of itself.
_NEAR = {"purchase_spread": 1e-9}


def by_window(template: str) -> Iterator[str]:
    """The template for each window: {d} its days, {ring} its number, {age} its length in microseconds."""
    return (template.format(d=days, ring=ring, age=days * DAY) for ring, days in enumerate(WINDOWS))


def disagreements(made: pa.Table, expected: pa.Table) -> list[str]:
    """What differs between two tables of the sixty features, for the applications of the first; [] where nothing does.

    Counts are equal, totals to the cent, the others to 1e-9 of their value. A count or total of nothing is 0, whether
    an engine says 0 or nothing.
    """
    places = pc.index_in(made["application_id"], value_set=expected["application_id"].combine_chunks())
    expected = expected.take(places)
    wrong = {
        name: int((~_same(measure, _floats(made, name), _floats(expected, name))).sum())
        for measure in (*COUNTS, *TOTALS, *OTHERS)
        for name in by_window(measure + "_{d}d")
    }
    return [f"{name}: {rows:,} of {made.num_rows:,} rows differ" for name, rows in wrong.items() if rows]


def _same(measure: str, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    if measure in COUNTS:
        return np.nan_to_num(one) == np.nan_to_num(other)
    if measure in TOTALS:
        return np.round(np.nan_to_num(one) * 100) == np.round(np.nan_to_num(other) * 100)
    return np.isclose(one, other, rtol=1e-9, atol=_NEAR.get(measure, 0), equal_nan=True)


def _floats(table: pa.Table, name: str) -> np.ndarray:
    return table[name].cast(pa.float64()).to_numpy()
