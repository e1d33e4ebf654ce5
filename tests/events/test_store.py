"""Events on disk: the same as those read at once, whatever was added when, and whoever is asked for."""

import datetime as dt
import json
import os

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from creditscore.errors import InputError, QuarantineError
from creditscore.events import sources, storing
from creditscore.events.load import Source, load_events
from creditscore.events.schema import CONTRACT, EVENT_TABLES, ids_are_made
from creditscore.events.slices import slices
from creditscore.events.store import bucket_file, numbers_of, open_store
from creditscore.events.storing import store_events, temporary_store

NOON = dt.datetime(2024, 3, 1, 12, tzinfo=dt.UTC)
WHOLE = ("event_id",)


def bill(i, **changes):
    row = {"borrower_id": f"b{i % 7}", "event_id": f"e{i}", "time": NOON + dt.timedelta(hours=i), "platform": "p",
           "kind": "purchase", "amount": 0.25 * i, "merchant_id": f"m{i % 3}"}  # fmt: skip
    return {**row, **changes}


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def rows_of(table, leave_out=()):
    """A table's rows in an order of their own, to compare what is there and not where."""
    names = [name for name in table.column_names if name not in leave_out]
    columns = [table[name] for name in names]
    plain = [one.cast(pa.string()) if pa.types.is_dictionary(one.type) else one for one in columns]
    return pa.table(plain, names=names).sort_by([(name, "ascending") for name in names])


def assert_same(stored, loaded, leave_out=()):
    for name in CONTRACT:
        mine, theirs = stored.table(name), loaded.table(name)
        assert (mine is None) == (theirs is None), name
        if mine is not None:
            assert mine.schema.equals(theirs.schema, check_metadata=True)
            assert ids_are_made(mine) == ids_are_made(theirs)
            assert rows_of(mine, leave_out).equals(rows_of(theirs, leave_out))


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def small_runs(monkeypatch):
    monkeypatch.setattr(sources, "RUN", 5)
    monkeypatch.setattr(storing, "_ROWS_A_SLICE", 3)


@pytest.fixture(scope="module")
def sample_sources(sample_config):
    from creditscore.training import sources_of
    from tests.conftest import SAMPLE

    return sources_of(sample_config, SAMPLE)


def test_a_store_gives_the_events_that_loading_gives(tmp_path, sample_sources, sample_events):
    store = store_events(tmp_path / "store", **sample_sources)
    found = open_store(tmp_path / "store").events()
    assert_same(found, sample_events)
    assert found.currency == "CNY"
    assert found.applications.equals(sample_events.applications)
    assert store.quarantine.read == sample_events.quarantine.read
    without_duplicates = [one for one in sample_events.quarantine.counts() if not one[2].startswith("duplicate")]
    assert [one for one in store.quarantine.counts() if not one[2].startswith("duplicate")] == without_duplicates
    assert len(store.quarantine) + len(found.quarantine) == len(sample_events.quarantine)


def test_buckets_part_the_borrowers_and_hold_all_rows(tmp_path, sample_sources, sample_events):
    store = store_events(tmp_path / "store", **sample_sources)
    assert store.facts.buckets == 16
    for groups in (16, 48):
        few = [store.group(number, groups) for number in range(groups)]
        for name in EVENT_TABLES:
            borrowers = [set(events.table(name)["borrower_id"].to_pylist()) for events in few]
            assert sum(map(len, borrowers)) == len(set().union(*borrowers))
            assert sum(events.table(name).num_rows for events in few) == sample_events.table(name).num_rows
    assert sorted(store.borrowers().to_pylist()) == sorted(sample_events.borrowers().to_pylist())


def test_rows_of_many_runs_share_a_slice(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "RUN", 5)
    rows = [bill(i) | {"borrower_id": "one", "balance": None if i < 12 else 1.0} for i in range(30)]
    store_events(tmp_path / "store", transactions=rows)
    (file,) = [one for one in (tmp_path / "store" / "part-0001").glob("transactions-[0-9]*") if one.stat().st_size]
    # where a column begins, a slice does
    assert [one.num_rows for one in slices(file)] == [10, 20]
    assert_same(open_store(tmp_path / "store").events(), load_events(transactions=rows))


