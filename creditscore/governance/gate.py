"""The gate before the kernel: rows of prohibited categories, and of those nobody classed, are left out and counted.

In training a category that nobody classed stops the build, by name; a score leaves its rows out, as a bank cannot stop
and ask. What is left out is counted by table, platform and reason, never by person.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.errors import GovernanceError
from creditscore.events.encode import as_dictionary, indices
from creditscore.events.rows import NotPlainError, Plain, Row, plain
from creditscore.events.schema import CONTRACT, EVENT_TABLES, Events
from creditscore.events.store import Store
from creditscore.governance.categories import Categories
from creditscore.governance.rules import Rules
from creditscore.governance.sensitivity import Sensitivity

Classes = npt.NDArray[np.int8]

# The class of a word that nobody has classed.
UNKNOWN = -1
# The tables whose rows say in the platform's own words what they were for.
WORDED = tuple(name for name in EVENT_TABLES if "category" in CONTRACT[name].by_name)
PROHIBITED_ROWS, UNKNOWN_ROWS = "prohibited category", "unknown category"
_MOST_SHOWN = 200


class LeftOut(NamedTuple):
    """How many rows of a table and platform were left out, and why."""

    table: str
    platform: str
    why: str
    rows: int


@dataclass
class Tally:
    """What was left out so far: rows by (table, platform, why), and by (table, word) where nobody classed the word."""

    rows: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    unknown: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def add(self, table: str, rows: pa.Table, classes: Classes) -> None:
        """Rows left out of a table, and the class of each one's category."""
        with self._lock:
            for kind, why in ((UNKNOWN, UNKNOWN_ROWS), (Sensitivity.PROHIBITED, PROHIBITED_ROWS)):
                own = rows.filter(pa.array(classes == kind))
                self.rows.update({(table, name, why): count for name, count in _counted(own["platform"])})
                if kind == UNKNOWN:
                    self.unknown.update({(table, word): count for word, count in _counted(own["category"])})

    def left_out(self) -> tuple[LeftOut, ...]:
        """The counts in a fixed order."""
        return tuple(LeftOut(*key, count) for key, count in sorted(self.rows.items()))


class Governed(NamedTuple):
    """Events that may be used, what was left out of them, and the rows of unknown categories by table."""

    events: Events
    tally: Tally
    unknown: Mapping[str, pa.Table]


def govern(events: Events, rules: Rules, tally: Tally | None = None) -> Governed:
    """The events without rows of prohibited and of unknown categories; `tally` is added to where one is given.

    A row without a category stays: it says nothing that a rule could be about.
    """
    tally, kept, unknown = tally or Tally(), {}, {}
    for name in WORDED:
        table = events.table(name)
        classes = _classes_in(table, rules)
        out = _out(classes)
        if table is not None and out.any():
            kept[name] = table.filter(pa.array(~out))
            tally.add(name, table.filter(pa.array(out)), classes[out])
            unknown[name] = table.filter(pa.array(classes == UNKNOWN))
    return Governed(replace(events, **kept) if kept else events, tally, unknown)


def _out(classes: Classes) -> npt.NDArray[np.bool_]:
    """Which rows may not be used."""
    return np.asarray((classes == UNKNOWN) | (classes == Sensitivity.PROHIBITED))


def _classes_in(table: pa.Table | None, rules: Rules) -> Classes:
    """The class of each row's category, int8[rows]."""
    if table is None or "category" not in table.column_names:
        return np.zeros(0 if table is None else table.num_rows, np.int8)
    return category_classes(table["category"], rules.categories)


def category_classes(categories: pa.ChunkedArray, known: Categories) -> Classes:
    """The class of each row's category, int8[rows]: UNKNOWN where nobody classed it, ordinary where there is none."""
    encoded = as_dictionary(categories)
    classes = [known.class_of(word) for word in encoded.dictionary.cast(pa.string()).to_pylist()]
    # the last one is that of a missing category, whose place is −1
    of_words = np.array([*(UNKNOWN if one is None else one for one in classes), Sensitivity.ORDINARY], np.int8)
    return of_words[indices(encoded)]


def govern_source(events: Events | Store, rules: Rules, tally: Tally | None = None) -> Events | Store:
    """Events without what may not be used; of a store, whatever is read from it."""
    if isinstance(events, Events):
        return govern(events, rules, tally).events
    return events.sifted(lambda read: govern(read, rules, tally).events)


