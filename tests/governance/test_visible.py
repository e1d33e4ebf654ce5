"""Events as somebody of some grants may see them, as tables and as dicts."""

import itertools

import numpy as np
import pytest

from creditscore.events.load import load_events
from creditscore.events.rows import NotPlainError
from creditscore.events.schema import EVENT_TABLES
from creditscore.governance.categories import SHIPPED
from creditscore.governance.sensitivity import Sensitivity
from creditscore.governance.visible import as_seen, visible, visible_rows, withheld

NOTHING, PLAIN, SEPARATE, WRITTEN, ALL = 0, 1, 3, 5, 7
CATEGORIES = SHIPPED.with_own({"policies": Sensitivity.WRITTEN_CONSENT, "tours": Sensitivity.SEPARATE_CONSENT})
SHARED = {"borrower_id": "b", "time": "2024-01-01T00:00:00Z", "platform": "p"}
SPENT = {**SHARED, "amount": 1.0, "balance": 5.0, "city": "x"}
KINDS = ("purchase", "income", "transfer_in", "withdrawal")
HISTORY = {
    "transactions": [{**SPENT, "event_id": kind, "kind": kind} for kind in KINDS]
    + [{**SPENT, "event_id": word, "kind": "payment", "category": word} for word in ("policies", "tours", "other")],
    "trips": [{**SHARED, "event_id": "t", "mode": "rail"}],
    "obligations": [{**SHARED, "event_id": "o", "kind": "bill", "due_at": SHARED["time"], "amount_due": 1.0}],
}
SEEN = {
    NOTHING: None,
    PLAIN: {"purchase", "other"},
    SEPARATE: {"purchase", "transfer_in", "withdrawal", "tours", "other"},
    WRITTEN: {"purchase", "income", "policies", "other"},
    ALL: {*KINDS, "policies", "tours", "other"},
}


def ids(table):
    return None if table is None or not table.num_rows else set(table["event_id"].to_pylist())


@pytest.mark.parametrize("grant", SEEN)
def test_rows_of_a_class_that_is_not_granted_are_left_out(grant):
    found = visible(load_events(**HISTORY), (grant, ALL, ALL), CATEGORIES)
    assert ids(found.transactions) == SEEN[grant]
    rows = visible_rows(HISTORY, (grant, ALL, ALL), CATEGORIES)["transactions"]
    assert {row["event_id"] for row in rows} == (SEEN[grant] or set())


@pytest.mark.parametrize(
    ("grant", "columns"), [(PLAIN, set()), (SEPARATE, {"city"}), (WRITTEN, {"balance"}), (ALL, {"city", "balance"})]
)
def test_columns_of_a_class_that_is_not_granted_are_missing_throughout(grant, columns):
    table = visible(load_events(**HISTORY), (grant, ALL, ALL), CATEGORIES).transactions
    assert {name for name in ("balance", "city") if table[name].null_count < table.num_rows} == columns
    rows = visible_rows(HISTORY, (grant, ALL, ALL), CATEGORIES)["transactions"]
    assert all({"balance", "city"} & set(row) == columns for row in rows)


@pytest.mark.parametrize("family", ["trips", "obligations"])
@pytest.mark.parametrize(("grant", "seen"), [(NOTHING, False), (PLAIN, False), (WRITTEN, False), (SEPARATE, True)])
def test_a_family_that_needs_separate_consent_is_absent_without_it(family, grant, seen):
    grants = [grant if name == family else ALL for name in EVENT_TABLES]
    assert (visible(load_events(**HISTORY), grants, CATEGORIES).table(family) is not None) is seen
    assert bool(visible_rows(HISTORY, grants, CATEGORIES)[family]) is seen


def test_all_that_is_granted_is_the_same_table():
    events = load_events(**HISTORY)
    assert visible(events, (ALL, ALL, ALL), CATEGORIES) == events
    assert visible_rows(HISTORY, (ALL, ALL, ALL), CATEGORIES) == HISTORY


def test_tables_and_dicts_show_the_same():
    for grants in itertools.product((NOTHING, PLAIN, SEPARATE, WRITTEN, ALL), repeat=3):
        table = visible(load_events(**HISTORY), grants, CATEGORIES)
        rows = {name: own for name, own in visible_rows(HISTORY, grants, CATEGORIES).items() if own}
        again = load_events(**rows) if rows else None
        for name in EVENT_TABLES:
            assert ids(table.table(name)) == (None if again is None else ids(again.table(name)))


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ((ALL, ALL, ALL), ()),
        ((PLAIN, SEPARATE, SEPARATE), ("transactions: separate consent", "transactions: written consent")),
        ((SEPARATE, PLAIN, NOTHING), ("transactions: written consent", "trips", "obligations")),
        ((NOTHING, ALL, ALL), ("transactions",)),
    ],
)
def test_what_is_withheld_is_told(grants, expected):
    told = [one for one in withheld(EVENT_TABLES, grants) if one != "trips: written consent"]
    assert told == list(expected)
    assert withheld((), grants) == ()


@pytest.mark.parametrize("rows", [[["not", "a", "row"]], [{"kind": ["purchase"]}], [{"kind": 1}]])
def test_rows_that_are_not_plain_are_left_to_loading(rows):
    with pytest.raises(NotPlainError):
        visible_rows({"transactions": rows}, (PLAIN, ALL, ALL), CATEGORIES)


def test_a_withheld_family_is_not_even_looked_at():
    assert visible_rows({"trips": ["nonsense", np.nan]}, (ALL, PLAIN, ALL), CATEGORIES) == {"trips": []}


def test_grants_that_stand_for_others_show_the_same_and_different_ones_do_not():
    events = load_events(**HISTORY)
    for name in EVENT_TABLES:
        shown = {}
        for grant in range(ALL + 1):
            grants = [grant if own == name else ALL for own in EVENT_TABLES]
            table = visible(events, grants, CATEGORIES).table(name)
            shown.setdefault(as_seen(name, grant), []).append(table and table.to_pylist())
        assert all(one == some[0] for some in shown.values() for one in some)
    assert {as_seen("transactions", grant) for grant in range(ALL + 1)} == {0, 1, 3, 5, 7}
    assert {as_seen("trips", grant) for grant in range(ALL + 1)} == {0, 3, 7}