def test_rows_that_are_chosen_come_a_bucket_at_a_time_and_none_twice(tmp_path, sample_sources, sample_events):
    store = store_events(tmp_path / "store", **sample_sources)
    store = store_events(tmp_path / "store", **sample_sources)
    refunds = lambda table: pc.equal(table["kind"].cast(pa.string()), "refund").to_numpy()  # noqa: E731
    found = list(store.where("transactions", refunds))
    assert len(found) == store.facts.buckets
    for bucket, rows in enumerate(found):
        assert set(numbers_of(rows["borrower_id"].unique().cast(pa.string()), store.facts.buckets)) <= {bucket}
    expected = sample_events.transactions.filter(pa.array(refunds(sample_events.transactions)))
    assert expected.num_rows > 100
    assert rows_of(pa.concat_tables(found, promote_options="permissive")).equals(rows_of(expected))


def test_only_the_buckets_of_those_asked_for_are_read(tmp_path, sample_sources, sample_events):
    store = store_events(tmp_path / "store", **sample_sources)
    who = sample_events.applications["borrower_id"][5].as_py()
    (bucket,) = numbers_of(pa.array([who]), store.facts.buckets)
    for name in EVENT_TABLES:
        for other in set(range(store.facts.buckets)) - {int(bucket)}:
            (tmp_path / "store" / "part-0001" / bucket_file(name, other)).write_bytes(b"unreadable")
    assert_same(store.events([who]), sample_events.of(who))
    with pytest.raises(InputError, match="the store is damaged"):
        store.events()


@pytest.mark.usefixtures("small_runs")
@pytest.mark.parametrize("case", ["text", "numbers", "both", "no ids", "some ids", "some numbers", "columns", "dicts"])
def test_what_is_added_later_is_as_if_it_had_been_there(tmp_path, case):
    rows = [bill(i) for i in range(23)]
    more = [bill(i) for i in range(20, 31)]
    if case in ("numbers", "both"):
        rows = [row | {"borrower_id": i % 7, "event_id": i} for i, row in enumerate(rows)]
    if case == "numbers":
        more = [row | {"borrower_id": i % 7, "event_id": i} for i, row in enumerate(more, 20)]
    if case == "no ids":
        rows, more = ([{**row, "event_id": None} for row in some] for some in (rows, more))
    if case == "some ids":
        rows = [{**row, "event_id": None if i % 4 == 0 or i > 17 else row["event_id"]} for i, row in enumerate(rows)]
    if case == "some numbers":
        more = [{**row, "event_id": i if i % 2 else None} for i, row in enumerate(more, 20)]
    if case == "columns":
        more = [{**row, "balance": 4.5, "recorded_at": row["time"], "status": "failed"} for row in more]
    first, second = (some if case == "dicts" else pa.Table.from_pylist(some) for some in (rows, more))
    store_events(tmp_path / "store", transactions=first)
    store = store_events(tmp_path / "store", transactions=Source(second))
    made = WHOLE if case in ("no ids", "some ids", "some numbers") else ()
    assert_same(store.events(), load_events(transactions=[first, second], quarantine_limit=1), made)
    assert store.rows == {"transactions": 34}


def test_applications_keep_their_order_and_repeat_none(tmp_path):
    rows = [{"application_id": f"a{i * 7 % 11}", "borrower_id": f"b{i}", "as_of": NOON, "x": i} for i in range(22)]
    store_events(tmp_path / "store", applications=rows[:15], transactions=[bill(1)])
    store = store_events(tmp_path / "store", applications=rows[15:])
    loaded = load_events(applications=rows, quarantine_limit=1)
    assert store.applications.equals(loaded.applications)
    kept = loaded.applications["borrower_id"].to_pylist()
    assert len(kept) == 11
    asked = store.events([kept[4], "b1", kept[2], "nobody"])
    assert asked.applications["borrower_id"].to_pylist() == [who for who in kept if who in {kept[2], kept[4], "b1"}]
    assert asked.transactions["borrower_id"].to_pylist() == ["b1"]


