"""The same ledger in PostgreSQL: on a server on this machine, started for these tests."""

import threading

import pytest

from creditscore.errors import LedgerError, MissingExtraError
from creditscore.ledger import (
    Inquiry,
    create_ledger,
    erase,
    head_of,
    open_ledger,
    recipients_to_tell,
    review,
    statement,
    told_about,
    verify,
)
from creditscore.ledger import postgres as postgres_module
from tests.ledger.conftest import SECRET, told


@pytest.fixture
def kept(database):
    return create_ledger(database, keeper="agency")


def inquiry(ledger, recipient="bank"):
    return Inquiry(ledger, recipient, "credit decision", SECRET, fee="0.35", currency="CNY")


def test_all_that_a_ledger_does_it_does_in_postgres(kept, database):
    assert inquiry(kept).record("m", "d", ["b0", "b1"], [told(600), told(610)]) == [1, 2]
    assert inquiry(kept, "银行").record("m", "d", ["b1"], [told(611)]) == [3]
    assert review(kept, 2, by="Li", why="asked", old="declined", new="approved") == 4
    found = told_about(kept, "b1", [SECRET])
    assert [one.content.get("points") for one in found] == [610, 611, None]
    assert recipients_to_tell(found) == {"bank": [2], "银行": [3]}
    before = head_of(kept)
    assert [(line.scores, line.fees) for line in statement(kept).recipients] == [(2, 7_000), (1, 3_500)]
    assert erase(kept, "b1", [SECRET], by="Wang", why="asked") == [2, 3, 4]
    assert verify(open_ledger(database), [before, head_of(kept)]) == (5, 3, 2, None, "")


def test_many_writers_make_one_chain(kept):
    def write(n):
        for i in range(5):
            inquiry(kept, f"bank {n}").record("m", "d", ["b"] * 3, [told(i)] * 3)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify(kept, [head_of(kept)])[:3] == (60, 0, 1)


def test_a_change_by_mistake_is_refused_and_one_on_purpose_is_found(kept, database):
    import psycopg

    inquiry(kept).record("m", "d", ["b"] * 3, [told(i) for i in range(3)])
    with psycopg.connect(database, autocommit=True) as connection:
        for change in (
            "UPDATE entries SET hash = ''",
            "DELETE FROM entries",
            "TRUNCATE contents",
            "DELETE FROM occasions",
        ):
            with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
                connection.execute(change)
        assert verify(kept).sound
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE occasions SET fee = 1")
    assert verify(kept).bad == 1


def test_a_writer_that_waits_too_long_is_told_so(database):
    import psycopg

    create_ledger(database, keeper="agency")
    hasty = inquiry(open_ledger(database, timeout=0.1))
    with psycopg.connect(database) as other:
        other.execute("LOCK TABLE entries IN SHARE ROW EXCLUSIVE MODE")
        with pytest.raises(LedgerError, match=r"lock timeout.*nothing was recorded"):
            hasty.record("m", "d", ["b"], [told(1)])
    assert hasty.record("m", "d", ["b"], [told(1)]) == [1]


def test_a_database_without_a_ledger_or_a_server_is_an_error(database):
    with pytest.raises(LedgerError, match="cannot be read"):
        open_ledger(database)
    create_ledger(database, keeper="agency")
    with pytest.raises(LedgerError, match="cannot be made"):
        create_ledger(database, keeper="agency")
    with pytest.raises(LedgerError, match="cannot be read"):
        open_ledger("postgresql://keeper@127.0.0.1:1/none")


@pytest.mark.parametrize("url", ["postgresql://a:secret-word@host/db", "postgresql://host/db?password=secret-word"])
def test_a_password_in_the_url_is_refused_and_not_repeated(url):
    with pytest.raises(LedgerError, match="PGPASSWORD") as refused:
        open_ledger(url)
    assert "secret-word" not in str(refused.value)


def test_without_the_extra_one_line_says_so(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'creditscore\[postgres\]'"):
        postgres_module.open_postgres("postgresql://host/db", 1.0)
