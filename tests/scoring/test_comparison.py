"""Why a score changed: all adds up, the figures are those of score(), and the events are those that moved."""

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from creditscore.errors import RequestError
from creditscore.events.load import load_events
from creditscore.features.build import build_features
from creditscore.model.fit import fit_trees
from creditscore.model.scale import Calibration
from creditscore.scoring import score
from creditscore.scoring.assess import assess
from creditscore.scoring.changes import Comparison
from creditscore.scoring.comparison import compare_cards, compare_dates
from creditscore.scoring.conformance import AS_OF, made_history
from creditscore.scoring.moves import NO_MOVES

APPLICATION = {"amount": 10_000.0, "term_months": 12.0, "instalment": 900.0}
BEFORE = AS_OF - dt.timedelta(days=60)


@pytest.fixture(scope="module")
def history():
    return made_history(120)


@pytest.fixture(scope="module")
def asked(sample_events):
    """A few dozen borrowers of the sample with two dates each."""
    draw = np.random.default_rng(5)
    rows = sample_events.applications.take(draw.choice(sample_events.applications.num_rows, 40, replace=False))
    return [(sample_events.of(row["borrower_id"]), row["as_of"] - dt.timedelta(days=int(draw.integers(1, 200))),
             row["as_of"]) for row in rows.to_pylist()]  # fmt: skip


@pytest.fixture(scope="module")
def other_card(card, prepared):
    """Another model, calibrated with shifts of absent families, of fewer features, one renamed, one recoded."""
    kept = [i for i, feature in enumerate(card.features) if feature.reason not in ("S14", "T05")]
    features = [card.features[i] for i in kept]
    features[0] = replace(features[0], name="renamed")
    features[5] = replace(features[5], reason="X01")
    rows = prepared.known("train")
    bare = replace(
        card,
        name="other",
        features=tuple(features),
        model=fit_trees(prepared.matrix[np.ix_(rows, kept)], prepared.outcome[rows], tuple(features), seed=3),
        calibration=Calibration(-1.5, 0.8, (0.0, 0.1, 0.4, 0.2, -0.3, 0.1, 0.2, 0.3)),
        codes=recoded(card.codes),
        references=(),
    )
    return bare.with_reference("all", "all", prepared.matrix[np.ix_(rows, kept)])


def recoded(codes):
    """One code less, one reworded, one new."""
    words = codes["S01"]
    given = {"S01": replace(words, borrower_en="Other words"), "X01": replace(words, code="X01", borrower_en="Its own")}
    return {code: one for code, one in {**codes, **given}.items() if code != "S14"}


def adds_up(found):
    parts = [reason.change for reason in found.reasons]
    assert abs(found.after.unrounded - found.before.unrounded - found.reference_change - sum(parts)) < 1e-9
    assert found.change == found.after.unrounded - found.before.unrounded
    assert [abs(part) for part in parts] == sorted(map(abs, parts), reverse=True)
    for reason in found.reasons:
        assert abs(sum(one.change for one in reason.features) - reason.change) < 1e-7
        assert all(abs(one.change) >= abs(next_one.change) > 0 for one, next_one in pairwise(reason.features))


def test_between_dates_the_reasons_add_up_to_the_change(card, asked):
    scored = 0
    for events, before, after in asked:
        found = compare_dates(card, events, before=before, after=after, application=APPLICATION)
        assert found.before == score(card, events, as_of=before, application=APPLICATION)
        assert found.after == score(card, events, as_of=after, application=APPLICATION)
        if found.change is not None:
            adds_up(found)
            assert found.reference_change == 0
            assert {reason.code for reason in found.reasons} == set(card.code_columns.codes)
            scored += 1
    assert scored > 20


def test_between_cards_the_reasons_and_the_references_add_up_to_the_change(card, other_card, asked):
    absent = set()
    for events, _, after in asked:
        found = compare_cards(card, other_card, events, as_of=after, application=APPLICATION)
        if found.change is not None:
            adds_up(found)
            assert found.reference_change == other_card.mean_points("all") - card.mean_points()
            assert all(reason.moves == NO_MOVES for reason in found.reasons)
            absent |= {reason.code for reason in found.reasons if reason.before or reason.after}
    assert absent >= {"H05", "H06", "H07", "S14", "X01"}


