"""Features within a memory limit: the same to the last bit as from all events at once, and within it."""

import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creditscore.errors import InputError, SchemaError
from creditscore.events.storing import store_events
from creditscore.features import CATALOGUE, build_features, count, total, transactions
from creditscore.features.groups import bytes_of
from creditscore.training import sources_of
from tests.conftest import SAMPLE

FEW = [count(transactions, days=90, name="events"), total(transactions.amount, days=365, name="sum")]


@pytest.fixture(scope="module")
def stored(sample_config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored") / "store"
    return store_events(folder, **sources_of(sample_config, SAMPLE))


@pytest.fixture(scope="module")
def expected(sample_events):
    return build_features(sample_events)


@pytest.mark.parametrize("limits", [{}, {"memory_limit": "4GiB"}, {"threads": 1}, {"threads": 3}])
def test_a_store_gives_the_features_of_all_events_at_once(stored, expected, limits):
    assert build_features(stored, **limits).equals(expected)


def test_buckets_too_large_for_the_limit_are_taken_in_parts(stored, expected, monkeypatch):
    monkeypatch.setattr("creditscore.features.groups._BYTES_AN_EVENT", 40_000)
    asked = []
    group = type(stored).group
    monkeypatch.setattr(type(stored), "group", lambda self, *of: (asked.append(of), group(self, *of))[1])
    assert build_features(stored, memory_limit="900MiB").equals(expected)
    (groups,) = {of for _, of in asked}
    assert groups > 16
    assert groups % 16 == 0


def test_sources_go_through_a_temporary_store(sample_config, expected, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    told = []
    found = build_features(
        sources_of(sample_config, SAMPLE),
        memory_limit="4GiB",
        features=CATALOGUE,
        progress=lambda done, total: told.append((done, total)),
    )
    assert found.equals(expected)
    assert not list(tmp_path.iterdir())
    assert told[-1][0] == told[-1][1] > 300_000


def test_sources_without_a_limit_are_loaded(sample_config, expected):
    assert build_features(sources_of(sample_config, SAMPLE)).equals(expected)


def test_applications_given_choose_who_is_read(stored, sample_events, monkeypatch):
    few = sample_events.applications.take([40, 7, 40, 19])
    few = few.set_column(0, "application_id", pa.array(["x", "a", "m", "b"]))
    asked = []
    group = type(stored).group
    monkeypatch.setattr(type(stored), "group", lambda self, *of: (asked.append(of), group(self, *of))[1])
    found = build_features(stored, few, features=FEW)
    assert found.equals(build_features(sample_events, few, features=FEW))
    assert found["application_id"].to_pylist() == ["x", "a", "m", "b"]
    assert len(asked) <= 3


def test_ids_of_another_type_find_their_borrowers(tmp_path):
    rows = [{"borrower_id": i % 9, "time": f"2024-01-{1 + i % 28:02}T00:00Z", "platform": "p", "kind": "purchase",
             "amount": i} for i in range(200)]  # fmt: skip
    applications = [{"application_id": i, "borrower_id": str(i), "as_of": "2025-01-01T00:00Z"} for i in range(12)]
    store = store_events(tmp_path / "store", transactions=rows)
    found = build_features(store, applications, features=[count(transactions, days=400, name="n")])
    assert np.nan_to_num(found["n_400d"].to_numpy()).tolist() == [23, 23, *[22] * 7, 0, 0, 0]


def test_limits_that_cannot_be_held_are_refused(stored, sample_events):
    with pytest.raises(InputError, match="in memory already"):
        build_features(sample_events, memory_limit="4GiB")
    with pytest.raises(InputError, match="too little"):
        build_features(stored, memory_limit="100MiB")
    with pytest.raises(InputError, match="expected bytes or a size"):
        build_features(stored, memory_limit="4 gigs")
    assert [bytes_of(size) for size in (5, "5", "2KiB", "3 MiB")] == [5, 5, 2_048, 3 << 20]


def test_a_store_without_applications_needs_some(tmp_path):
    rows = [{"borrower_id": "b", "time": "2024-01-01T00:00Z", "platform": "p", "kind": "purchase", "amount": 1}]
    with pytest.raises(SchemaError, match="no applications"):
        build_features(store_events(tmp_path / "store", transactions=rows))


_MEASURE = """
import re, sys
from pathlib import Path
from creditscore.features import build_features, mean, transactions
folder = Path(sys.argv[1])
sources = {name: folder / f"{name}.parquet" for name in ("transactions", "applications")}
limits = {"memory_limit": sys.argv[2]} if len(sys.argv) > 2 else {}
build_features(sources, features=[mean(transactions.amount, days=30, name="m")], **limits)
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def _peak(folder, *limit):
    found = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(folder), *limit], capture_output=True, text=True, check=True
    )
    return int(found.stdout)


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="peak memory is read from /proc")  # noqa: PTH110
def test_memory_stays_within_the_limit(tmp_path):
    draw, n = np.random.default_rng(1), 3_000_000
    times = np.datetime64("2024-01-01", "us") + draw.integers(0, 300 * 86_400, n).astype("timedelta64[s]")
    events = {
        "borrower_id": draw.integers(0, 30_000, n), "event_id": np.arange(n), "time": times,
        "amount": draw.integers(0, 9_999, n) / 100, "balance": draw.integers(0, 9_999, n) / 100,
    }  # fmt: skip
    words = {"platform": pa.array(["p"] * n), "kind": pa.array(["purchase"] * n)}
    table = pa.table({**events, **words}).set_column(2, "time", pa.array(times).cast(pa.timestamp("us", "UTC")))
    pq.write_table(table, tmp_path / "transactions.parquet", row_group_size=200_000)
    asked = {"application_id": [1], "borrower_id": [1], "as_of": ["2024-10-01T00:00Z"]}
    pq.write_table(pa.table(asked), tmp_path / "applications.parquet")
    within = _peak(tmp_path, "600MiB")
    assert within <= 600
    assert _peak(tmp_path) > 600
