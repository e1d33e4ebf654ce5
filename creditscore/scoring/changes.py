"""What a comparison of two scores is: the change in points, by reason, feature and event."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any, NamedTuple

from creditscore.reasons.codes import LEAST
from creditscore.scoring.moves import NO_MOVES, Moves
from creditscore.scoring.result import Score

# In text, so many reasons are written out, each with so many features.
_WRITTEN, _FEATURES = 8, 4
_MEAN = "the mean of the populations compared with"


class FeatureChange(NamedTuple):
    """A feature whose part of a reason's points changed: its values, None where missing, and its points.

    `points_before` or `points_after` is None where that score does not hold the feature under the reason; it counts as
    0. Where the value is the same, its points changed as other features did, or with the scorecard.
    """

    feature: str
    text: str
    before: float | None
    after: float | None
    points_before: float | None
    points_after: float | None

    @property
    def change(self) -> float:
        """Its part of the change, in points."""
        return (self.points_after or 0.0) - (self.points_before or 0.0)


@dataclass(frozen=True)
class ReasonChange:
    """One reason's points before and after, 0 where a scorecard has no such code.

    `features` are those whose part changed, the largest change first; their changes sum to the reason's, to rounding.
    Between dates, `moves` are the events that these features read otherwise; what measures the time up to the decision,
    as days since an event, changes without any.
    """

    code: str
    text: str
    before: float
    after: float
    features: tuple[FeatureChange, ...] = ()
    moves: Moves = NO_MOVES

    @property
    def change(self) -> float:
        """What the reason adds to the change, in points."""
        return self.after - self.before


@dataclass(frozen=True)
class Comparison:
    """Why a score changed, in unrounded points: `change` is `reference_change` plus all reasons' changes, to 1e-9.

    `reference_change` is that of the reference population's mean points: 0 within one scorecard. `reasons` are all
    codes of both scorecards, the largest change first. Where either score is not scorable, `why_not` says why, and
    there are no points: both changes are None and `reasons` is empty.
    """

    before: Score
    after: Score
    change: float | None
    reference_change: float | None
    reasons: tuple[ReasonChange, ...]

    @property
    def why_not(self) -> str | None:
        """Why there is no change to tell; None where both are scored."""
        sides = (("before", self.before), ("after", self.after))
        return "; ".join(f"{side}: {score.why_not}" for side, score in sides if not score.scorable) or None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON takes them."""
        return {
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
            "why_not": self.why_not,
            "change": self.change,
            "reference_change": self.reference_change,
            "reasons": [_plain(reason) for reason in self.reasons],
        }

    def __repr__(self) -> str:
        if self.change is None:
            return f"Comparison(no change to tell; not scorable {self.why_not})"
        shown = _shown(self)
        lines = [f"Comparison({_headline(self)}; {self.change:+z.1f} before rounding)"]
        lines += [line for reason in shown[:_WRITTEN] for line in _lines(reason)]
        if shown[_WRITTEN:]:
            rest = sum(reason.change for reason in shown[_WRITTEN:])
            lines.append(f"  …    {rest:+z6.1f}  {len(shown) - _WRITTEN} more reasons")
        if self.reference_change:
            lines.append(f"  mean {self.reference_change:+z6.1f}  {_MEAN}")
        return "\n".join([*lines, f"  {_sides(self)}"])

    def _repr_html_(self) -> str:
        if self.change is None:
            return f"<p><b>No change to tell</b>; not scorable {escape(self.why_not or '')}</p>"
        reasons = "".join(_html_reason(reason) for reason in _shown(self))
        mean = _html_row("", _MEAN, "", "", self.reference_change) if self.reference_change else ""
        together = _html_row("", "Together, before rounding", "", "", self.change)
        return (
            f"<p><b style='font-size:1.3em'>{escape(_headline(self))}</b></p>"
            f"<table><tr><th>code</th><th style='text-align:left'>reason</th><th>before</th><th>after</th>"
            f"<th>change</th></tr>{reasons}{mean}{together}</table>"
            f"<p style='color:gray'>{escape(_sides(self))}</p>"
        )


def _plain(reason: ReasonChange) -> dict[str, Any]:
    return {
        "code": reason.code,
        "text": reason.text,
        "before": reason.before,
        "after": reason.after,
        "change": reason.change,
        "features": [{**one._asdict(), "change": one.change} for one in reason.features],
        **{name: [record._asdict() for record in records] for name, records in reason.moves._asdict().items()},
    }


def _shown(comparison: Comparison) -> list[ReasonChange]:
    """The reasons that changed."""
    return [reason for reason in comparison.reasons if abs(reason.change) > LEAST]


def _headline(comparison: Comparison) -> str:
    before, after = comparison.before, comparison.after
    return f"{before.points} → {after.points} points, grade {before.grade} → {after.grade}"


def _sides(comparison: Comparison) -> str:
    """The dates and the scorecards, each once where they are the same."""
    pairs = [
        (score.as_of or "", score.model_id, f"against “{score.reference}”, mean {score.reference_points:.1f}")
        for score in (comparison.before, comparison.after)
    ]
    return " · ".join(one if one == other else f"{one} → {other}" for one, other in zip(*pairs, strict=True))


def _lines(reason: ReasonChange) -> list[str]:
    """A reason in text, with the features that weigh most and the number of events."""
    features = [f"{one.change:+z6.1f}  {one.feature} {_values(one)}" for one in _weighty(reason)[:_FEATURES]]
    details = [*features, *_events(reason)]
    head = f"  {reason.code}  {reason.change:+z6.1f}  {reason.text}: {reason.before:+z.1f} → {reason.after:+z.1f}"
    return [head, *(f"       {line}" for line in details)]


def _weighty(reason: ReasonChange) -> list[FeatureChange]:
    """The features whose change shows, rounded to a tenth of a point."""
    return [one for one in reason.features if abs(one.change) >= 0.05]


def _events(reason: ReasonChange) -> list[str]:
    counts = [f"{len(records)} {name}" for name, records in reason.moves._asdict().items() if records]
    return [f"events: {', '.join(counts)}"] if counts else []


def _values(one: FeatureChange) -> str:
    before, after = _value(one.before, one.points_before), _value(one.after, one.points_after)
    return f"still {after}" if before == after else f"{before} → {after}"


def _value(value: float | None, points: float | None) -> str:
    """A number short enough to read.

    >>> [_value(number, 1.0) for number in (18521.7, 0.123456, None)], _value(None, None)
    (['18,522', '0.1235', 'missing'], 'not there')
    """
    if points is None:
        return "not there"
    if value is None:
        return "missing"
    return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"


def _html_reason(reason: ReasonChange) -> str:
    row = _html_row(reason.code, reason.text, f"{reason.before:+z.1f}", f"{reason.after:+z.1f}", reason.change)
    features = [f"{one.change:+z.1f} {one.text or one.feature}: {_values(one)}" for one in _weighty(reason)]
    details = "<br>".join(escape(line) for line in [*features, *_events(reason)])
    return f"{row}<tr style='color:gray'><td></td><td colspan='4' style='text-align:left'>{details}</td></tr>"


def _html_row(code: str, text: str, before: str, after: str, change: float) -> str:
    return (
        f"<tr><td>{escape(code)}</td><td style='text-align:left'>{escape(text)}</td><td>{before}</td><td>{after}</td>"
        f"<td>{change:+z.1f}</td></tr>"
    )
