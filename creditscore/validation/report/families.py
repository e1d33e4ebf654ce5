"""What each data family is worth, and whom it lets in, as the report tells it."""

from __future__ import annotations

from typing import Any

import pandas

from creditscore.validation.report.plain import records


def families_of(table: pandas.DataFrame | None) -> list[dict[str, Any]] | None:
    """The table of `family_worth`, family by family; None where it was not made."""
    if table is None:
        return None
    return [
        {"family": str(name), "features": int(own["features"].iloc[0]), "files": records(own.drop(columns=["family"]))}
        for name, own in table.groupby("family", sort=False)
    ]
