"""What a score is: points, PD, grade and reasons, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass, fields
from html import escape
from typing import Any, NamedTuple


class Record(NamedTuple):
    """An event by its names alone; its content stays with the platform."""

    table: str
    platform: str
    event_id: str


class Evidence(NamedTuple):
    """A feature behind a reason: the borrower's value, None where missing, and between which ends (`low` … `high`) the
    middle half of the reference population lies; its part of the reason's points; `records` are the events that fed
    it, where they were asked for.
    """

    feature: str
    text: str
    value: float | None
    low: float | None
    high: float | None
    points: float
    records: tuple[Record, ...] = ()


@dataclass(frozen=True)
class Reason:
    """One reason: its code, its wording for the borrower, and the points that it costs (below 0).

    `evidence` are the features behind it, those that cost most first; their points sum to the reason's.
    """

    code: str
    text: str
    points: float
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True)
class Score:
    """One borrower's score. Where `scorable` is False, `why_not` says why, and there are no points.

    `points` are rounded and within `lowest` … `highest` (`clipped` says whether they had to be cut), `unrounded` the
    exact sum: `reference_points`, the mean of the population `reference` that reasons compare with, plus all codes'
    points. `pd` is the probability of going bad within the scorecard's horizon. `reasons` follow `rule`: at most four,
    worst first. Where nothing costs points there are none, and `key_factors` are those against all applicants.
    `withheld` is what of the data that the scorecard reads no valid consent allowed: families, or a class of one.
    `ledger_entry` is the number of the entry that says to whom it was told, where a ledger was given.
    `unknown_categories` is the number of events left out, since nobody has said whether their category may be used.
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
    key_factors: tuple[Reason, ...]
    reference: str
    reference_points: float
    rule: str
    model_id: str
    digest: str
    as_of: str | None
    withheld: tuple[str, ...] = ()
    ledger_entry: int | None = None
    unknown_categories: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON takes them and docs/score.schema.json describes them."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}

    def __repr__(self) -> str:
        if not self.scorable:
            return f"Score(not scorable: {self.why_not})"
        cut = ", clipped" if self.clipped else ""
        lines = [f"Score({self.points} of {self.lowest}–{self.highest}{cut}, grade {self.grade}, PD {self.pd:.2%})"]
        told = self.reasons or self.key_factors
        lines += ["  nothing costs points; against all applicants:"] if self.key_factors else []
        lines += [f"  {reason.code}  {reason.points:+6.1f}  {reason.text}" for reason in told]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        if not self.scorable:
            return f"<p><b>Not scorable</b>: {escape(self.why_not or '')}</p>"
        rows = "".join(_html_row(reason) for reason in self.reasons or self.key_factors)
        against = "all applicants, as nothing costs points" if self.key_factors else f"“{escape(self.reference)}”"
        return (
            f"<p><b style='font-size:1.6em'>{self.points}</b> points of {self.lowest}–{self.highest}"
            f"{' (clipped)' if self.clipped else ''} · grade <b>{escape(self.grade or '')}</b> · PD {self.pd:.2%}</p>"
            f"<table><tr><th>code</th><th style='text-align:left'>reason</th><th>points</th></tr>{rows}</table>"
            f"<p style='color:gray'>against {against}, mean {self.reference_points:.1f} points · "
            f"{escape(self.model_id)}{f' · {escape(self.as_of)}' if self.as_of else ''}</p>"
        )


def _plain(value: Any) -> Any:
    """Records as objects, tuples as lists."""
    if isinstance(value, Reason):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Evidence | Record):
        return {name: _plain(one) for name, one in value._asdict().items()}
    return [_plain(one) for one in value] if isinstance(value, tuple) else value


def _html_row(reason: Reason) -> str:
    return (
        f"<tr><td>{escape(reason.code)}</td><td style='text-align:left'>{escape(reason.text)}</td>"
        f"<td>{reason.points:+.1f}</td></tr>"
    )
