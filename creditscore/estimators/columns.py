"""What the model knows of the columns of X: the definitions of features, or a direction of risk a column."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa

from creditscore.errors import InputError
from creditscore.features.define import flatten
from creditscore.features.formula import Feature, Riskier


@dataclass(frozen=True)
class Column:
    """A column of X of which only the direction of risk is known; `name` is its name in the trees."""

    name: str
    riskier: Riskier | None = None


def directed(n: int, names: Sequence[str] | None, riskier: Mapping[Any, Riskier]) -> tuple[Column, ...]:
    """The `n` columns of X with their directions, given by a column's name, or its number where X has no names.

    In the trees they are called by number, as LightGBM does not take every name. Raises InputError for a column that
    X lacks, and for another direction.

    >>> directed(2, ["income", "late payments"], {"late payments": "higher"})
    (Column(name='column_0', riskier=None), Column(name='column_1', riskier='higher'))
    """
    known: list[str | int] = [*range(n)] if names is None else [*names]
    for column, direction in riskier.items():
        if column not in known:
            raise InputError(f"riskier: X has no column {column!r}; {_hint(column, known)}")
        if direction not in ("higher", "lower"):
            raise InputError(f"riskier: column {column!r}: expected 'higher' or 'lower', got {direction!r:.80}")
    return tuple(Column(f"column_{i}", riskier.get(column)) for i, column in enumerate(known))


def defined(n: int, names: Sequence[str] | None, features: Any) -> tuple[Feature, ...]:
    """The definitions of the `n` columns of X, in its order: by name, or one for one where X has no names.

    `features` is any nesting of definitions, and may define more than X has where X has names. Raises InputError for a
    column without a definition.
    """
    given = flatten(features)
    if names is None:
        if len(given) != n:
            raise InputError(
                f"features: X has {n} columns without names, and {len(given)} features are defined; give one for each "
                f"column in order, or X as a frame"
            )
        return given
    by_name = {feature.name: feature for feature in given}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise InputError(
            f"features: {len(unknown)} of {n} columns of X have no definition, as {unknown[0]!r}; "
            f"{_hint(unknown[0], list(by_name))}, or use riskier= for columns that are no features of this library"
        )
    return tuple(by_name[name] for name in names)


def arranged(X: Any, names: Sequence[str] | None) -> Any:
    """X with the columns in the order of `names`, where it is a frame that has just these; other frames as pandas."""
    if hasattr(X, "__arrow_c_stream__") and not isinstance(X, pd.DataFrame):
        X = pa.table(X).to_pandas()
    if names is None or not hasattr(X, "columns") or set(X.columns) != set(names):
        return X
    return X[list(names)]


def _hint(wanted: str | int, known: list[Any]) -> str:
    close = difflib.get_close_matches(str(wanted), [str(name) for name in known], n=1)
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(map(repr, known[:5]))} …"