def test_a_table_without_a_good_row_is_an_empty_table(tmp_path):
    store = store_events(tmp_path / "store", transactions=[bill(0, kind="gift")], quarantine_limit=1)
    assert store.events().transactions.num_rows == 0
    assert store.quarantine.counts() == [
        ("transactions", "frame", "unknown kind 'gift': not one of the contract's values", 1)
    ]


def test_an_append_that_fails_adds_nothing_and_its_strays_are_swept_away(tmp_path):
    folder = tmp_path / "store"
    store_events(folder, transactions=[bill(1)])
    before = (folder / "store.json").read_bytes()
    with pytest.raises(QuarantineError, match="more than quarantine_limit"):
        store_events(folder, transactions=[bill(2, kind="gift")])
    assert names_in(folder) == ["part-0001", "store.json"]
    stray = folder / "part-0002"
    stray.mkdir()
    (stray / bucket_file("transactions", 0)).write_bytes(b"half")
    assert open_store(folder).events().transactions.num_rows == 1
    assert (folder / "store.json").read_bytes() == before
    assert store_events(folder, transactions=[bill(3)]).events().transactions.num_rows == 2


def test_a_crash_before_the_listing_leaves_the_store_as_it_was(tmp_path, monkeypatch):
    folder = tmp_path / "store"
    store_events(folder, transactions=[bill(1)])

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("creditscore.events.storing.write_whole", crash)
    with pytest.raises(KeyboardInterrupt):
        store_events(folder, transactions=[bill(2)])
    monkeypatch.undo()
    assert open_store(folder).events().transactions.num_rows == 1
    assert names_in(folder) == ["part-0001", "store.json"]


def test_what_is_no_store_is_said_to_be_none(tmp_path):
    with pytest.raises(InputError, match="no store there"):
        open_store(tmp_path)
    (tmp_path / "diary.txt").touch()
    with pytest.raises(InputError, match="holds other files and no store"):
        store_events(tmp_path, transactions=[bill(1)])
    folder = tmp_path / "store"
    store_events(folder, transactions=[bill(1)], currency="CNY")
    with pytest.raises(InputError, match="currency is CNY, got EUR"):
        store_events(folder, transactions=[bill(2)], currency="EUR")
    facts = json.loads((folder / "store.json").read_text())
    for change in ({"format": "creditscore events 99"}, {"parts": 3}, {"buckets": None}):
        (folder / "store.json").write_text(json.dumps(facts | change))
        with pytest.raises(InputError, match="not of the format"):
            open_store(folder)


def test_an_unknown_table_is_named():
    with pytest.raises(InputError, match="unknown table 'payments'"), temporary_store(payments=[bill(1)]):
        pass


def test_memory_holds_a_few_runs_only(tmp_path, monkeypatch):
    """Runs are asked for as they are written, never all of them first."""
    pq.write_table(pa.Table.from_pylist([bill(i) for i in range(600)]), tmp_path / "x.parquet", row_group_size=5)
    monkeypatch.setattr(sources, "RUN", 5)
    monkeypatch.setattr(storing, "_ROWS_A_SLICE", 3)
    reads, most = [], []
    whole = sources.pq.ParquetFile.read_row_groups
    monkeypatch.setattr(sources.pq.ParquetFile, "read_row_groups", lambda *a, **k: (reads.append(1), whole(*a, **k))[1])
    ahead = 3 * (os.cpu_count() or 1) + 1
    store_events(
        tmp_path / "store",
        transactions=tmp_path / "x.parquet",
        progress=lambda done, total: most.append((len(reads) - done // 5, total)),
    )
    assert len(reads) == 120
    assert max(behind for behind, _ in most) <= ahead
    assert {total for _, total in most} == {600}
