"""Features of a coalition's events: those of a build on the events filtered by hand."""

import numpy as np
import pytest

from creditscore.events.load import load_events
from creditscore.events.storing import temporary_store
from creditscore.features import count, distinct, obligations, ratio, total, transactions, trips, value
from creditscore.features.build import compute
from creditscore.features.define import applications, flatten
from creditscore.features.plan import make_plan
from creditscore.training.coalitions import CoalitionFeatures, only_of
from creditscore.validation.neutrality.membership import membership
from tests.features.histories import as_events, generate

FEATURES = flatten(
    [
        count(transactions, days=90),
        value(applications.amount),
        distinct(transactions.platform, days="all"),
        total(trips.amount, days="all"),
        ratio(total(obligations.amount_due, days="all"), total(transactions.amount, days="all")),
    ]
)
COALITIONS = [(), ("a",), ("b",), ("a", "c"), ("a", "b", "c")]


@pytest.mark.parametrize("platforms", COALITIONS, ids="+".join)
def test_columns_are_a_build_on_these_platforms_events(platforms):
    histories, asked = generate(5, borrowers=10)
    for history in histories.values():
        history["trips"] = [row for row in history["trips"] if row["platform"] == "b"]
    events = as_events(histories, asked)
    kept = {
        who: {table: [row for row in rows if row["platform"] in platforms] for table, rows in history.items()}
        for who, history in histories.items()
    }
    built = CoalitionFeatures(events, events.applications, FEATURES, membership(events, events.applications))
    for other in COALITIONS:  # whatever was built before
        built.matrix(other)
    plain = compute(make_plan(FEATURES), as_events(kept, asked), events.applications)
    np.testing.assert_array_equal(built.matrix(platforms), plain)


def test_a_store_gives_the_same():
    rows = [
        {"borrower_id": f"b{i % 7}", "time": f"2024-0{1 + i % 6}-01T00:00Z", "platform": "pq"[i % 2], "amount": i,
         "kind": "purchase"}
        for i in range(60)
    ]  # fmt: skip
    asked = [{"application_id": i, "borrower_id": f"b{i}", "as_of": "2024-05-02T00:00Z", "amount": 5} for i in range(8)]
    events = load_events(transactions=rows, applications=asked)
    found = CoalitionFeatures(events, events.applications, FEATURES, membership(events, events.applications))
    with temporary_store(transactions=rows, applications=asked) as store:
        stored = CoalitionFeatures(store, store.applications, FEATURES, membership(store, store.applications))
        for platforms in ((), ("q",), ("p", "q")):
            np.testing.assert_array_equal(stored.matrix(platforms), found.matrix(platforms))


def test_other_tables_and_applications_stay():
    histories, asked = generate(2)
    events = as_events(histories, asked)
    some = only_of(events, ["a"])
    assert set(some.transactions["platform"].to_pylist()) == {"a"}
    assert some.applications is events.applications
    assert only_of(events, []).trips.num_rows == 0
