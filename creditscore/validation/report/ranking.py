"""Capture and lift in and out of time, and ranking in every part of the population."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas

from creditscore.validation.capture import capture_table
from creditscore.validation.report.origin import Origin
from creditscore.validation.report.plain import known, records
from creditscore.validation.segments import file_thickness, ranking_by_segment

TENURE, THIN_BELOW = "transaction_tenure", 365


def captures(scored: pandas.DataFrame, samples: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Capture and lift of the riskiest shares, sample by sample."""
    found = {}
    for name in samples:
        rows = known(scored[scored["sample"] == name])
        found[name] = records(capture_table(rows["outcome"], rows["pd"], rows["borrower_id"]))
    return found


def by_segment(rows: pandas.DataFrame, origin: Origin | None) -> list[dict[str, Any]]:
    """Ranking within each segment of each way to part the sample; `rows` are the sample's, `origin`'s theirs."""
    chosen = (rows["pd"].notna() & rows["outcome"].notna()).to_numpy()
    judged = rows[chosen]
    tables = {
        name: ranking_by_segment(judged["outcome"], judged["pd"], label, judged["borrower_id"])
        for name, label in ways_of(judged, None if origin is None else origin.only(chosen)).items()
    }
    return [{"by": name, "segments": records(table)} for name, table in tables.items() if len(table) > 1]


def ways_of(rows: pandas.DataFrame, origin: Origin | None) -> dict[str, Any]:
    """The ways to part these rows into segments, each a label a row."""
    ways = {"Quarter of the application": _quarters(rows["as_of"])}
    return ways if origin is None else ways | _of_files(origin)


def _quarters(as_of: pandas.Series) -> Any:
    return as_of.dt.strftime("%Y") + " Q" + as_of.dt.quarter.astype(str)


def _of_files(origin: Origin) -> dict[str, Any]:
    """Thin and thick files, and which tables a file lacks altogether, a label a row."""
    presence, names = origin.card.presence, [feature.name for feature in origin.card.features]
    tenure = names.index(TENURE) if TENURE in names else None
    told = [(presence.absent(X), np.nan if tenure is None else X[:, tenure]) for X in origin.blocks()]
    absent = np.concatenate([pattern for pattern, _ in told])
    lacks = {pattern: ", ".join(presence.named(pattern)) for pattern in np.unique(absent).tolist()}
    ways: dict[str, Any] = {
        "Data a file holds": [f"no {lacks[one]}" if lacks[one] else "all tables" for one in absent.tolist()]
    }
    if tenure is not None:
        thickness = file_thickness(np.concatenate([days for _, days in told]), THIN_BELOW)
        ways[f"File (thin: known for less than {THIN_BELOW} days)"] = thickness
    return ways
