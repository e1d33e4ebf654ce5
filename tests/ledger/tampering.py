"""Ways to tamper with a ledger's file as somebody could who may write it, each by SQL on the file itself."""

import contextlib
import sqlite3

from creditscore.ledger.chain import Occasion, digest_of, next_hash

TABLES = ("occasions", "entries", "contents")
_KEYS = {"occasions": "id", "entries": "seq", "contents": "seq"}


@contextlib.contextmanager
def forced(path):
    """The file without its triggers; what is done is committed."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")


def columns_of(connection, table):
    return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]


def keys_in(connection, table):
    return [key for (key,) in connection.execute(f"SELECT {_KEYS[table]} FROM {table} ORDER BY 1")]


def other_value(value, draw):
    """Something else of the same kind, or of another."""
    kind = draw.integers(6)
    if kind == 0:
        return f"{value}x"
    if kind == 1:
        return b"\xff\xfe" if value != b"\xff\xfe" else b""
    if isinstance(value, int):
        return value + int(draw.integers(1, 1_000)) * int(draw.choice([-1, 1]))
    if isinstance(value, bytes):
        place = int(draw.integers(len(value)))
        return value[:place] + bytes([value[place] ^ (1 << int(draw.integers(8)))]) + value[place + 1 :]
    place = int(draw.integers(len(value) + 1))
    return value[:place] + chr(int(draw.integers(97, 123))) + value[place:]


def edit(connection, draw):
    """One field of one row, whichever."""
    table = str(draw.choice(TABLES))
    column = str(draw.choice(columns_of(connection, table)))
    key = int(draw.choice(keys_in(connection, table)))
    where = f"FROM {table} WHERE {_KEYS[table]} = {key}"
    value = connection.execute(f"SELECT {column} {where}").fetchone()[0]
    try:
        connection.execute(f"UPDATE {table} SET {column} = ? WHERE {_KEYS[table]} = {key}", (other_value(value, draw),))
    except sqlite3.IntegrityError:
        # the number is another's, or no number: that row goes instead
        connection.execute(f"DELETE {where}")
    return f"{table}.{column}"


def delete(connection, draw):
    """One row of one table, or an entry with all that belongs to it."""
    if draw.integers(2):
        seq = int(draw.choice(keys_in(connection, "entries")))
        for table in ("entries", "contents"):
            connection.execute(f"DELETE FROM {table} WHERE seq = ?", (seq,))
        return "a whole entry"
    table = str(draw.choice(TABLES))
    connection.execute(f"DELETE FROM {table} WHERE {_KEYS[table]} = ?", (int(draw.choice(keys_in(connection, table))),))
    return table


def reorder(connection, draw):
    """Two entries change places, with their contents or without, or the contents alone."""
    tables = (("entries", "contents"), ("entries",), ("contents",))[draw.integers(3)]
    # of those that are erased, there is no content to move
    one, other = (int(seq) for seq in draw.choice(keys_in(connection, tables[-1]), 2, replace=False))
    for table in tables:
        for was, now in ((one, -1), (other, one), (-1, other)):
            connection.execute(f"UPDATE {table} SET seq = ? WHERE seq = ?", (now, was))
    return "+".join(tables)


def insert(connection, draw):
    """An entry, or content alone, in between or behind the last, with the next of it moved along."""
    last = keys_in(connection, "entries")[-1]
    at = int(draw.integers(1, last + 2))
    for table in ("contents", "entries") if draw.integers(2) else ("contents",):
        connection.execute(f"UPDATE {table} SET seq = -seq - 1 WHERE seq >= ?", (at,))
        connection.execute(f"UPDATE {table} SET seq = -seq WHERE seq < 0")
        made = ("hmac-sm3:x", b"s" * 16, "{}") if table == "contents" else (1, b"c" * 32, b"h" * 32)
        connection.execute(f"INSERT INTO {table} VALUES (?, ?, ?, ?)", (at, *made))
    return f"{table} {'behind the last' if at > last else 'in between'}"


def cut(connection, draw):
    """The end, of one entry or more, as if it had never been."""
    first = int(draw.choice(keys_in(connection, "entries")))
    for table in TABLES:
        connection.execute(f"DELETE FROM {table} WHERE {_KEYS[table]} >= ?", (first,))
    return "the end"


def rewrite(connection, draw):
    """A fee is changed, and the whole chain made anew so that it agrees in itself."""
    occasion = int(draw.choice(keys_in(connection, "occasions")))
    connection.execute("UPDATE occasions SET fee = fee + 1 WHERE id = ?", (occasion,))
    chain_anew(connection)
    return "the chain"


def chain_anew(connection):
    from creditscore.ledger.chain import first_hash

    previous = first_hash(*connection.execute("SELECT id, keeper FROM ledger").fetchone())
    rows = connection.execute(
        "SELECT e.seq, e.commitment, o.at, o.kind, o.recipient, o.purpose, o.model_id, o.digest, o.fee, o.currency "
        "FROM entries e JOIN occasions o ON o.id = e.occasion ORDER BY e.seq"
    ).fetchall()
    for seq, commitment, *occasion in rows:
        previous = next_hash(previous, seq, commitment, digest_of(Occasion(*occasion)))
        connection.execute("UPDATE entries SET hash = ? WHERE seq = ?", (previous, seq))


WAYS = (edit, delete, reorder, insert, cut, rewrite)
