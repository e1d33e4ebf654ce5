"""Scores of a folder of events: in memory, or by way of a store, the same."""

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from creditscore.__main__ import main
from creditscore.commands import options
from creditscore.events.schema import EVENT_TABLES
from creditscore.events.store import Store
from creditscore.scorecard import save
from creditscore.scoring.conformance import AS_OF, made_history
from tests.scorecard.small import small_card


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A card, and a folder of events of forty borrowers."""
    folder = tmp_path_factory.mktemp("bank")
    save(small_card(), folder / "small.scorecard")
    (folder / "events").mkdir()
    histories = {f"b{i:02}": made_history(i) for i in range(1, 41)}
    for name in EVENT_TABLES:
        rows = [{"borrower_id": who, **row} for who, history in histories.items() for row in history[name]]
        pa.csv.write_csv(pa.Table.from_pylist(rows), folder / "events" / f"{name}.csv")
    return folder


def scored(folder, tmp_path, *words):
    out = tmp_path / "scores.parquet"
    words = [str(folder / "small.scorecard"), str(folder / "events"), "--as-of", AS_OF.isoformat(), *words]
    assert main(["score", *words, "--out", str(out)]) == 0
    return pq.read_table(out).sort_by("application_id")


def test_a_store_within_a_memory_limit_gives_the_same_scores(folder, tmp_path, capsys):
    whole = scored(folder, tmp_path)
    assert whole["application_id"].to_pylist() == [f"b{i:02}" for i in range(1, 41)]
    assert scored(folder, tmp_path, "--memory-limit", "1GiB").equals(whole)
    assert "40 applications" in capsys.readouterr().out


def test_large_files_go_through_a_store_unasked(folder, monkeypatch):
    assert options.limit_for(folder / "events") is None
    monkeypatch.setattr(options, "_EXPANDS", 10**9)
    limit = options.limit_for(folder / "events")
    with options.reading_events(folder / "events", limit, None) as events:
        assert isinstance(events, Store)
