"""Which events meet which filters: one bit each, for all that does not depend on the instant of decision."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.features.columns import READABLE
from creditscore.features.encode import as_dictionary, indices
from creditscore.features.formula import Condition, OneOf
from creditscore.features.kernel import NULL
from creditscore.features.plan import TablePlan, integer_range

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def verdicts(events: pa.Table, plan: TablePlan, numbers: Ints) -> npt.NDArray[np.uint64]:
    """Bit f of an event: it meets all conditions of filter f that do not depend on the instant of decision."""
    words = max(1, -(-len(plan.filters) // 64))
    bits = np.zeros((words, events.num_rows), dtype=np.uint64)
    known: dict[Condition, Bools] = {}
    for f, conditions in enumerate(plan.filters):
        meets = np.ones(events.num_rows, dtype=np.bool_)
        for condition in conditions:
            if condition not in known:
                known[condition] = _verdict(events, plan, numbers, condition)
            meets = meets & known[condition]
        bits[f // 64] |= meets.astype(np.uint64) << np.uint64(f % 64)
    return bits


def _verdict(events: pa.Table, plan: TablePlan, numbers: Ints, condition: Condition) -> Bools:
    if isinstance(condition, OneOf):
        return _is_one_of(events[condition.column], condition.values)
    column = READABLE[plan.table][condition.column]
    if column.kind == "state":
        return np.ones(events.num_rows, dtype=np.bool_)
    values = numbers[plan.numbers.index(condition.column)]
    low, high = integer_range(condition, column.scale)
    around = condition.column in ("hour", "weekday") and low > high
    inside = (values >= low) | (values < high) if around else (values >= low) & (values < high)
    return np.asarray(inside & (values != NULL))


def _is_one_of(column: pa.ChunkedArray, wanted: tuple[str, ...]) -> Bools:
    encoded = as_dictionary(column)
    meets = np.append(pc.is_in(encoded.dictionary, value_set=pa.array(wanted, pa.string())).to_numpy(False), False)
    return np.asarray(meets[indices(encoded)])
