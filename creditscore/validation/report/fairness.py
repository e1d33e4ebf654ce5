"""Groups compared on attributes that are never inputs, and what among the inputs gives them away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas

from creditscore.errors import TrainingError
from creditscore.validation.fairness import group_gaps, proxies, told_together, with_verdicts
from creditscore.validation.report.origin import Origin
from creditscore.validation.report.plain import records
from creditscore.validation.segments import FEW

Bools = npt.NDArray[np.bool_]

# Applications among which proxies are looked for: of more, so many are drawn.
MOST_ROWS = 20_000
TOP = 10
# Without a cut-off of the lender's, the share of applications that would pass.
APPROVAL = 0.8


def fairness_of(
    scored: pandas.DataFrame, shown: Bools, origin: Origin | None, facts: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Gaps of each attribute in the rows shown, its proxies in all, and the search for alternatives, if one was made.

    None where no attribute is known of these applications. Verdicts are adjusted over all attributes together.
    """
    if origin is None or not origin.groups:
        return None
    rows = scored[shown]
    cut_off = facts["cut_off"]
    at = float(cut_off) if cut_off is not None else float(rows["points"].quantile(1 - APPROVAL))
    gaps = {name: _gaps(rows, label[shown], at) for name, label in origin.groups.items()}
    measured = [table.assign(attribute=name) for name, table in gaps.items() if isinstance(table, pandas.DataFrame)]
    verdicts = with_verdicts(pandas.concat(measured, ignore_index=True)) if measured else None
    return {
        "cut_off": at,
        "own_cut_off": cut_off is not None,
        "attributes": [_attribute(name, gaps[name], verdicts, origin) for name in origin.groups],
        "search": facts["search"],
    }


def _attribute(
    name: str, gaps: pandas.DataFrame | str, verdicts: pandas.DataFrame | None, origin: Origin
) -> dict[str, Any]:
    """One attribute's groups and proxies, or why they are not measurable."""
    found: dict[str, Any] = {
        "attribute": name,
        "gaps": [],
        "groups": [],
        "why": gaps if isinstance(gaps, str) else None,
    }
    if verdicts is not None and not isinstance(gaps, str):
        own = verdicts[verdicts["attribute"] == name].drop(columns="attribute")
        found["gaps"] = records(own)
        found["groups"] = _by_group(found["gaps"])
    return found | _proxies(origin, name)


def _by_group(gaps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row a group, its measures side by side."""
    about = ("group", "reference", "n", "not_scorable", "known", "bads")
    groups: dict[str, dict[str, Any]] = {}
    for row in gaps:
        own = groups.setdefault(row["group"], {name: row[name] for name in about} | {"measures": []})
        own["measures"].append(row)
    return [one | {"few": one["n"] < FEW} for one in groups.values()]


def _gaps(rows: pandas.DataFrame, label: npt.NDArray[np.object_], cut_off: float) -> pandas.DataFrame | str:
    """The attribute's gaps, or in words why there are none to see."""
    try:
        return group_gaps(rows, label, cut_off)
    except TrainingError as error:
        return str(error)


def _proxies(origin: Origin, attribute: str) -> dict[str, Any]:
    label = origin.groups[attribute]
    chosen = np.linspace(0, len(label) - 1, min(len(label), MOST_ROWS)).astype(np.int64)
    names = [feature.name for feature in origin.card.features]
    X, own = origin.values_at(chosen), label[chosen]
    borrower = None if origin.borrower is None else origin.borrower[chosen]
    try:
        alone, together = proxies(X, own, names, borrower), told_together(X, own, names, borrower)
    except TrainingError as error:
        return {"proxies": [], "proxies_found": None, "together": [], "why_no_proxies": str(error)}
    reasons = {feature.name: feature.reason for feature in origin.card.features}
    top = alone.head(TOP).assign(code=lambda table: table["feature"].map(reasons))
    return {
        "proxies": records(top),
        "proxies_found": int(alone.loc[alone["proxy"], "feature"].nunique()),
        "features": len(names),
        "together": records(together),
        "why_no_proxies": None,
    }
