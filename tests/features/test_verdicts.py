"""Verdicts against a plain reading of the clauses."""

import numpy as np
import pytest

from creditscore.features import count, transactions
from creditscore.features.columns import NULL
from creditscore.features.conditions import OneOf
from creditscore.features.plan import make_plan
from creditscore.features.verdicts import give_verdicts, mentioned, verdicts_of

KINDS = ("purchase", "fee", "refund", "income", None)
STATUSES = ("completed", "failed", "cancelled", None)


def plain(clause, event):
    """Whether an event meets what a clause has settled."""
    met = []
    for one, denied in clause.settled:
        value = event[one.column]
        if isinstance(one, OneOf):
            inside = value in one.values
        elif value is None:
            inside = False
        else:
            low = -np.inf if one.low is None else one.low
            high = np.inf if one.high is None else one.high
            inside = low <= value < high if low <= high else value >= low or value < high
        met.append(inside != denied)
    return all(met)


def many_filters(draw):
    """Filters of all sorts, more than 64 clauses of them."""
    selections = [transactions]
    for _ in range(60):
        part = transactions.where(kind=str(draw.choice(KINDS[:4])))
        part = part.where(amount=(int(draw.integers(0, 50)), None)) if draw.random() < 0.5 else part
        part = part.where(hour=(int(draw.integers(0, 24)), int(draw.integers(0, 24)))) if draw.random() < 0.3 else part
        part = part.where(status=tuple(draw.choice(STATUSES[:3], 2, replace=False))) if draw.random() < 0.4 else part
        part = ~part if draw.random() < 0.3 else part
        selections.append(part | transactions.where(kind="income") if draw.random() < 0.3 else part)
    return [count(one, days=30, name=f"f{i}") for i, one in enumerate(selections)]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("known", [True, False], ids=["all words numbered", "only those asked for"])
def test_bits_are_the_clauses_that_an_event_meets_with_its_status_and_without(seed, known):
    draw = np.random.default_rng(seed)
    (plan,) = make_plan(many_filters(draw)).tables
    assert len(plan.clauses) > 64
    events = [{"kind": KINDS[draw.integers(5)], "status": STATUSES[draw.integers(4)], "hour": int(draw.integers(24)),
               "amount": None if draw.random() < 0.2 else int(draw.integers(0, 60))} for _ in range(80)]  # fmt: skip
    words = [(KINDS if name == "kind" else STATUSES)[:-1] if known else mentioned(plan, name) for name in plan.codes]
    places = [{word: i for i, word in enumerate(column)} for column in words]
    codes = [[-1 if event[name] is None else place.get(event[name], len(place) + 3) for event in events]
             for name, place in zip(plan.codes, places, strict=True)]  # fmt: skip
    scale = {"amount": 100, "hour": 1}
    numbers = [
        [NULL if event[name] is None else event[name] * scale[name] for event in events] for name in plan.numbers
    ]
    bits, unknown = give_verdicts(np.array(codes), np.array(numbers), verdicts_of(plan, words))
    for e, event in enumerate(events):
        for c, clause in enumerate(plan.clauses):
            assert bool(bits[c // 64, e] >> np.uint64(c % 64) & np.uint64(1)) == plain(clause, event)
            without = plain(clause, {**event, "status": None})
            assert bool(unknown[c // 64, e] >> np.uint64(c % 64) & np.uint64(1)) == without
