"""Profiles and drafts on the sample's files, whose mapping is known."""

import pyarrow as pa
import pytest
import yaml

from creditscore.events.inspect import inspect, profile
from tests.conftest import PROJECT, SAMPLE

SOURCES = [
    (table, source)
    for table, sources in yaml.safe_load(SAMPLE.read_text(encoding="utf-8"))["events"].items()
    if isinstance(sources, list)
    for source in sources
]


@pytest.mark.parametrize(("table", "source"), SOURCES, ids=[source["files"] for _, source in SOURCES])
def test_the_draft_for_the_samples_files_is_their_mapping(table, source):
    text = inspect(PROJECT / "data_samples" / source["files"])
    ((drafted, (draft,)),) = yaml.safe_load(text[text.index("\n\n") :]).items()
    assert drafted == table
    found = {name: own for name, own in draft["columns"].items() if own is not None}
    assert found == source["columns"]
    assert draft.get("time_format") == source.get("time_format")


def _profile(values, kind=None):
    return profile("x", pa.chunked_array([pa.array(values, kind)]))


def test_kinds_are_told_apart():
    kinds = {
        "time": ["2024-01-31 10:00:00", None],
        "number": ["1", "2.5", None],
        "category": ["red", "red", None],
        "text": [f"name {i}" for i in range(40)],
        "empty": [None, None],
    }
    assert {kind: _profile(values, pa.string()).kind for kind, values in kinds.items()} == {
        kind: kind for kind in kinds
    }


def test_what_may_name_somebody_is_not_shown():
    found = _profile([f"b{i}" for i in range(40)])
    assert "b7" not in found.shown


def test_days_gaps_and_zones_are_told():
    found = _profile([0, 86_400, 86_400 * 11], pa.timestamp("s"))
    assert "days only, without a zone, longest gap 10.0 days" in found.shown
    assert "in Asia/Shanghai" in _profile([5], pa.timestamp("s", tz="Asia/Shanghai")).shown


def test_late_arrivals_are_counted():
    day = 86_400_000_000
    times = pa.table(
        {"ordered_at": pa.array([0, 0], pa.timestamp("us")), "recorded_at": pa.array([5, 3 * day], pa.timestamp("us"))}
    )
    assert "recorded_at is more than a day after ordered_at in 50.0% of rows" in inspect(times)


def test_ids_of_64_bits_are_numbers():
    found = _profile([2**62 + 1, 2**62 + 3, None], pa.int64())
    assert (found.kind, found.distinct, found.missing) == ("number", 2, 1)
