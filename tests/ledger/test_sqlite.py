"""The file: who may read it, many writers, and what happens where it cannot be written."""

import contextlib
import os
import resource
import sqlite3
import stat
import tempfile
import threading
from pathlib import Path

import pytest

from creditscore.errors import LedgerError
from creditscore.ledger import Inquiry, create_ledger, open_ledger, verify
from tests.ledger.conftest import SECRET, told


def test_a_ledger_is_its_owners_and_never_takes_a_files_place(tmp_path):
    path = tmp_path / "ledger.db"
    made = create_ledger(path, keeper="机构")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert open_ledger(str(path)).keeper == "机构"
    with pytest.raises(LedgerError, match="there is a file already"):
        create_ledger(path, keeper="other")
    assert open_ledger(path).id == made.id
    assert repr(made) == f"Ledger({path}, kept by 机构)"


def test_what_is_no_ledger_is_not_made_one(tmp_path):
    with pytest.raises(LedgerError, match="no such ledger; make one"):
        open_ledger(tmp_path / "none.db")
    text, database = tmp_path / "text", tmp_path / "other.db"
    text.write_text("something else, long enough to be looked at")
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE other (x)")
        connection.commit()
    for path in (text, database):
        with pytest.raises(LedgerError, match="cannot be read"):
            open_ledger(path)
    with pytest.raises(LedgerError, match="no ledger can be made there"):
        create_ledger(tmp_path / "no folder" / "ledger.db", keeper="agency")
    assert sorted(tmp_path.iterdir()) == [database, text]


def test_a_ledger_of_another_format_is_refused(ledger):
    with contextlib.closing(sqlite3.connect(ledger.store.path)) as connection:
        connection.execute("UPDATE ledger SET format = 2")
        connection.commit()
    with pytest.raises(LedgerError, match="expected a ledger of format 1"):
        open_ledger(ledger.store.path)


def test_what_is_committed_is_flushed_to_disk(ledger):
    with ledger.store.reading() as connection:
        assert [next(connection.rows(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")] == [("wal",), (2,)]


@pytest.mark.parametrize("change", ["UPDATE entries SET hash = x'00'", "DELETE FROM entries", "DELETE FROM occasions",
                                    "UPDATE occasions SET fee = 0", "UPDATE contents SET content = '{}'"])  # fmt: skip
def test_a_change_by_mistake_is_refused(filled, change):
    with pytest.raises(LedgerError, match="append-only"), filled.store.writing() as connection:
        connection.write(change, [()])
    assert verify(filled).sound


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_threads_and_forked_processes_write_side_by_side(ledger, bank):
    def write(n):
        for i in range(5):
            bank.record("m", "d", [f"b{n}"], [told(i)])

    write(0)
    child = os.fork()
    if child == 0:
        try:
            write(1)
        finally:
            os._exit(0)
    threads = [threading.Thread(target=write, args=(n,)) for n in (2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert verify(ledger)[:3] == (20, 0, 0)


def test_a_writer_that_waits_too_long_is_told_so(ledger):
    hasty = Inquiry(open_ledger(ledger.store.path, timeout=0.05), "bank", "p", SECRET)
    with contextlib.closing(sqlite3.connect(ledger.store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match=r"locked for 0.05 s\); nothing was recorded"):
            hasty.record("m", "d", ["b"], [told(1)])
    assert hasty.record("m", "d", ["b"], [told(1)]) == [1]


@contextlib.contextmanager
def disk_full(path):
    """No file may grow past what this one has."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_records_nothing(ledger, bank):
    bank.record("m", "d", ["b0"], [told(0)])
    with disk_full(ledger.store.path), pytest.raises(LedgerError, match="cannot be written"):
        bank.record("m", "d", [f"b{i}" for i in range(2_000)], [told(i) for i in range(2_000)])
    assert verify(ledger)[:2] == (1, 0)
    assert bank.record("m", "d", ["b1"], [told(1)]) == [2]


@contextlib.contextmanager
def as_nobody():
    """Without the rights of root, who may write anything."""
    if os.geteuid():
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_that_may_only_be_read_records_nothing():
    # a folder that everybody may enter, unlike pytest's
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "ledger.db"
        create_ledger(path, keeper="agency")
        path.chmod(0o444)
        with as_nobody(), pytest.raises(LedgerError, match="cannot be"):
            Inquiry(open_ledger(path), "bank", "p", SECRET).record("m", "d", ["b"], [told(1)])
        assert verify(open_ledger(path)).entries == 0