def govern_whole(events: Events | Store, rules: Rules) -> tuple[Events | Store, Tally]:
    """The same where a model is to be made: all is looked at first. Raises GovernanceError for unknown categories."""
    tally = Tally()
    if isinstance(events, Events):
        found = govern(events, rules, tally)
        check_known(tally)
        return found.events, tally
    for name in (name for name in WORDED if events.has(name)):
        for rows in events.where(name, lambda table: _out(_classes_in(table, rules))):
            tally.add(name, rows, _classes_in(rows, rules))
    check_known(tally)
    return govern_source(events, rules), tally


def check_known(tally: Tally) -> None:
    """Raises GovernanceError with the names and counts of categories that nobody classed, and the lines to add."""
    if not tally.unknown:
        return
    rows = sum(tally.unknown.values())
    words = Counter[str]()
    for (_, word), count in tally.unknown.items():
        words[word] += count
    head = f"{len(words):,} categories of {rows:,} rows are of no known class"
    if len(words) > max(_MOST_SHOWN, rows // 2):
        raise GovernanceError(f"{head}, and most occur once: is `category` mapped to a column of names or ids?")
    raise GovernanceError(
        f"{head}; read them, and add to the config, each with its class (ordinary, separate consent, written consent "
        f"or prohibited):\n{paste_ready(words)}"
    )


def paste_ready(words: Counter[str]) -> str:
    """The config's lines for these words, most frequent first, the class left to whoever reads them.

    >>> print(paste_ready(Counter({"gadgets": 12})))
    governance:
      categories:
        "gadgets":  # 12 rows
    """
    ranked = sorted(words.items(), key=lambda entry: (-entry[1], entry[0]))
    lines = [f"    {_quoted(word)}:  # {count:,} rows" for word, count in ranked[:_MOST_SHOWN]]
    more = [f"    # and {len(ranked) - _MOST_SHOWN:,} more"] if len(ranked) > _MOST_SHOWN else []
    return "\n".join(["governance:", "  categories:", *lines, *more])


def usable_history(history: Mapping[str, Sequence[Row]], rules: Rules) -> dict[str, Plain]:
    """One borrower's lists of dicts, read, without rows of prohibited categories; a table without a row is left out.

    Raises NotPlainError where rows are for `load_events`, and where some are of unknown categories: `govern` sees to
    these.
    """
    if not set(history) <= set(EVENT_TABLES):
        raise NotPlainError
    read = {name: plain(rows, CONTRACT[name]) for name, rows in history.items() if rows}
    for name in WORDED:
        out = _prohibited(read[name], rules.categories) if name in read else set()
        if out:
            del read[name]
            kept = [row for row in history[name] if row.get("category") not in out]
            read |= {name: plain(kept, CONTRACT[name])} if kept else {}
    return read


def _prohibited(read: Plain, known: Categories) -> set[str]:
    """The words of a table's categories whose rows may not be used; of unknown ones NotPlainError is raised."""
    classes = {word: known.class_of(word) for word in read.words["category"].different if word is not None}
    if None in classes.values():
        raise NotPlainError
    return {word for word, kind in classes.items() if kind is Sensitivity.PROHIBITED}


def unknown_by(governed: Governed, applications: pa.Table) -> npt.NDArray[np.int64]:
    """How many events of unknown categories each applicant has that were known before as_of, int64[applications]."""
    found = np.zeros(applications.num_rows, np.int64)
    ids = applications["borrower_id"].combine_chunks().cast(pa.string())
    as_of = applications["as_of"].combine_chunks().cast(pa.int64()).to_numpy(zero_copy_only=False)
    for table in governed.unknown.values():
        own = pc.is_in(table["borrower_id"].cast(pa.string()), value_set=ids)
        rows = table.filter(own)
        seen = pc.max_element_wise(*(rows[name].cast(pa.int64()) for name in ("time", "recorded_at"))).to_numpy()
        whose = rows["borrower_id"].cast(pa.string()).to_pylist()
        times: dict[str, list[int]] = {}
        for who, when in zip(whose, seen.tolist(), strict=True):
            times.setdefault(who, []).append(when)
        for i, who in enumerate(ids.to_pylist() if times else ()):
            found[i] += sum(when < as_of[i] for when in times.get(who, ()))
    return found


def _counted(values: pa.ChunkedArray) -> list[tuple[str, int]]:
    return [(one["values"], one["counts"]) for one in pc.value_counts(values.cast(pa.string())).to_pylist()]


def _quoted(word: str) -> str:
    """The word as YAML takes it between double quotes."""
    escaped = "".join(c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08x}" for c in word)
    return f'"{escaped}"'
