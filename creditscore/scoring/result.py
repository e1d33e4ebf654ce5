"""What a score is: points, PD, grade and reasons, or why there is none."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from html import escape
from typing import Any


@dataclass(frozen=True)
class Reason:
    """One reason: its code, its wording for the borrower, and the points that it costs (below 0)."""

    code: str
    text: str
    points: float


@dataclass(frozen=True)
class Score:
    """One borrower's score. Where `scorable` is False, `why_not` says why, and there are no points.

    `points` are rounded and within `lowest` … `highest` (`clipped` says whether they had to be cut), `unrounded` the
    exact sum: `reference_points`, the mean of the population that reasons compare with, plus all codes' points. `pd` is
    the probability of going bad within the scorecard's horizon. At most four reasons, worst first.
    """

    scorable: bool
    why_not: str | None
    points: int | None
    unrounded: float | None
    clipped: bool
    lowest: int
    highest: int
    pd: float | None
    grade: str | None
    reasons: tuple[Reason, ...]
    reference_points: float
    model_id: str
    digest: str
    as_of: str | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON takes them."""
        return {**asdict(self), "reasons": [asdict(reason) for reason in self.reasons]}

    def __repr__(self) -> str:
        if not self.scorable:
            return f"Score(not scorable: {self.why_not})"
        lines = [f"Score({self.points} of {self.lowest}–{self.highest}, grade {self.grade}, PD {self.pd:.2%})"]
        lines += [f"  {reason.code}  {reason.points:+6.1f}  {reason.text}" for reason in self.reasons]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        if not self.scorable:
            return f"<p><b>Not scorable</b>: {escape(self.why_not or '')}</p>"
        rows = "".join(
            f"<tr><td>{escape(reason.code)}</td><td style='text-align:left'>{escape(reason.text)}</td>"
            f"<td>{reason.points:+.1f}</td></tr>"
            for reason in self.reasons
        )
        return (
            f"<p><b style='font-size:1.6em'>{self.points}</b> points of {self.lowest}–{self.highest} · grade "
            f"<b>{escape(self.grade or '')}</b> · PD {self.pd:.2%}</p>"
            f"<table><tr><th>code</th><th style='text-align:left'>reason</th><th>points</th></tr>{rows}</table>"
            f"<p style='color:gray'>{escape(self.model_id)}</p>"
        )
