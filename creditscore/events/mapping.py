"""A source's own names and words → the contract's: which of its columns fills which column of a table."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.errors import SchemaError
from creditscore.events.clean import as_text, plain, translate, words_of
from creditscore.events.period import Period, Span
from creditscore.events.schema import TableContract
from creditscore.events.sources import Part, Source

_MOST_NAMES = 40


def wanted(source: Source, contract: TableContract) -> frozenset[str] | None:
    """The source's columns that may be used; None: all."""
    if contract.open and not source.columns:
        return None
    named = [name for names in source.columns.values() for name in _several(names)]
    return frozenset([*named, *contract.by_name])


def timed_by(contract: TableContract) -> str:
    """The column by which a table's rows fall into a period. Raises SchemaError where it has none."""
    found = next((name for name in ("time", "as_of") if name in contract.by_name), None)
    if found is None:
        raise SchemaError(f"{contract.name}: has no column by which a period could be told; leave period out")
    return found


def span(source: Source, contract: TableContract) -> Span | None:
    """The source's period, and its column that holds the times, where that is one."""
    if source.period is None:
        return None
    own = _several(source.columns.get(timed_by(contract), timed_by(contract)))
    return Span(own[0], Period(*source.period)) if len(own) == 1 else None


def worded(source: Source, contract: TableContract) -> frozenset[str]:
    """The source's columns that each alone make a category, and nothing else."""
    used = [(column, _several(source.columns.get(column.name, column.name))) for column in contract.columns]
    others = {name for column, names in used if column.kind != "category" or len(names) > 1 for name in names}
    return frozenset(names[0] for column, names in used if names and names[0] not in others)


def told_as_text(source: Source, contract: TableContract) -> frozenset[str]:
    """The source's columns that make ids or categories, or are joined: numbers there are told as text."""
    used = [(column, _several(source.columns.get(column.name, column.name))) for column in contract.columns]
    told = [names for column, names in used
            if column.kind in ("id", "category") or len(names) > 1 or column.name in source.values]  # fmt: skip
    return frozenset(name for names in told for name in names)


def mapped(part: Part, source: Source, contract: TableContract) -> dict[str, pa.ChunkedArray]:
    """The columns that a part has, or that constants fill, by the contract's names; further ones of open tables after.

    Raises SchemaError where a name asked for, or a required column, is not there.
    """
    if not part.names and not part.table.num_rows:
        return {}
    where = f"{contract.name} from {part.label}"
    names = _names(part, source, contract)
    _check_names(part, source, contract, where)
    _check_words(source, contract, where)
    kinds = {column.name: column.kind for column in contract.columns}
    columns = {name: _column(part, asked, name, kinds.get(name, ""), where) for name, asked in names.items()}
    for name, words in source.values.items():
        if name in columns:
            columns[name] = translate(columns[name], words)
    for name, value in _constants(source, contract).items():
        if name not in columns:
            columns[name] = _repeated(value, part.table.num_rows, kinds.get(name, ""))
    _check_required(columns, part, contract, where)
    return columns


def _further_names(part: Part, source: Source, contract: TableContract) -> list[str]:
    """An open table's columns beyond the contract: those named, or all where no names are given."""
    if not contract.open:
        return []
    names = [*(source.columns or part.names), *source.constants]
    return [name for name in dict.fromkeys(names) if name not in contract.by_name]


def _names(part: Part, source: Source, contract: TableContract) -> dict[str, list[str]]:
    """Which of the part's columns make which of the table's: those asked for, else those of the same name."""
    known = [*contract.by_name, *_further_names(part, source, contract)]
    own = {name: [name] for name in known if name in part.names}
    return own | {name: _several(asked) for name, asked in source.columns.items()}


def _several(names: str | Sequence[str]) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _column(part: Part, asked: list[str], name: str, kind: str, where: str) -> pa.ChunkedArray:
    for own in asked:
        if own not in part.names:
            raise SchemaError(
                f"{where}: columns maps '{name}' to '{own}', which is not there; it has {_listed(part.names)}"
                f"{_meant(own, part.names)}"
            )
    if len(asked) == 1:
        # A text's words are looked at once each, not row by row.
        read = words_of if kind == "category" else plain
        return read(part.table[asked[0]], f"{where}: column '{asked[0]}'")
    return _joined([plain(part.table[own], f"{where}: column '{own}'") for own in asked])


def _joined(columns: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    texts = [as_text(column) for column in columns]
    joined = pc.binary_join_element_wise(*texts, " | ", null_handling="replace", null_replacement="")
    return pc.if_else(pc.is_valid(pc.coalesce(*texts)), joined, None)


def _constants(source: Source, contract: TableContract) -> dict[str, Any]:
    own = {"platform": source.platform} if source.platform is not None and "platform" in contract.by_name else {}
    return {**own, **source.constants}


def _repeated(value: str | int | float, times: int, kind: str) -> pa.ChunkedArray:
    if kind == "category" and isinstance(value, str):
        return pa.chunked_array([pa.DictionaryArray.from_arrays(np.zeros(times, np.int32), [value])])
    return pa.chunked_array([pa.repeat(value, times)])


def _check_names(part: Part, source: Source, contract: TableContract, where: str) -> None:
    known = [*contract.by_name, *_further_names(part, source, contract)]
    options: Mapping[str, Collection[str]] = {
        "columns": source.columns,
        "values": source.values,
        "constants": source.constants,
    }
    for option, names in options.items():
        for name in names:
            if name not in known:
                raise SchemaError(
                    f"{where}: {option} names '{name}', which is no column of {contract.name}; it has {_listed(known)}"
                    f"{_meant(name, known)}"
                )


def _check_words(source: Source, contract: TableContract, where: str) -> None:
    """What `values` translates into must itself be allowed."""
    for name, words in source.values.items():
        allowed = contract[name].values if name in contract.by_name else ()
        for word in words.values():
            if allowed and word is not None and word not in allowed:
                raise SchemaError(
                    f"{where}: values of '{name}' are mapped to '{word}', which the contract does not have; expected "
                    f"{_listed(allowed)}{_meant(str(word), allowed)}"
                )


def _check_required(columns: Collection[str], part: Part, contract: TableContract, where: str) -> None:
    for name in contract.required:
        if name not in columns:
            fix = "give the source's platform=" if name == "platform" else f"name it under columns: {{'{name}': …}}"
            raise SchemaError(
                f"{where}: no column '{name}' ({contract[name].meaning}); it has {_listed(part.names)}; {fix}"
                f"{_meant(name, part.names)}"
            )


def _listed(names: Collection[str]) -> str:
    shown = ", ".join(list(names)[:_MOST_NAMES])
    return shown + (f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else "")


def _meant(name: str, names: Collection[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1)
    return f"; did you mean '{close[0]}'?" if close else ""
