"""Erasure of what a ledger says of a person: content and salt go, the chain stays, and the erasure is an entry."""

from __future__ import annotations

import json
from collections.abc import Sequence

from creditscore.governance.secrets import Secret
from creditscore.ledger.append import append, now
from creditscore.ledger.chain import Occasion
from creditscore.ledger.opening import check_name
from creditscore.ledger.person import known_as
from creditscore.ledger.store import Connection, Ledger

NOBODY = ""


def erase(ledger: Ledger, borrower_id: str | int, secrets: Sequence[Secret], *, by: str, why: str) -> list[int]:
    """Erase the content of all entries about a borrower; their numbers, none where there is nothing about them.

    What stays of an entry is its occasion: when, which recipient, purpose, model and fee, of nobody. The erasure itself
    is an entry, with `by` and `why`, and the numbers of those erased, so that `verify` tells it from a loss.
    """
    check_name("by", by)
    check_name("why", why)
    with ledger.store.writing() as connection:
        people = known_as(ledger, connection, borrower_id, secrets)
        erased = sorted(seq for person in people for seq in _about(connection, person))
        if erased:
            occasion = Occasion(now(), "erasure", ledger.keeper, "erasure")
            text = json.dumps({"erased": erased, "by": by, "why": why}, ensure_ascii=False)
            append(ledger, connection, occasion, [NOBODY], [text])
            connection.write("DELETE FROM contents WHERE seq = ?", [(seq,) for seq in erased])
    ledger.store.scrub()
    return erased


def _about(connection: Connection, person: str) -> list[int]:
    return [seq for (seq,) in connection.rows("SELECT seq FROM contents WHERE pseudonym = ?", (person,))]
