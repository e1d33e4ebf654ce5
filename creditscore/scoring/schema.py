"""The JSON schema of `Score.to_dict()`, made from the types: docs/score.schema.json.

python -m creditscore.scoring.schema > docs/score.schema.json
"""

from __future__ import annotations

import json
import sys
import types
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

from creditscore.scoring.result import Score

_PLAIN = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


def score_schema() -> dict[str, Any]:
    """A JSON schema (draft 2020-12) that every result meets, and that allows nothing else."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Score",
        **_schema_of(Score),
    }


def _schema_of(kind: Any) -> dict[str, Any]:
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    if get_origin(kind) is types.UnionType:
        return {"anyOf": [_schema_of(one) for one in get_args(kind)]}
    if get_origin(kind) is tuple:
        return {"type": "array", "items": _schema_of(get_args(kind)[0])}
    return _object(kind)


def _object(kind: Any) -> dict[str, Any]:
    """A dataclass or a named tuple: all its fields, and no others."""
    names = [field.name for field in fields(kind)] if is_dataclass(kind) else list(kind._fields)
    hints = get_type_hints(kind)
    return {
        "type": "object",
        "description": " ".join((kind.__doc__ or "").split()),
        "properties": {name: _schema_of(hints[name]) for name in names},
        "required": names,
        "additionalProperties": False,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(score_schema(), indent=2, ensure_ascii=False) + "\n")
