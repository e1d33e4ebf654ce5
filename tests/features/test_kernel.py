"""The kernel against the plain-Python oracle, and its exactness."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.features import CATALOGUE, count, largest, mean, spread, total, transactions
from creditscore.features.build import compute
from creditscore.features.formula import Aggregate, parts
from creditscore.features.plan import make_plan
from creditscore.features.words import WORDS
from tests.features.agreement import compare
from tests.features.every_word import EVERY_WORD
from tests.features.histories import NOW, as_events, generate
from tests.features.oracle import DAY_US

FEATURES = (*CATALOGUE, *EVERY_WORD)
PLAN = make_plan(FEATURES)


def matrix_of(histories, applications, plan=PLAN, **kwargs):
    events = as_events(histories, applications, **kwargs)
    return compute(plan, events, events.applications, threads=1)


@pytest.mark.parametrize("seed", range(12))
def test_every_feature_of_the_catalogue_and_every_word_equals_its_plain_reading(seed):
    assert compare(FEATURES, seed).differences == []


def test_every_word_that_the_kernel_knows_is_among_them_and_has_a_value_somewhere():
    histories, applications = generate(1, borrowers=60)
    known = ~np.isnan(matrix_of(histories, applications)).all(axis=0)
    found = [feature for feature, one in zip(FEATURES, known, strict=True) if one]
    assert {part.word for feature in found for part in parts(feature.formula) if isinstance(part, Aggregate)} == {
        *WORDS
    }


@pytest.mark.parametrize("seed", range(10))
def test_shuffled_rows_give_the_same_bits(seed):
    histories, applications = generate(seed)
    shuffled = matrix_of(histories, applications, order=np.random.default_rng(seed))
    assert matrix_of(histories, applications).tobytes() == shuffled.tobytes()


@pytest.mark.parametrize("seed", range(10))
def test_one_borrower_alone_gives_the_same_bits_as_in_the_table(seed):
    histories, applications = generate(seed)
    together = matrix_of(histories, applications)
    for i, application in enumerate(applications):
        alone = matrix_of({application["borrower_id"]: histories[application["borrower_id"]]}, [application])
        assert alone.tobytes() == together[i : i + 1].tobytes()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), taken=st.sets(st.integers(0, len(FEATURES) - 1), min_size=1, max_size=30))
def test_a_plan_with_other_features_taken_out_gives_the_same_bits(seed, taken):
    histories, applications = generate(seed, borrowers=2)
    columns = sorted(taken)
    fewer = matrix_of(histories, applications, plan=make_plan([FEATURES[i] for i in columns]))
    assert fewer.tobytes() == np.ascontiguousarray(matrix_of(histories, applications)[:, columns]).tobytes()


def test_many_threads_give_the_same_bits_as_one():
    histories, applications = generate(3, borrowers=1_500, most=4)
    events = as_events(histories, applications)
    one = compute(PLAN, events, events.applications, threads=1)
    assert compute(PLAN, events, events.applications, threads=4).tobytes() == one.tobytes()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_rows_added_at_or_after_as_of_change_no_bit(seed):
    histories, applications = generate(seed, borrowers=2)
    before = matrix_of(histories, applications)
    more, _ = generate(seed + 1, borrowers=2)
    latest = max(application["as_of"] for application in applications)
    for borrower, history in more.items():
        for name, rows in history.items():
            histories[borrower][name] = histories[borrower][name] + [
                _moved_after(row, latest, i) for i, row in enumerate(rows)
            ]
    assert matrix_of(histories, applications).tobytes() == before.tobytes()


def _moved_after(row, as_of, i):
    """The row at as_of itself (every third), or after it; some only recorded then."""
    if i % 3 == 1:
        return {**row, "event_id": f"late{i}", "recorded_at": as_of + i * DAY_US}
    return {**row, "event_id": f"late{i}", "time": as_of + (i % 3) * DAY_US, "recorded_at": None}


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_values_known_only_at_or_after_as_of_change_no_bit(seed):
    histories, applications = generate(seed, borrowers=1)
    applications = applications[:1]
    as_of = applications[0]["as_of"]
    before = matrix_of(histories, applications)
    changed = {
        b: {name: [_later_values(row, as_of) for row in rows] for name, rows in h.items()} for b, h in histories.items()
    }
    assert matrix_of(changed, applications).tobytes() == before.tobytes()


def _later_values(row, as_of):
    """What became known at or after as_of, changed: a payment moved or taken back, a status turned round."""
    changed = dict(row)
    for name in ("paid_at", "ended_at"):
        if changed.get(name) is not None and changed[name] >= as_of:
            changed[name] = None if changed[name] % 2 else as_of
    if "amount_paid" in changed and (row["paid_at"] is None or row["paid_at"] >= as_of):
        changed["amount_paid"] = 1
    if changed.get("status_at") is not None and changed["status_at"] >= as_of:
        changed["status"] = "cancelled"
    if "notified_at" in changed and changed["notified_at"] is not None and changed["notified_at"] >= as_of:
        changed["notified_at"] = None
    return changed


def test_sums_of_squares_are_exact_where_doubles_would_cancel():
    purchases = transactions.where(kind="purchase")
    amounts = [10**13 + cents for cents in (1, 2, 3, 4)]
    rows = [_purchase(i, cents) for i, cents in enumerate(amounts)]
    found = matrix_of({"b0": {"transactions": rows, "trips": [], "obligations": []}}, [_application()],
                      plan=make_plan(spread(purchases.amount, days="all")))  # fmt: skip
    assert found[0, 0] == pytest.approx(math.sqrt(5 / 3) / 100, rel=1e-12)


def test_a_window_holds_the_event_on_its_far_edge_and_not_the_one_at_as_of():
    rows = [_purchase(0, 100, NOW - 30 * DAY_US), _purchase(1, 100, NOW - 30 * DAY_US - 1), _purchase(2, 100, NOW)]
    history = {"b0": {"transactions": rows, "trips": [], "obligations": []}}
    plan = make_plan([count(transactions, days=(30, "all"))])
    assert matrix_of(history, [_application()], plan=plan).tolist() == [[1.0, 2.0]]


def test_thin_histories_count_zero_and_average_nothing():
    refunds = transactions.where(kind="refund")
    history = {"b0": {"transactions": [_purchase(0, 100)], "trips": [], "obligations": []}}
    plan = make_plan([count(refunds, days=30), total(refunds.amount, days=30), mean(refunds.amount, days=30),
                      largest(refunds.amount, days=30), spread(transactions.amount, days=30)])  # fmt: skip
    found = matrix_of(history, [_application()], plan=plan)[0]
    assert found[:2].tolist() == [0.0, 0.0]
    assert np.isnan(found[2:]).all()


def test_a_table_without_a_single_event_gives_missing_even_for_counts():
    history = {"b0": {"transactions": [_purchase(0, 100, NOW + 1)], "trips": [], "obligations": []}}
    assert np.isnan(matrix_of(history, [_application()], plan=make_plan(count(transactions, days=30)))).all()


def _application():
    return {"application_id": "1", "borrower_id": "b0", "as_of": NOW}


def _purchase(i, cents, time=NOW - DAY_US):
    return {"event_id": f"e{i}", "time": time, "platform": "a", "kind": "purchase", "amount": cents,
            "status": "completed", "utc_offset_minutes": 0}  # fmt: skip
