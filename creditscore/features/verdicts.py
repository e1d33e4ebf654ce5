"""Which events meet which clauses: one bit each, for all that does not depend on the instant of decision."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.features.columns import READABLE
from creditscore.features.conditions import AllOf, AnyOf, Clause, Condition, Leaf, Not, OneOf, leaves
from creditscore.features.encode import as_dictionary, indices
from creditscore.features.kernel import NULL
from creditscore.features.plan import TablePlan, integer_range

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]


def verdicts(events: pa.Table, plan: TablePlan, numbers: Ints) -> tuple[Bits, Bits]:
    """Bit c of an event: it meets all of clause c that does not depend on the instant of decision.

    Twice: with the events' status as it became known, and while it is not; one array where no clause asks for it.
    """
    clauses = plan.clauses
    met = {leaf: _verdict(events, plan, numbers, leaf) for clause in clauses for leaf in leaves(clause.settled)}
    never = np.zeros(events.num_rows, dtype=np.bool_)
    unmet = {leaf: never if leaf.column == "status" else verdict for leaf, verdict in met.items()}
    bits = np.zeros((max(1, -(-len(clauses) // 64)), events.num_rows), dtype=np.uint64)
    _set(bits, list(enumerate(clauses)), met)
    asking = [(c, clause) for c, clause in enumerate(clauses) if _asks_status(clause)]
    if not asking:
        return bits, bits
    unknown = bits & ~_mask_of([c for c, _ in asking], len(bits))[:, None]
    _set(unknown, asking, unmet)
    return bits, unknown


def _set(bits: Bits, clauses: list[tuple[int, Clause]], met: dict[Leaf, Bools]) -> None:
    """Set the clauses' bits where they are met."""
    for c, clause in clauses:
        meets = _meets(AllOf(clause.settled), met, bits.shape[1])
        if meets.any():
            bits[c // 64] |= meets.astype(np.uint64) << np.uint64(c % 64)


def _mask_of(clauses: list[int], words: int) -> Bits:
    mask = np.zeros(words, dtype=np.uint64)
    for c in clauses:
        mask[c // 64] |= np.uint64(1) << np.uint64(c % 64)
    return mask


def _asks_status(clause: Clause) -> bool:
    return any(leaf.column == "status" for leaf in leaves(clause.settled))


def _meets(condition: Condition, met: dict[Leaf, Bools], n: int) -> Bools:
    if isinstance(condition, AllOf):
        parts = [_meets(part, met, n) for part in condition.conditions]
        return functools.reduce(np.logical_and, parts) if parts else np.ones(n, dtype=np.bool_)
    if isinstance(condition, AnyOf):
        parts = [_meets(part, met, n) for part in condition.conditions]
        return functools.reduce(np.logical_or, parts) if parts else np.zeros(n, dtype=np.bool_)
    return ~_meets(condition.condition, met, n) if isinstance(condition, Not) else met[condition]


def _verdict(events: pa.Table, plan: TablePlan, numbers: Ints, condition: Leaf) -> Bools:
    if isinstance(condition, OneOf):
        return _is_one_of(events[condition.column], condition.values)
    values = numbers[plan.numbers.index(condition.column)]
    low, high = integer_range(condition, READABLE[plan.table][condition.column].scale)
    around = condition.column in ("hour", "weekday") and low > high
    inside = (values >= low) | (values < high) if around else (values >= low) & (values < high)
    return np.asarray(inside & (values != NULL))


def _is_one_of(column: pa.ChunkedArray, wanted: tuple[str, ...]) -> Bools:
    encoded = as_dictionary(column)
    meets = np.append(pc.is_in(encoded.dictionary, value_set=pa.array(wanted, pa.string())).to_numpy(False), False)
    return np.asarray(meets[indices(encoded)])
