"""The families of the catalogue, in the order of the reason codes."""

from __future__ import annotations

from collections.abc import Mapping

from creditscore.features.application import APPLICATION
from creditscore.features.define import flatten
from creditscore.features.formula import Feature
from creditscore.features.history import HISTORY
from creditscore.features.obligations import OBLIGATIONS
from creditscore.features.rhythm import RHYTHM
from creditscore.features.spending import SPENDING
from creditscore.features.travel import TRAVEL

FAMILIES: Mapping[str, tuple[Feature, ...]] = {
    "spending": SPENDING,
    "rhythm": RHYTHM,
    "travel": TRAVEL,
    "obligations": OBLIGATIONS,
    "history": HISTORY,
    "application": APPLICATION,
}
CATALOGUE = flatten(list(FAMILIES.values()))
