"""One application by packed arrays: the bits of the kernel that many borrowers' tuples go to."""

import numpy as np
import pytest

from creditscore.features import CATALOGUE
from creditscore.features.arrange import Gathered, fill, layout_of
from creditscore.features.packed_plan import OWN, fill_one, pack_plan
from creditscore.features.plan import make_plan
from creditscore.features.verdicts import verdicts_of
from tests.features.every_word import EVERY_WORD
from tests.features.histories import NOW
from tests.features.oracle import DAY_US

PLANS = {table.table: table for table in make_plan((*CATALOGUE, *EVERY_WORD)).tables}
ONE, NONE = np.zeros(1, np.int64), np.empty(0, np.int64)
DEBT = ("due_at", "amount_due")  # which all obligations have
KNOWN = ("x", "y", None)


def gathered(plan, n, own, draw):
    """Drawn events of one borrower with some of their own columns."""
    times = {name: np.sort(NOW - draw.integers(1, 400, n) * DAY_US) for name in OWN}
    times["superseded_at"] += 300 * DAY_US  # so that some count and some do not
    times |= {name: draw.integers(0, 9_000, n) for name in ("utc_offset_minutes", "amount_due", "amount_paid")}
    numbers = draw.integers(0, 9_000, (len(plan.numbers), n))
    codes = draw.integers(-1, 5, (len(plan.codes), n))
    columns = {name: times[name] if name in own else NONE for name in OWN}
    return Gathered(np.array([0, n]), **columns, numbers=numbers, codes=codes)


def as_matrix(events):
    """The same events in one array; the rows of columns that are missing hold nonsense."""
    n, present = len(events.time), 0
    columns = np.full((len(OWN), n), -12345)
    for i, name in enumerate(OWN):
        if len(getattr(events, name)):
            columns[i], present = getattr(events, name), present | 1 << i
    return np.concatenate([columns, events.numbers, events.codes]), present


@pytest.mark.parametrize("n", [0, 1, 2, 70])
@pytest.mark.parametrize("own", [OWN, ("time", *DEBT), ("time", "recorded_at", *DEBT, "superseded_at")])
@pytest.mark.parametrize("table", PLANS)
def test_packed_arrays_give_the_bits_of_tuples(table, own, n):
    plan, draw = PLANS[table], np.random.default_rng(n)
    own = own if table == "obligations" else [name for name in own if name not in DEBT]
    verdicts = verdicts_of(plan, [KNOWN] * len(plan.codes))
    expected, found = np.empty((2, 1, len(plan.aggregates)))
    events = gathered(plan, n, own, draw)
    columns, present = as_matrix(events)
    told = fill(events, layout_of(plan), verdicts, plan.program, ONE, np.array([NOW]), expected)
    assert fill_one(columns, present, pack_plan(plan, verdicts), NOW, found) == told == -1
    assert found.tobytes() == expected.tobytes()
    if n == 70:
        assert np.isfinite(found).any()


def test_which_column_cannot_be_added_is_told():
    plan = PLANS["transactions"]
    verdicts = verdicts_of(plan, [KNOWN] * len(plan.codes))
    columns, present = as_matrix(gathered(plan, 3, OWN, np.random.default_rng(1)))
    amount = plan.numbers.index("amount")
    columns[len(OWN) + amount] = 1 << 62
    out = np.empty((1, len(plan.aggregates)))
    assert fill_one(columns, present, pack_plan(plan, verdicts), NOW, out) == amount
