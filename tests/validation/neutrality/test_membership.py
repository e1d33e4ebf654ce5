"""Who had supplied something of whom by when: by hand, and from a store."""

import numpy as np
import pytest

from creditscore.events.load import load_events
from creditscore.events.schema import EVENT_TABLES
from creditscore.events.storing import temporary_store
from creditscore.features.allowed import Allowed
from creditscore.governance.consent import granted, load_consents
from creditscore.governance.gate import govern_source
from creditscore.governance.rules import DEFAULT
from creditscore.validation.neutrality.membership import membership
from tests.features.histories import as_events, generate


@pytest.mark.parametrize("seed", range(3))
def test_it_is_what_a_plain_look_finds(seed):
    histories, asked = generate(seed, borrowers=12)
    events = as_events(histories, asked)
    found = membership(events, events.applications)
    assert found.platforms == ("a", "b", "c")
    for table in EVENT_TABLES:
        plain = [
            [
                any(
                    max(row["time"], row.get("recorded_at") or row["time"]) < one["as_of"] and row["platform"] == name
                    for row in histories[one["borrower_id"]][table]
                )
                for name in found.platforms
            ]
            for one in asked
        ]
        np.testing.assert_array_equal(found.tables[table], plain)
    np.testing.assert_array_equal(found.any, sum(found.tables.values()) > 0)


BUY = {"kind": "purchase", "amount": 1}
ROWS = [
    {"borrower_id": f"b{i % 5}", "time": f"2024-0{1 + i % 6}-01T00:00Z", "platform": "pq"[i % 2], **BUY}
    for i in range(40)
]
ASKED = [{"application_id": i, "borrower_id": f"b{i % 7}", "as_of": f"2024-0{1 + i % 8}-02T00:00Z"} for i in range(20)]


def test_a_store_gives_the_same_and_who_has_nothing_is_no_member():
    trip = {"borrower_id": "b1", "time": "2024-01-01T00:00Z", "platform": "z", "mode": "rail"}
    sources = {"transactions": ROWS, "trips": [trip], "applications": ASKED}
    events = load_events(**sources)
    found = membership(events, events.applications)
    with temporary_store(**sources) as store:
        stored = membership(store, store.applications)
    assert stored.platforms == found.platforms == ("p", "q", "z")
    assert list(stored.tables) == list(found.tables)
    for table, of in found.tables.items():
        np.testing.assert_array_equal(stored.tables[table], of)
    nobody = np.array([one["borrower_id"] in ("b5", "b6") for one in ASKED])
    assert not found.any[nobody].any()
    assert found.any[~nobody].any(axis=1).any()
    assert found.suppliers("trips") == ("z",)
    np.testing.assert_array_equal(found.only(nobody).tables["transactions"], found.tables["transactions"][nobody])


def test_what_may_not_be_used_or_is_withheld_was_not_supplied():
    """By the gate, and by each application's own consent, which may come between two of a borrower's applications."""
    trip = {"borrower_id": "b1", "time": "2024-01-01T00:00Z", "platform": "z", "mode": "rail"}
    pharmacy = {**ROWS[0], "platform": "clinic", "category": "pharmacy", "borrower_id": "b1"}
    sources = {"transactions": [*ROWS, pharmacy], "trips": [trip], "applications": ASKED}
    events = load_events(**sources)
    assert "clinic" in membership(events, events.applications).platforms
    consents = load_consents([
        {"borrower_id": "b1", "purpose": "credit", "recipient": "bank", "family": family, "separate": True,
         "given_at": given} for family, given in (("transactions", "2023-01-01T00:00Z"), ("trips", "2024-05-01T00:00Z"))
    ])  # fmt: skip
    allowed = Allowed(granted(consents, events.applications, "credit", "bank"), DEFAULT.categories)
    found = membership(govern_source(events, DEFAULT), events.applications, allowed)
    own = [(one["as_of"] >= "2024-05-01") and one["borrower_id"] == "b1" for one in ASKED]
    assert found.platforms == ("p", "q", "z")
    np.testing.assert_array_equal(found.tables["trips"][:, 2], own)
    whole = membership(events, events.applications)
    theirs = np.array([one["borrower_id"] == "b1" for one in ASKED])
    expected = whole.tables["transactions"][:, 1:3] & theirs[:, None]
    np.testing.assert_array_equal(found.tables["transactions"][:, :2], expected)
    with temporary_store(**sources) as store:
        # in the store's own order of applications
        again = Allowed(granted(consents, store.applications, "credit", "bank"), DEFAULT.categories)
        stored = membership(govern_source(store, DEFAULT), store.applications, again)
    assert stored.any.sum() == found.any.sum() > 0
