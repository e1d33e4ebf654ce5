"""Figures in words: the template's filters."""

from __future__ import annotations

from collections.abc import Mapping


def percent(value: float | None, decimals: int = 1) -> str:
    return "–" if value is None else f"{value:.{decimals}%}"


def figure(value: float | None, decimals: int = 3) -> str:
    return "–" if value is None else f"{value:.{decimals}f}"


def chance(p_value: float | None) -> str:
    """A p-value, never shown as 0."""
    return "–" if p_value is None else "<0.001" if p_value < 0.001 else f"{p_value:.3f}"


def count(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def interval(estimate: Mapping[str, float | None] | None) -> str:
    if estimate is None:
        return ""
    return "no interval" if estimate["low"] is None else f"{figure(estimate['low'])} to {figure(estimate['high'])}"


def ends(row: Mapping[str, float | None], name: str, decimals: int = 3) -> str:
    """The interval of a table's column, of its _low and _high."""
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    return "no interval" if low is None or high is None else f"{low:.{decimals}f} to {high:.{decimals}f}"


def percent_ends(low: float | None, high: float | None, decimals: int = 1) -> str:
    return "–" if low is None or high is None else f"{low:.{decimals}%} to {high:.{decimals}%}"


def signed(value: float | None, decimals: int = 3, scale: float = 1) -> str:
    """A change, with its sign; `scale` 100 for percentage points."""
    return "–" if value is None else f"{scale * value:+.{decimals}f}".replace("-", "−")


def signed_ends(low: float | None, high: float | None, decimals: int = 3, scale: float = 1) -> str:
    return (
        "no interval"
        if low is None or high is None
        else f"{signed(low, decimals, scale)} to {signed(high, decimals, scale)}"
    )