def test_figures_are_those_of_features_built_and_assessed_apart(card, history):
    found = compare_dates(card, history, before=BEFORE, after=AS_OF, application=APPLICATION)
    table = build_features(
        load_events(**{name: [{"borrower_id": "b", **row} for row in rows] for name, rows in history.items()}),
        [{"application_id": str(at), "borrower_id": "b", "as_of": at, **APPLICATION} for at in (BEFORE, AS_OF)],
        features=card.features,
    )
    matrix = np.column_stack([table[name].to_numpy() for name in card.plan.names])
    apart = assess(card, matrix)
    values = dict(zip(card.plan.names, matrix.T.tolist(), strict=True))
    for reason in found.reasons:
        expected = apart.code_points[:, apart.codes.index(reason.code)]
        np.testing.assert_allclose([reason.before, reason.after], expected, rtol=0, atol=1e-9)
        for one in reason.features:
            if one.feature in values:
                given = [np.nan if value is None else value for value in (one.before, one.after)]
                np.testing.assert_array_equal(given, values[one.feature])


def test_a_feature_or_code_of_one_card_counts_nothing_in_the_other(card, other_card, history):
    compared = compare_cards(card, other_card, history, as_of=AS_OF, application=APPLICATION)
    found = {reason.code: reason for reason in compared.reasons}
    assert found["S14"].after == 0.0 != found["S14"].before
    assert all(one.points_after is None and one.after is None for one in found["S14"].features)
    assert found["X01"].before == 0.0
    assert [found[code].text for code in ("X01", "S01", "S14")] == [
        "Its own",
        "Other words",
        card.codes["S14"].borrower_en,
    ]
    named = {one.feature: one for reason in found.values() for one in reason.features}
    assert named["renamed"].points_before is None


def test_the_same_card_changes_nothing(card, history):
    found = compare_cards(card, card, history, as_of=AS_OF, application=APPLICATION)
    assert found.before == found.after
    assert (found.change, found.reference_change) == (0.0, 0.0)
    assert all(reason.change == 0.0 and not reason.features for reason in found.reasons)


def test_a_moment_without_an_event_changes_next_to_nothing(card, history):
    after = AS_OF + dt.timedelta(microseconds=2)
    found = compare_dates(card, history, before=AS_OF + dt.timedelta(microseconds=1), after=after)
    assert all(reason.moves == NO_MOVES for reason in found.reasons)
    assert found.change == pytest.approx(0.0, abs=1.0)


def test_another_card_and_another_date_are_two_steps(card, other_card, history):
    cards = compare_cards(card, other_card, history, as_of=BEFORE, application=APPLICATION)
    dates = compare_dates(other_card, history, before=BEFORE, after=AS_OF, application=APPLICATION)
    both = score(other_card, history, as_of=AS_OF, application=APPLICATION).unrounded
    both -= score(card, history, as_of=BEFORE, application=APPLICATION).unrounded
    assert cards.change + dates.change == pytest.approx(both, abs=1e-9)


def test_reasons_compare_with_the_reference_asked_for(card, history):
    dates = compare_dates(card, history, before=BEFORE, after=AS_OF, reference="all")
    cards = compare_cards(card, card, history, as_of=AS_OF, reference="all")
    assert {one.reference for found in (dates, cards) for one in (found.before, found.after)} == {"all"}
    adds_up(dates)


def test_another_application_changes_only_what_reads_it(card, history):
    moment = AS_OF + dt.timedelta(microseconds=1)
    smaller = {"amount": 1_000.0, "term_months": 6.0, "instalment": 180.0}
    found = compare_dates(card, history, before=AS_OF, after=moment, application=APPLICATION, application_after=smaller)
    adds_up(found)
    values = {one.feature: (one.before, one.after) for reason in found.reasons for one in reason.features}
    tables = {feature.name: feature.tables for feature in card.features}
    changed = {name for name, (one, other) in values.items() if other is not None and one != pytest.approx(other)}
    assert changed
    assert all("applications" in tables[name] for name in changed)


def test_events_between_came_and_their_reasons_name_them(card, history):
    late = {"platform": "p1", "kind": "instalment", "amount_due": 500.0, "utc_offset_minutes": 480}
    times = {"time": AS_OF - dt.timedelta(days=50), "due_at": AS_OF - dt.timedelta(days=40)}
    more = {**history, "obligations": [*history["obligations"], {"event_id": "new", **late, **times}]}
    found, without = (compare_dates(card, one, before=BEFORE, after=AS_OF) for one in (more, history))
    naming = {reason.code for reason in found.reasons if ("obligations", "p1", "new") in reason.moves.came}
    assert naming & {"O02", "O03", "O05"}
    families = {feature.reason for feature in card.features if "obligations" in feature.tables}
    assert naming <= families
    known = {("obligations", "p1", "new")}
    for reason in without.reasons:
        assert not known & {tuple(record) for records in reason.moves for record in records}
    assert found.before == without.before


