"""The catalogue in words: found by words, as lines, as data, and as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from creditscore.features.formula import Feature
from creditscore.features.record import to_record

Families = Mapping[str, tuple[Feature, ...]]


def matching(families: Families, words: Sequence[str]) -> list[tuple[str, Feature]]:
    """(family, feature) of the features with all these words in their family, name, code or description."""
    wanted = [word.lower() for word in words]
    return [
        (family, feature)
        for family, features in families.items()
        for feature in features
        if all(word in _text(family, feature) for word in wanted)
    ]


def line(family: str, feature: Feature) -> str:
    """A feature on one line: name, code, family, description, unit, direction of risk, whether people can change it,
    and sensitivity.
    """
    about = ", ".join(filter(None, (feature.unit, _risk(feature), "changeable" if feature.changeable else "")))
    return (
        f"{feature.name:<36} {feature.reason or '–':<4} {family:<12} {feature.en} "
        f"[{about}; {feature.sensitivity.label}]"
    )


def data(family: str, feature: Feature) -> dict[str, Any]:
    """A feature as plain data, its formula included."""
    return {"family": family, **to_record(feature)}


def page(families: Families) -> str:
    """The whole catalogue as a Markdown page, a table a family."""
    total = sum(len(features) for features in families.values())
    head = (
        f"# The catalogue\n\n{total} features in {len(families)} families, made by "
        f"`python -m creditscore features --markdown`. Windows end at the instant of the decision. Changeable is what "
        f"people can do something about from now on: what `counterfactual()` may change.\n"
    )
    return "\n".join([head, *(_section(family, features) for family, features in families.items())])


def _section(family: str, features: tuple[Feature, ...]) -> str:
    rows = [
        f"| `{f.name}` | {f.en} | {f.zh} | {f.unit} | {f.reason or ''} | {_risk(f)} | "
        f"{'yes' if f.changeable else ''} | {f.sensitivity.label} |"
        for f in features
    ]
    heads = ("name", "what it is", "说明", "unit", "reason", "risk", "changeable", "sensitivity")
    return "\n".join(
        [
            f"## {family.capitalize()}: {len(features)}\n",
            f"| {' | '.join(heads)} |",
            "|---" * len(heads) + "|",
            *rows,
            "",
        ]
    )


def _risk(feature: Feature) -> str:
    return f"{feature.riskier} is riskier" if feature.riskier else ""


def _text(family: str, feature: Feature) -> str:
    return f"{family} {feature.name} {feature.reason} {feature.en} {feature.zh}".lower()
