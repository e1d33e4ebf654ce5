"""Rows set aside as bad: told without names or ids, and no more of them than allowed."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.errors import QuarantineError
from creditscore.events.clean import MOST_WORDS_SHOWN, unknown_words
from creditscore.events.schema import NO_QUARANTINE, Quarantine

_FIXES = {
    "without a zone": "declare the source's `timezone`",
    "unreadable": "give the source's `time_format`",
    "unknown": "map the source's words under `values`",
}
_UNKNOWN = re.compile("unknown ([a-z_]+) '")
_MOST_REASONS = 10


def bad_rows(name: str, labels: list[str], rows: npt.NDArray[np.int64], reasons: pa.Array) -> pa.Table:
    """As in `Quarantine.rows`."""
    columns = [pa.repeat(name, len(rows)), pa.array(labels, pa.string()), pa.array(rows, pa.int64()), reasons]
    return pa.Table.from_arrays(columns, schema=NO_QUARANTINE.rows.schema)


def tactful(bad: pa.Table) -> pa.Table:
    """Bad rows without the words of columns where unknown ones are too many: these are names, or ids."""
    reasons = bad["reason"].unique().to_pylist()
    found = Counter(known[1] for reason in reasons if (known := _UNKNOWN.match(reason)))
    for column in (column for column, words in found.items() if words > MOST_WORDS_SHOWN):
        several = pc.starts_with(bad["reason"], f"unknown {column} '")
        bad = bad.set_column(3, "reason", pc.if_else(several, unknown_words(column), bad["reason"]))
    return bad


def check_limit(name: str, rows: pa.Table, read: int, limit: float) -> None:
    """Raises QuarantineError where more than a share of `limit` of the rows read are bad."""
    bad = rows.num_rows
    if bad <= limit * read:
        return
    totals, sources = Counter[str](), dict[str, str]()
    for _, source, reason, count in Quarantine(rows, {}).counts():
        totals[reason] += count
        sources.setdefault(reason, source)
    listed = [f"{count:,} × {reason} (as in {sources[reason]})" for reason, count in totals.most_common(_MOST_REASONS)]
    fixes = [fix for words, fix in _FIXES.items() if any(words in reason for reason in totals)]
    raise QuarantineError(
        f"{name}: {bad:,} of {read:,} rows ({bad / read:.1%}) are bad, more than quarantine_limit={limit} allows: "
        f"{'; '.join(listed)}{'; …' if len(totals) > _MOST_REASONS else ''}; "
        f"{', '.join([*fixes, 'correct the rows, or raise quarantine_limit'])}"
    )
