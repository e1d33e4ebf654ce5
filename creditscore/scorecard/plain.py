"""Plain JSON values of the types that they should have."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from creditscore.errors import ScorecardError

T = TypeVar("T")

# by a field's annotation; a whole number may stand for a float, as JSON's writers drop its point
_KINDS: Mapping[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "float": (float, int)}
# numbers of a scorecard are far smaller; with these no sum of a score leaves what float64 holds exactly enough
LARGEST_NUMBER = 1e9


def parsed(name: str, data: bytes) -> dict[str, Any]:
    """The JSON object in a part. Raises ScorecardError for anything else, a key given twice, NaN and infinities."""
    try:
        content = json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise ScorecardError(f"{name} is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise ScorecardError(f"{name} holds {type(content).__name__}, expected an object")
    return content


def record_of(kind: type[T], record: Any) -> T:
    """A dataclass of texts and numbers, from an object of exactly its fields. Raises ValueError for another."""
    wanted = {field.name: str(field.type) for field in fields(kind)}  # type: ignore[arg-type]
    if not isinstance(record, dict) or set(record) != set(wanted):
        raise ValueError(f"expected an object of {', '.join(wanted)}")
    for name, annotation in wanted.items():
        if type(record[name]) not in _KINDS[annotation]:
            raise ValueError(f"{name}: expected {annotation}, got {type(record[name]).__name__}")
    return kind(**record)


def texts(name: str, values: Any) -> tuple[str, ...]:
    """A list of texts."""
    return tuple(text(name, value) for value in _list(name, values))


def numbers(name: str, values: Any) -> tuple[float, ...]:
    """A list of numbers, none huge."""
    return tuple(number(name, value) for value in _list(name, values))


def text(name: str, value: Any) -> str:
    if type(value) is not str:
        raise ValueError(f"{name}: expected text, got {type(value).__name__}")
    return value


def number(name: str, value: Any) -> float:
    if type(value) not in (float, int) or not abs(value) <= LARGEST_NUMBER:
        raise ValueError(f"{name}: expected a number of at most {LARGEST_NUMBER:g}, got {type(value).__name__}")
    return value  # type: ignore[no-any-return]


def mapping(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"{name}: expected an object, got {type(value).__name__}")
    return value


def _list(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError(f"{name}: expected a list, got {type(value).__name__}")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is given twice")
    return found


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON's")