def test_moves_are_the_borrowers_own_by_their_dates(card, history):
    times = {(name, row["event_id"]): time_of(row) for name, rows in history.items() for row in rows}
    found = compare_dates(card, history, before=BEFORE, after=AS_OF, application=APPLICATION)
    moves = [reason.moves for reason in found.reasons]
    came, went, aged, updated = (
        [times[record.table, record.event_id] for record in sum(kind, ())] for kind in zip(*moves, strict=True)
    )
    assert BEFORE - dt.timedelta(days=60) < min(came)
    assert max(came) < AS_OF
    assert max(went + aged + updated) < BEFORE
    assert max(aged) < AS_OF - dt.timedelta(days=7)


def time_of(row):
    return dt.datetime.fromisoformat(row["time"])


def test_a_reason_without_changed_features_names_no_events(card, asked):
    for events, before, after in asked[:10]:
        for reason in compare_dates(card, events, before=before, after=after).reasons:
            assert reason.features or reason.moves == NO_MOVES


def test_trips_that_came_are_behind_the_reason_of_their_absence(card, history):
    later = [(AS_OF - dt.timedelta(days=5 + i)).isoformat() for i in range(len(history["trips"]))]
    trips = [{**row, "time": time, "departs_at": None} for row, time in zip(history["trips"], later, strict=True)]
    found = compare_dates(card, {**history, "trips": trips}, before=BEFORE, after=AS_OF)
    adds_up(found)
    absence = next(reason for reason in found.reasons if reason.code == "H06")
    by_trip = [[record.event_id for record in records if record.table == "trips"] for records in absence.moves]
    assert by_trip == [[row["event_id"] for row in reversed(trips)], [], [], []]
    assert any(
        record.table == "trips" for reason in found.reasons if reason.code[0] == "T" for record in reason.moves.came
    )


def test_frames_events_and_lists_compare_alike(card, history):
    times = {"before": BEFORE.isoformat(), "after": AS_OF.isoformat()}
    expected = compare_dates(card, history, **times)
    rows = {name: [{"borrower_id": "b", **row} for row in own] for name, own in history.items()}
    assert compare_dates(card, load_events(**rows), **times) == expected
    assert compare_dates(card, {name: pd.DataFrame(own) for name, own in rows.items()}, **times) == expected


def test_not_scorable_at_one_of_the_dates_is_a_result_without_points(card, history):
    early = AS_OF - dt.timedelta(days=3_000)
    found = compare_dates(card, history, before=early, after=AS_OF, application=APPLICATION)
    assert isinstance(found, Comparison)
    assert found.why_not == f"before: {found.before.why_not}"
    assert (found.change, found.reference_change, found.reasons) == (None, None, ())
    assert found.after.scorable
    neither = compare_dates(card, {}, before=early, after=AS_OF)
    assert "; after: no history" in neither.why_not


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"after": BEFORE}, "before: expected a time earlier than after; exchange"),
        ({"after": BEFORE - dt.timedelta(days=1)}, "before: expected a time earlier than after; exchange"),
        ({"before": dt.datetime(2025, 1, 1)}, "before: a time without a zone; give one"),
        ({"after": "2025-06-30T12:00:00"}, "after: a time without a zone; give one"),
        ({"before": "yesterday"}, "before: expected a time like"),
        ({"after": None}, "after: expected a time, got NoneType"),
        ({"reference": "nobody"}, "reference: the scorecard has none of this id; it has"),
        ({"history": [1]}, "history: expected a mapping"),
        ({"history": {"payments": []}}, "history: unknown table 'payments'"),
        ({"application_after": {"amount": -1.0}}, "applications: 1 rows cannot be read"),
    ],
)
def test_a_wrong_request_is_refused_by_the_field_and_the_fix(card, history, change, message):
    request = {"history": history, "before": BEFORE, "after": AS_OF, **change}
    with pytest.raises(RequestError, match=message):
        compare_dates(card, request.pop("history"), **request)


def test_the_histories_of_two_are_refused(card, sample_events):
    with pytest.raises(RequestError, match="the history holds events of"):
        compare_dates(card, sample_events, before=BEFORE, after=AS_OF)
    with pytest.raises(RequestError, match="as_of: a time without a zone"):
        compare_cards(card, card, {}, as_of=dt.datetime(2025, 1, 1))
