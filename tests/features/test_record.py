"""Definitions as data: there and back, and nothing but ScorecardError for what is malformed."""

import copy
import importlib
import json
import sys
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.errors import FeatureError, ScorecardError
from creditscore.features import (
    CATALOGUE,
    applications,
    change,
    count,
    distinct,
    feature,
    obligations,
    quantile,
    ratio,
    regularity,
    share,
    spread,
    streak,
    transactions,
    trips,
    value,
)
from creditscore.features.plan import make_plan
from creditscore.features.record import from_record, to_record
from tests.features.every_word import EVERY_WORD, mixed

purchases = transactions.where(kind="purchase", hour=(23, 5), amount=(10.5, None))

FUNCTION = """
import numpy as np
from creditscore.features import DAY, feature, trips

LEAST = {least}

@feature(trips.where(mode="rail"), days=365, reason="T03", needs=2)
def longest_pause_days(trips):
    return max(LEAST, np.diff(trips.time).max() / DAY)
"""


@pytest.mark.parametrize("one", CATALOGUE, ids=lambda one: one.name)
def test_every_feature_of_the_catalogue_comes_back_equal_through_json(one):
    assert from_record(json.loads(json.dumps(to_record(one)))) == one


def test_every_word_and_form_of_filter_comes_back_equal_through_json():
    again = [from_record(json.loads(json.dumps(to_record(one)))) for one in EVERY_WORD]
    assert again == [*EVERY_WORD]


def test_a_record_says_how_sensitive_the_feature_is():
    assert to_record(count(trips, days=30)[0])["sensitivity"] == "separate consent"


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Writes a module where Python finds it, and forgets it afterwards."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    name = f"agency_{uuid.uuid4().hex}"

    def write(text):
        sys.modules.pop(name, None)
        (tmp_path / f"{name}.py").write_text(text)
        importlib.invalidate_caches()
        return importlib.import_module(name)

    yield write
    sys.modules.pop(name, None)


def test_a_function_comes_back_by_module_name_and_digest(install):
    (one,) = install(FUNCTION.format(least=0)).longest_pause_days
    record = json.loads(json.dumps(to_record(one)))
    assert from_record(record) == one
    assert "np.diff" not in json.dumps(record)


def test_functions_in_a_list_are_found_as_well(install):
    module = install("from creditscore.features import feature, trips\ndef one(trips): return 1.0\n"
                     "MINE = [*feature(trips, days=30)(one), *feature(trips, days=60, name='two')(one)]\n")  # fmt: skip
    assert [from_record(to_record(one)) for one in module.MINE] == module.MINE


def test_functions_of_one_source_are_told_apart_by_what_they_close_over(install):
    module = install("from creditscore.features import feature, trips\ndef make(k):\n"
                     "    @feature(trips, name=f'f{k}')\n    def f(trips):\n        return k\n    return f\n"
                     "ONE, TWO = make(1), make(2)\n")  # fmt: skip
    assert module.ONE[0].formula != module.TWO[0].formula
    assert from_record(to_record(module.TWO[0])) == module.TWO[0]


def test_a_function_of_another_version_is_refused(install):
    record = to_record(install(FUNCTION.format(least=0)).longest_pause_days[0])
    install(FUNCTION.format(least=7))
    with pytest.raises(ScorecardError, match=r"'longest_pause_days' of module .* differs from the one"):
        from_record(record)


def test_a_function_that_is_gone_from_its_module_is_refused(install):
    record = to_record(install(FUNCTION.format(least=0)).longest_pause_days[0])
    install("")
    with pytest.raises(ScorecardError, match=r"is not in module .*; install the version it was made with"):
        from_record(record)


def test_a_module_that_is_not_imported_is_refused_and_not_imported(install):
    record = to_record(install(FUNCTION.format(least=0)).longest_pause_days[0])
    record["formula"]["module"] = "an_agencys_own_features"
    with pytest.raises(ScorecardError, match="'an_agencys_own_features', which is not imported"):
        from_record(record)


def test_a_function_of_a_notebook_is_not_recorded():
    namespace = {"__name__": "__main__"}
    exec("def mine(trips):\n    return 1.0", namespace)
    (one,) = feature(trips, days=30)(namespace["mine"])
    with pytest.raises(FeatureError, match=r"'mine' is defined in __main__.*move it to a file that can be imported"):
        to_record(one)


BASES = [to_record(one) for one in (
    *share(purchases, of=transactions, days=90, reason="S07", riskier="higher"),
    *spread(obligations.where(late=True).amount_unpaid, days="all", en="{period}"),
    *ratio(value(applications.instalment), count(trips.where(mode=("rail", "coach")), days=30)),
    *distinct(transactions.merchant_id, days=365),
    *quantile(mixed.amount_due, q=0.9, days=365),
    *regularity(~purchases | transactions.where(status="failed"), lag=7, days=90),
    *streak(purchases, of=~transactions.where(status="failed"), days="all"),
    *change(count(trips, days=30), count(trips, days=90)),
)]  # fmt: skip
COUNTED = to_record(count(purchases, days=90)[0])


def changed(change):
    record = copy.deepcopy(COUNTED)
    change(record, record["formula"], record["formula"]["events"])
    return record


def with_condition(**condition):
    return changed(lambda _record, _formula, events: events.update(where=[condition]))


def nested(depth):
    formula = COUNTED["formula"]
    for _ in range(depth):
        formula = {"quotient": [formula, COUNTED["formula"]]}
    return {**COUNTED, "formula": formula}


def denied(times):
    condition = {"column": "kind", "values": ["fee"]}
    for _ in range(times):
        condition = {"not": {"all": [condition]}}
    return condition


