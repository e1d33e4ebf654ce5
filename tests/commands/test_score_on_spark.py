"""`score --engine spark`: a lake's tables in, Spark's Parquet out, the scores of one machine."""

import pyarrow.parquet as pq
import pytest

import creditscore
from creditscore.__main__ import main
from tests.spark.conftest import spark  # noqa: F401  the fixture is used by name
from tests.spark.made import in_units


@pytest.fixture(scope="module")
def lake(sample_events, tmp_path_factory):
    """The sample's tables, one as a folder of parts as Spark leaves it."""
    folder = tmp_path_factory.mktemp("lake")
    for name in sample_events.rows:
        table = in_units(name, sample_events.table(name))
        path = folder / f"{name}.parquet"
        if name == "trips":
            (folder / name).mkdir()
            path = folder / name / "part-0.parquet"
        pq.write_table(table, path)
    return folder


@pytest.fixture
def scored(card_path, lake, tmp_path):
    """The command on the lake, and what it left."""

    def score(*words):
        out = tmp_path / "scores.parquet"
        assert main(["score", str(card_path), str(lake), "--engine", "spark", "--out", str(out), *words]) == 0
        return pq.read_table(out).sort_by("application_id")

    return score


@pytest.mark.usefixtures("spark")
def test_scores_are_those_of_one_machine(scored, card, sample_events, capsys):
    found = scored()
    expected = creditscore.score(card, sample_events, applications=sample_events.applications)
    assert found.select(expected.column_names).to_pylist() == expected.sort_by("application_id").to_pylist()
    assert f"scores.parquet: {expected.num_rows:,} applications, " in capsys.readouterr().out


@pytest.mark.usefixtures("spark")
def test_everyone_is_scored_at_one_time(scored, sample_events):
    found = scored("--as-of", "2025-06-30T00:00:00+08:00")
    assert found["application_id"].to_pylist() == sorted(sample_events.borrowers().to_pylist())


@pytest.mark.usefixtures("spark")
def test_what_is_there_is_not_written_over_and_what_is_not_is_named(card_path, lake, tmp_path, capsys):
    words = ["score", str(card_path), str(lake), "--engine", "spark", "--out", str(lake)]
    assert main(words) == 2
    assert "already exists" in capsys.readouterr().err
    assert main([*words[:2], str(tmp_path), *words[3:]]) == 2
    assert f"{tmp_path}: expected Parquet tables of transactions, trips, obligations" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--engine", "spark", "--ledger", "l.db"], "--ledger and --engine spark"),
        (["--engine", "spark", "--recipient", "bank"], "--recipient and --engine spark: it goes into a ledger"),
        (["--engine", "spark", "--fee", "0.35"], "--fee and --engine spark: it goes into a ledger"),
        (["--engine", "spark", "--memory-limit", "1GiB"], "--memory-limit and --engine spark"),
        (["--master", "local[1]"], "--master: this is Spark's; add --engine spark"),
    ],
)
def test_what_only_one_of_the_engines_takes_is_refused(card_path, lake, tmp_path, capsys, words, message):
    assert main(["score", str(card_path), str(lake), "--out", str(tmp_path / "s.parquet"), *words]) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_url_needs_spark(card_path, tmp_path, capsys):
    assert main(["score", str(card_path), "s3://lake", "--out", str(tmp_path / "s.parquet")]) == 2
    assert "s3://lake: a URL, which is read and written by --engine spark alone" in capsys.readouterr().err
