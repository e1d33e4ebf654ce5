"""What a comparison says: in text, in a notebook, as JSON."""

import datetime as dt
import json
import re
from dataclasses import replace

import pytest

from creditscore.scoring.changes import Comparison, FeatureChange, ReasonChange
from creditscore.scoring.comparison import compare_cards, compare_dates
from creditscore.scoring.conformance import AS_OF, made_history

BEFORE = AS_OF - dt.timedelta(days=60)


@pytest.fixture(scope="module")
def found(card):
    return compare_dates(card, made_history(120), before=BEFORE, after=AS_OF)


def test_the_text_begins_with_the_points_and_the_reason_that_changed_most(found):
    first, second, *_ = repr(found).splitlines()
    assert f"{found.before.points} → {found.after.points} points" in first
    assert f"{found.change:+.1f} before rounding" in first
    most = found.reasons[0]
    assert second.split()[:2] == [most.code, f"{most.change:+.1f}"]
    assert f"{len(most.moves.came)} came" in repr(found)


def test_changes_in_the_text_add_up_to_the_change(found):
    parts = [float(part) for part in re.findall(r"^  \S+ +([+-][\d.]+)  ", repr(found), re.MULTILINE)]
    assert len(parts) == 9
    assert sum(parts) == pytest.approx(found.change, abs=0.05 * (len(parts) + 1))


def test_the_notebooks_table_holds_all_reasons_that_changed_and_their_sum(found):
    told = found._repr_html_()
    changed = [reason for reason in found.reasons if abs(reason.change) > 1e-9]
    assert all(f"<td>{reason.code}</td>" in told for reason in changed)
    assert f"<td>{found.change:+.1f}</td></tr></table>" in told
    assert changed[0].features[0].text in told


def test_dates_and_scorecards_are_named_once_where_they_are_the_same(card, found):
    assert (
        repr(found)
        .splitlines()[-1]
        .strip()
        .startswith(f"{BEFORE.isoformat()} → {AS_OF.isoformat()} · {card.model_id} ·")
    )
    cards = compare_cards(card, replace(card, name="other"), made_history(120), as_of=AS_OF)
    assert f"{card.model_id} → other-" in repr(cards)


def test_json_holds_points_features_and_events_by_their_ids_alone(found):
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    assert told["change"] == found.change
    assert told["before"]["points"] == found.before.points
    reason = told["reasons"][0]
    assert set(reason) == {"code", "text", "before", "after", "change", "features", "came", "went", "aged", "updated"}
    assert reason["change"] == found.reasons[0].change
    assert set(reason["features"][0]) == {*FeatureChange._fields, "change"}
    events = [event for one in told["reasons"] for name in found.reasons[0].moves._fields for event in one[name]]
    assert events
    assert {name for event in events for name in event} == {"table", "platform", "event_id"}


def test_not_scorable_is_said_plainly(card):
    none = compare_dates(card, made_history(120), before=AS_OF - dt.timedelta(days=3_000), after=AS_OF)
    assert repr(none).startswith("Comparison(no change to tell; not scorable before: no history")
    assert "not scorable before: no history" in none._repr_html_()
    told = json.loads(json.dumps(none.to_dict()))
    assert (told["change"], told["reasons"], told["before"]["points"]) == (None, [], None)


def test_values_are_written_as_what_they_are(found):
    given = [(0.5, 0.5, 1.0, 2.0), (None, 12_345.6, -1.0, 2.0), (3.0, None, None, 4.0), (3.0, None, 4.0, None)]
    features = tuple(FeatureChange(f"f{i}", "", *values) for i, values in enumerate(given))
    one = Comparison(found.before, found.after, 1.0, 0.5, (ReasonChange("X01", "words", 0.0, 9.0, features),))
    text = repr(one)
    for expected in ("f0 still 0.5", "f1 missing → 12,346", "f2 not there → missing", "f3 3 → not there"):
        assert expected in text
    assert "mean   +0.5" in text


def test_words_from_outside_are_escaped(found):
    feature = FeatureChange("<script>", "", 0.0, 1.0, 0.0, 5.0)
    reason = ReasonChange("<b>", "<i>a & b</i>", 0.0, 5.0, (feature,))
    told = replace(found, reasons=(reason,))._repr_html_()
    assert "<script>" not in told
    assert "<i>" not in told
    assert "&lt;i&gt;a &amp; b" in told