MALFORMED = {
    "not a mapping": [],
    "nothing": None,
    "no name": {key: part for key, part in COUNTED.items() if key != "name"},
    "a name that is a number": changed(lambda record, *_: record.update(name=3)),
    "a reason that is a list": changed(lambda record, *_: record.update(reason=["S01"])),
    "an unknown direction": changed(lambda record, *_: record.update(riskier="up")),
    "an unknown table": changed(lambda _record, _formula, events: events.update(table="genes")),
    "an unknown word": changed(lambda _record, formula, _events: formula.update(word="mode")),
    "a quantile of no share": changed(
        lambda _record, formula, _events: formula.update(word="quantile", column="amount")
    ),
    "a quantile of too much": changed(
        lambda _record, formula, _events: formula.update(word="quantile", column="amount", parameter=90)
    ),
    "a lag that is a text": changed(lambda _record, formula, _events: formula.update(word="regularity", parameter="7")),
    "a streak of nothing": changed(lambda _record, formula, _events: formula.update(word="streak")),
    "a streak of another table": changed(
        lambda _record, formula, _events: formula.update(word="streak", part={"table": "trips", "where": []})
    ),
    "any of a mapping": with_condition(any={"column": "kind", "values": ["fee"]}),
    "all of a text": with_condition(all="kind"),
    "not of a list": with_condition(**{"not": [{"column": "kind", "values": ["fee"]}]}),
    "a platform denied": with_condition(**{"not": {"column": "platform", "values": ["alder"]}}),
    "a place among alternatives": with_condition(any=[{"column": "city", "values": ["Lhasa"]}]),
    "conditions in conditions": with_condition(**denied(2_000)),
    "a difference of one": {**COUNTED, "formula": {"difference": [COUNTED["formula"]]}},
    "a word that is a list": changed(lambda _record, formula, _events: formula.update(word=["count"])),
    "an unknown column": changed(lambda _record, formula, _events: formula.update(word="total", column="genes")),
    "a total of a category": changed(lambda _record, formula, _events: formula.update(word="total", column="kind")),
    "a distinct number": changed(lambda _record, formula, _events: formula.update(word="distinct", column="amount")),
    "a distinct status": changed(lambda _record, formula, _events: formula.update(word="distinct", column="status")),
    "a count of a column": changed(lambda _record, formula, _events: formula.update(column="amount")),
    "a total of no column": changed(lambda _record, formula, _events: formula.update(word="total")),
    "negative days": changed(lambda _record, formula, _events: formula.update(days=-30)),
    "days that are a truth": changed(lambda _record, formula, _events: formula.update(days=True)),
    "days that are a fraction": changed(lambda _record, formula, _events: formula.update(days=30.5)),
    "a platform picked": with_condition(column="platform", values=["alder"]),
    "a place picked": with_condition(column="city", values=["Lhasa"]),
    "a day picked": with_condition(column="day", values=["20000"]),
    "texts for a number": with_condition(column="amount", values=["1"]),
    "a number for texts": with_condition(column="kind", low=0, high=1),
    "numbers for texts": with_condition(column="kind", values=[1]),
    "an endless end": with_condition(column="amount", low=float("inf"), high=None),
    "no number for an end": with_condition(column="amount", low=float("nan"), high=None),
    "an end of 400 digits": with_condition(column="amount", low=10**400, high=None),
    "a text for an end": with_condition(column="amount", low="0", high=None),
    "the outcome read": {**COUNTED, "formula": {"application": "outcome"}},
    "a private name read": {**COUNTED, "formula": {"application": "__doc__"}},
    "three parts of a quotient": {**COUNTED, "formula": {"quotient": [COUNTED["formula"]] * 3}},
    "quotients in quotients": nested(2_000),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_what_is_malformed_is_refused(case):
    with pytest.raises(ScorecardError):
        from_record(MALFORMED[case])


def test_modest_nesting_is_read():
    assert to_record(from_record(nested(5))) == nested(5)


JUNK = st.sampled_from(
    [None, True, -1, 0, 7, 1.5, float("nan"), float("inf"), 10**400, "", "x", "kind", "platform", "trips", "distinct",
     "recency", "all", "streak", "median", [], {}, [None], ["x"], [[1], 2], {"x": 1}, {"quotient": [1, 2]}, {"any": []},
     {"all": [[]]}, {"not": {"any": []}}, {"not": 3}, {"application": []}]
)  # fmt: skip


def _places(record, path=()):
    yield path
    inside = record.items() if isinstance(record, dict) else enumerate(record) if isinstance(record, list) else ()
    for key, part in inside:
        yield from _places(part, (*path, key))


def _mutate(record, path, junk, how):
    """The record with the part at that path replaced, taken away or put into a list."""
    if not path:
        return junk
    parent = record
    for key in path[:-1]:
        parent = parent[key]
    if how == "take away":
        del parent[path[-1]]
    else:
        parent[path[-1]] = [parent[path[-1]]] if how == "wrap" else junk
    return record


@settings(max_examples=600, deadline=None)
@given(data=st.data())
def test_a_mutated_record_is_refused_or_read_as_a_feature_that_plans_and_comes_back(data):
    record = copy.deepcopy(data.draw(st.sampled_from(BASES)))
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(list(_places(record))))
        record = _mutate(
            record, path, copy.deepcopy(data.draw(JUNK)), data.draw(st.sampled_from(["replace", "take away", "wrap"]))
        )
    try:
        one = from_record(record)
    except ScorecardError:
        return
    assert make_plan([one]).names == (one.name,)
    assert from_record(to_record(one)) == one
