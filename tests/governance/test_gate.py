"""Rows that may not be used: never in a feature, counted, the same in a table, in one call and from a store."""

import datetime as dt
import re
from collections import Counter

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from creditscore.config.governance import GovernanceConfig
from creditscore.errors import GovernanceError
from creditscore.events.load import load_events
from creditscore.events.rows import NotPlainError
from creditscore.events.storing import store_events
from creditscore.features import CATALOGUE, build_features, count, distinct, total, transactions, trips
from creditscore.features.build import compute
from creditscore.features.formula import check_features
from creditscore.features.one import row_of_plain
from creditscore.features.plan import make_plan
from creditscore.governance.categories import SHIPPED
from creditscore.governance.gate import (
    LeftOut,
    Tally,
    check_known,
    govern,
    govern_whole,
    paste_ready,
    unknown_by,
    usable_history,
)
from creditscore.governance.rules import DEFAULT, rules_with

AS_OF = dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC)
WORDS = ("grocery", "insurance", "酒店", None)
PROHIBITED = {
    "pharmacy": "药店",
    "path": "Health > Pharmacy",
    "contained": "St Mary's Church shop",
    "wide": "ＰＨＡＲＭＡＣＹ",
}


def purchase(n, category, who="b1", **other):
    when = (AS_OF - dt.timedelta(days=n + 1)).isoformat()
    return {"event_id": f"e{n}", "borrower_id": who, "time": when, "platform": "shop", "kind": "purchase",
            "amount": 10.0 + n, "merchant_id": f"m{n % 3}", "category": category,
            "utc_offset_minutes": 480, **other}  # fmt: skip


def tour(n, category, who="b1"):
    when = (AS_OF - dt.timedelta(days=n + 40)).isoformat()
    return {"event_id": f"t{n}", "borrower_id": who, "time": when, "platform": "trip", "mode": "tour", "nights": 3,
            "amount": 100.0, "category": category, "utc_offset_minutes": 480}  # fmt: skip


CLEAN = {
    "transactions": [purchase(n, WORDS[n % 4]) for n in range(20)],
    "trips": [tour(n, "sightseeing") for n in range(4)],
}
# each with an event_id of another row, or one that is new
TAINTED = {
    "transactions": [
        *CLEAN["transactions"],
        *(purchase(n, word) for n, word in enumerate(PROHIBITED.values(), 100)),
        purchase(3, "药店", recorded_at=(AS_OF - dt.timedelta(hours=1)).isoformat()),
        purchase(5, "药店"),
        purchase(6, "hospital", amount=0.0),
    ],
    "trips": [*CLEAN["trips"], tour(7, "pilgrimage"), tour(2, "朝圣游")],
}
# those of event_ids of their own, which one borrower's plain rows must have
FRESH = {name: list({row["event_id"]: row for row in [*rows, *CLEAN[name]]}.values()) for name, rows in TAINTED.items()}
APPLICATIONS = [{"application_id": "a1", "borrower_id": "b1", "as_of": AS_OF}]
PLAN = make_plan(CATALOGUE)


def one_row(history):
    return row_of_plain(PLAN, usable_history(history, DEFAULT), round(AS_OF.timestamp() * 1e6), {})


def table_row(history):
    events = load_events(**history, applications=APPLICATIONS)
    return compute(PLAN, govern(events, DEFAULT).events, events.applications)


def store_row(history, folder):
    store = store_events(folder, **history, applications=APPLICATIONS)
    found = build_features(store).drop_columns(["application_id"])
    return np.array([[np.nan if value is None else value for value in found.to_pylist()[0].values()]])


def test_a_prohibited_row_changes_no_bit_in_a_table_in_one_call_and_from_a_store(tmp_path):
    expected = compute(PLAN, load_events(**CLEAN), load_events(applications=APPLICATIONS).applications).tobytes()
    for history in (CLEAN, FRESH):
        assert one_row(history).tobytes() == expected
    for history in (CLEAN, TAINTED):
        assert table_row(history).tobytes() == expected
    with pytest.raises(NotPlainError):
        one_row(TAINTED)  # versions of events are for load_events
    assert store_row(CLEAN, tmp_path / "clean").tobytes() == expected
    assert store_row(TAINTED, tmp_path / "tainted").tobytes() == expected


def test_the_rows_would_have_changed_features_had_they_been_let_through():
    events = load_events(**TAINTED, applications=APPLICATIONS)
    assert compute(PLAN, events, events.applications).tobytes() != table_row(TAINTED).tobytes()


@pytest.mark.parametrize("order", [1, -1])
def test_a_prohibited_row_of_the_same_id_and_time_takes_nobodys_place(order):
    rows = [purchase(1, "grocery"), purchase(1, "pharmacy", amount=0.0)][::order]
    kept = govern(load_events(transactions=rows), DEFAULT).events
    assert [(row["category"], row["amount"]) for row in kept.transactions.to_pylist()] == [("grocery", 1_100)]


def test_of_two_versions_recorded_at_once_in_other_categories_one_counts_whatever_their_order():
    rows = [purchase(1, "tea", amount=5.0), purchase(1, "coffee", amount=7.0)]
    spent = total(transactions.amount, days=30, name="spent")
    found = {
        build_features({"transactions": given, "applications": APPLICATIONS}, features=spent)["spent_30d"][0].as_py()
        for given in (rows, rows[::-1])
    }
    assert len(found) == 1
    assert found <= {5.0, 7.0}


@pytest.mark.parametrize("word", PROHIBITED.values(), ids=PROHIBITED)
def test_a_prohibited_category_is_left_out_and_counted_by_table_and_platform(word):
    found = govern(load_events(transactions=[purchase(1, "grocery"), purchase(2, word), purchase(3, word)]), DEFAULT)
    assert found.events.transactions["category"].to_pylist() == ["grocery"]
    assert found.tally.left_out() == (LeftOut("transactions", "shop", "prohibited category", 2),)


