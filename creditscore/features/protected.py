"""Attributes that may be no input: columns of the applications that no feature reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from creditscore.errors import FeatureError
from creditscore.features.formula import ApplicationValue, Feature, parts


def refuse_protected(features: Iterable[Feature], attributes: Collection[str]) -> None:
    """Raise FeatureError where a feature, alone or as a part of its formula, reads one of these columns of the
    applications. Events have none of them: their tables hold the contract's columns alone.
    """
    found = [
        (feature.name, part.column)
        for feature in features
        for part in parts(feature.formula)
        if isinstance(part, ApplicationValue) and part.column in attributes
    ]
    if found:
        name, column = found[0]
        raise FeatureError(
            f"{len(found)} features read protected attributes, as '{name}' reads applications.{column}: what is named "
            f"under fairness.attributes is never an input; take the feature out (features.without), or the attribute"
        )
