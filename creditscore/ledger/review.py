"""A human review of a score, or its override, put on record: who, why, the old and the new decision."""

from __future__ import annotations

import json

from creditscore.errors import InputError
from creditscore.ledger.append import append, now
from creditscore.ledger.opening import check_name
from creditscore.ledger.store import WITH_CONTENT, Ledger, entry_of


def review(ledger: Ledger, seq: int, *, by: str, why: str, old: str, new: str) -> int:
    """Record that `by` reviewed the score of entry `seq` and decided `new` where `old` stood, for the reason `why`.

    The entry is about the same person, and for the same recipient. Its number comes back. Raises InputError where the
    entry is no disclosure, is erased, or is not there.
    """
    for field, text in (("by", by), ("why", why), ("old", old), ("new", new)):
        check_name(field, text)
    with ledger.store.writing() as connection:
        entry = next(map(entry_of, connection.rows(f"{WITH_CONTENT} WHERE e.seq = ?", (seq,))), None)
        if entry is None or entry.occasion.kind != "disclosure":
            raise InputError(f"entry {seq}: no disclosure of a score has this number in the ledger")
        if entry.content is None:
            raise InputError(f"entry {seq}: its content is erased, so that nobody can say whom a review is about")
        occasion = entry.occasion._replace(at=now(), kind="review", purpose="human review", fee=0, currency="")
        text = json.dumps({"of": seq, "by": by, "why": why, "old": old, "new": new}, ensure_ascii=False)
        return append(ledger, connection, occasion, [entry.content.pseudonym], [text])[0]