def test_a_pilgrimage_is_left_out_and_another_tour_is_not():
    found = govern(load_events(trips=[tour(1, "Pilgrimage"), tour(2, "sightseeing"), tour(3, None)]), DEFAULT)
    assert found.events.trips["event_id"].to_pylist() == ["t2", "t3"]
    assert found.tally.left_out() == (LeftOut("trips", "trip", "prohibited category", 1),)


def test_an_insurance_payment_stays_as_written_consent_is_for_whoever_asks_it():
    events = load_events(transactions=[purchase(1, "insurance"), purchase(2, "车险")])
    assert govern(events, DEFAULT).events is events
    (paid,) = count(transactions.where(category="车险"), days=30)
    assert paid.sensitivity.label == "written consent"


def test_what_is_left_out_is_as_if_nobody_had_sent_it():
    events = load_events(transactions=[purchase(1, "pharmacy")], applications=APPLICATIONS)
    features = [*count(transactions, days=30, name="n"), *distinct(transactions.category, days=30, name="kinds")]
    row = build_features(events, features=features).to_pylist()[0]
    assert (row["n_30d"], row["kinds_30d"]) == (None, None)


UNKNOWN = [*CLEAN["transactions"], purchase(30, "gadgets"), purchase(31, "gadgets"), purchase(32, 'a "b"\n盒')]


@pytest.mark.parametrize("stored", [False, True])
def test_unknown_categories_stop_a_build_with_their_names_counts_and_the_lines_to_add(stored, tmp_path):
    given = {"transactions": UNKNOWN, "applications": APPLICATIONS}
    events = store_events(tmp_path / "store", **given) if stored else load_events(**given)
    with pytest.raises(GovernanceError, match="2 categories of 3 rows are of no known class") as caught:
        build_features(events)
    lines = str(caught.value).split("\n", 1)[1]
    words = yaml.safe_load(lines)["governance"]["categories"]
    assert words == {"gadgets": None, 'a "b"\n盒': None}
    assert '"gadgets":  # 2 rows' in lines
    assert "b1" not in str(caught.value)


def test_the_lines_stop_a_config_until_each_has_its_class():
    pasted = yaml.safe_load(paste_ready(Counter(gadgets=2)))["governance"]
    with pytest.raises(ValidationError, match=r"categories\.gadgets\n.*'ordinary', 'separate consent'"):
        GovernanceConfig.model_validate(pasted)
    assert GovernanceConfig(categories={"Gadgets ": "ordinary"}).rules() == rules_with({"gadgets": "ordinary"})


def test_once_classed_they_are_used_or_left_out_as_their_class_says():
    given = {"transactions": UNKNOWN, "applications": APPLICATIONS}
    counted = count(transactions, days=90, name="n")
    kinds = {"Gadgets": "ordinary", 'a "b" 盒': "prohibited"}
    assert build_features(given, features=counted, categories=kinds)["n_90d"].to_pylist() == [22.0]


def test_a_column_of_names_is_told_without_them():
    rows = [purchase(n, f"gift for person {n}") for n in range(500)]
    with pytest.raises(GovernanceError, match="names or ids") as caught:
        govern_whole(load_events(transactions=rows), DEFAULT)
    assert "person" not in str(caught.value)


def test_a_long_list_is_cut():
    lines = paste_ready(Counter({f"word {i:03}": 2 for i in range(300)}))
    assert lines.count(" rows") == 200
    assert lines.endswith("# and 100 more")


def test_a_score_leaves_unknown_ones_out_and_tells_their_number_as_of_then():
    late = purchase(0, "gadgets", time=AS_OF.isoformat(), event_id="late")
    recorded_late = purchase(33, "gadgets", recorded_at=AS_OF.isoformat())
    rows = [*UNKNOWN, late, recorded_late, purchase(34, "gadgets", who="b2")]
    events = load_events(transactions=rows, applications=APPLICATIONS)
    governed = govern(events, DEFAULT)
    assert unknown_by(governed, events.applications).tolist() == [3]
    assert governed.tally.left_out() == (LeftOut("transactions", "shop", "unknown category", 6),)
    with pytest.raises(NotPlainError):
        usable_history({"transactions": rows}, DEFAULT)
    with pytest.raises(GovernanceError):
        check_known(governed.tally)


def test_counts_add_up_whatever_is_read_first(tmp_path):
    store = store_events(tmp_path / "store", **TAINTED, applications=APPLICATIONS)
    of_store, tally = govern_whole(store, DEFAULT)
    assert tally.left_out() == govern(load_events(**TAINTED), DEFAULT).tally.left_out()
    again = Tally()
    for bucket in range(store.facts.buckets):
        govern(store.group(bucket, store.facts.buckets), DEFAULT, again)
    assert again.left_out() == tally.left_out()
    assert govern(of_store.events(), DEFAULT).tally.left_out() == ()


def test_a_filter_of_a_prohibited_or_unknown_category_is_refused_by_name():
    for word, why in (("药店", "is prohibited"), ("gadgets", "nobody has classed")):
        features = count(transactions.where(category=word), days=30, name="picked")
        with pytest.raises(GovernanceError, match=f"'picked_30d' picks the category '{word}', which {why}"):
            check_features(features, SHIPPED)
        assert features[0].sensitivity.label == "prohibited"
    check_features([*CATALOGUE, *count(trips, days=30)], SHIPPED)


def test_nobodys_data_are_in_what_is_told():
    tally = govern(load_events(**TAINTED), DEFAULT).tally
    assert not re.search(r"b1|m\d|e\d", repr(tally.left_out()))
