"""Short forms of the benchmarks: they run, and their last line is one JSON object with the figures promised."""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import pyarrow.compute as pc
import pytest

from tests.features.every_word import EVERY_WORD
from tests.spark.made import packaged_java

PROJECT = Path(__file__).parents[1]
# Its contenders in one process, as one Java: to start three takes longer than all else.
TOGETHER = """
import argparse, os, sys
os.environ["PYTHONPATH"] = os.path.abspath("benchmarks")  # where Spark's workers look, too
sys.path.insert(0, os.environ["PYTHONPATH"])
import scale_out
scale_out.apart = lambda name, folder, arguments: scale_out.run_here(
    argparse.Namespace(**vars(arguments) | {"run": name, "folder": folder})
)
scale_out.main()
"""


def _figures(*arguments):
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PROJECT)
    return json.loads(done.stdout.splitlines()[-1])


def test_accuracy_on_the_sample_is_beside_the_best_possible():
    found = _figures("benchmarks/accuracy.py", "--simulated", 0)
    low, high = found["oot_interval"]
    assert low < found["oot_auc"] < high
    assert 0.7 < found["best_auc"] < 0.85
    assert found["gap"] == pytest.approx(found["best_auc"] - found["oot_auc"], abs=2e-4)


@pytest.mark.skipif("BERKA" not in os.environ, reason="set BERKA to the folder of the Czech bank's data to run this")
def test_berka_is_at_least_as_good_as_the_better_baseline():
    found = _figures("benchmarks/accuracy.py", "--berka", os.environ["BERKA"])
    assert found["cv_auc"] >= max(found["cv_baselines"].values())
    assert {"cv_difference", "oot_auc", "oot_interval"} <= set(found)


def test_the_catalogue_by_duckdb_has_the_same_values():
    found = _figures("benchmarks/catalogue.py", "--events", 5_000, "--applications", 110, "--runs", 1)
    assert found["measured"]
    assert found["ratio"] == pytest.approx(found["seconds"]["duckdb"] / found["seconds"]["creditscore"], rel=0.05)
    assert 0.05 < found["peak_gib"] < 4


