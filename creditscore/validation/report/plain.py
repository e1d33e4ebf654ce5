"""Figures as values that JSON can hold: None where the data cannot tell."""

from __future__ import annotations

import math
from typing import Any, cast

import pandas

from creditscore.validation.metrics import Estimate


def records(table: pandas.DataFrame) -> list[dict[str, Any]]:
    """A table as plain rows, with None where a value is missing or has no end."""
    objects = table.astype(object)
    endless = objects.isin([math.inf, -math.inf])
    return cast(list[dict[str, Any]], objects.where(objects.notna() & ~endless, None).to_dict("records"))


def estimate(figure: Estimate) -> dict[str, float | None]:
    """A figure with its ends, None where there is no interval."""
    ends = {"low": figure.low, "high": figure.high}
    return {"value": figure.value} | {end: None if math.isnan(value) else value for end, value in ends.items()}


def scorable(rows: pandas.DataFrame) -> pandas.DataFrame:
    """The rows that have a PD."""
    return rows[rows["pd"].notna()]


def known(rows: pandas.DataFrame) -> pandas.DataFrame:
    """The rows that have a PD and an outcome."""
    return rows[rows["pd"].notna() & rows["outcome"].notna()]