def test_what_is_not_measured_lies_on_a_straight_line(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(PROJECT / "benchmarks")
    import catalogue

    events = {tmp_path / "few": 10_000, tmp_path / "slice": 1_000_000, tmp_path: 20_000_000}
    monkeypatch.setattr(catalogue, "events_of", events.get)
    monkeypatch.setattr(catalogue, "run_apart", lambda *_: {"later": 1.0 + 0.01 * 2})
    assert catalogue.straight_line(tmp_path, 2, 1.0 + 2) == pytest.approx(1.0 + 20 * 2)


def test_the_query_says_every_word_of_the_vocabulary(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(PROJECT / "benchmarks")
    from catalogue_by_creditscore import build
    from catalogue_by_duckdb import CONTENDERS, write_statements
    from catalogue_data import make_catalogue_data
    from catalogue_sql import catalogue_sql
    from catalogue_values import disagreements

    make_catalogue_data(tmp_path / "data", 4_000, 60, 1.0)
    write_statements(tmp_path / "data", catalogue_sql(EVERY_WORD))
    ours, other = build(tmp_path / "data", 1, EVERY_WORD), CONTENDERS["duckdb"](tmp_path / "data", 1)
    assert disagreements(other, ours, EVERY_WORD) == []
    moved = ours.set_column(1, ours.column_names[1], pc.add(ours.column(1), 1e-6))
    assert len(disagreements(other, moved, EVERY_WORD)) == 1


def test_a_large_market_is_simulated_stored_and_built_in_bounded_memory(tmp_path):
    found = _figures(
        "benchmarks/large_market.py", "--events", 30_000, "--applications", 330, "--parts", 2, "--memory-limit", "1GiB",
        "--folder", tmp_path,
    )  # fmt: skip
    assert (found["events"], found["asked"], found["applications"]) == (30_000, 30_000, 330)
    assert found["checked"] > 0
    assert 0.05 < found["peak_gib"]["build"] < 1
    assert list(found["seconds"]) == ["simulate", "store", "build", "check"]


def test_a_market_too_large_for_the_disk_is_made_smaller(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(PROJECT / "benchmarks")
    import large_market

    monkeypatch.setattr(large_market.shutil, "disk_usage", lambda _: SimpleNamespace(free=100 << 30))
    assert large_market.fitting(10**9, 0, tmp_path) == 10**9
    fewer = large_market.fitting(10**10, 8 << 30, tmp_path)
    assert fewer % 1_000_000 == 0
    assert fewer * large_market.ON_DISK < 90 << 30


def test_the_catalogue_over_spark_is_measured_beside_its_sql_and_its_floor(tmp_path, monkeypatch):
    pytest.importorskip("pyspark", reason="pyspark is not installed (the spark extra)")
    if not shutil.which("java"):
        monkeypatch.setenv("JAVA_HOME", str(packaged_java(tmp_path)))
    found = _figures(
        "-c", TOGETHER, "--events", 2_000, "--applications", 40, "--features", 12, "--runs", 1, "--heap", "1g"
    )  # fmt: skip
    seconds = found["seconds"]
    assert found["ratio"] == pytest.approx(seconds["spark sql"] / seconds["creditscore"], rel=0.1)
    assert found["floor_ratio"] == pytest.approx(seconds["creditscore"] / seconds["spark floor"], rel=0.1)


def test_growth_has_a_slope_between_sizes():
    found = _figures("benchmarks/growth.py", "--events", 0.002, 0.004, "--features", "sixty")
    assert list(found["seconds"]) == ["0.002", "0.004"]
    difference = found["seconds"]["0.004"] - found["seconds"]["0.002"]
    assert found["seconds_a_million"] == [pytest.approx(difference / 0.002, abs=1)]
    assert all(0.05 < peak < 4 for peak in found["peak_gib"].values())
    assert 0.05 < found["within_4_gib"]["peak_gib"] < 4


@pytest.mark.skipif(find_spec("shap") is None, reason="compares with shap")
def test_reasons_are_measured_beside_lightgbm_and_shap():
    found = _figures("benchmarks/reasons.py", "--rows", 2_000, "--repeats", 1, "--trees", 4, "--sizes", 15)
    times = found["us_per_row"]
    best = min(times[name] for name in times if name.startswith("pred_contrib"))
    assert found["ratio"] == pytest.approx(best / times["path-dependent"], rel=0.2)
    assert found["interventional"]["ratio"] == pytest.approx(best / times["interventional"], rel=0.2)
    one = found["one_row"]
    assert one["ratio"] == pytest.approx(one["lightgbm_us"] / one["us"], rel=0.2)
    assert found["shap"]["ratio"] > 0
    assert found["sizes"]["15"]["rest_share"] == 0
    assert 0 < found["sizes"]["15"]["table_mib"] <= 256


def test_a_ledger_is_measured_beside_none():
    found = _figures("benchmarks/ledger.py", "--runs", 1)
    assert found["ratio"] == pytest.approx(found["seconds"]["with"] / found["seconds"]["without"], rel=0.05)
    assert 0.5 < found["ratio"] < 10
    assert 200 < found["bytes_an_entry"] < 2_000


@pytest.mark.skipif(find_spec("shap") is None, reason="compares with shap")
def test_a_score_is_measured_beside_the_usual_way():
    few = ("--calls", 20, "--peer-calls", 20, "--rows", 2_000, "--starts", 1, "--trees", 4)
    found = _figures("benchmarks/score.py", *few)
    assert found["ratio"] == pytest.approx(found["usual_p50_ms"] / found["p50_ms"], rel=0.05)
    assert found["p50_ms"] <= found["p99_ms"]
    assert found["features"]["p50_ms"] < found["p50_ms"]
    assert found["batch"]["ratio"] > 0
    assert found["start_seconds"] > 0.2
