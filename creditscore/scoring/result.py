"""What a score is: points, PD, grade and reasons, or why there is none."""

from __future__ import annotations

from dataclasses import asdict, dataclass
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
        """Plain values, as JSON takes them."""
        told = {name: [_plain(one) for one in getattr(self, name)] for name in ("reasons", "key_factors")}
        return {**asdict(self), **told}

    def __repr__(self) -> str:
        if not self.scorable:
            return f"Score(not scorable: {self.why_not})"
        lines = [f"Score({self.points} of {self.lowest}–{self.highest}, grade {self.grade}, PD {self.pd:.2%})"]
        lines += [f"  {reason.code}  {reason.points:+6.1f}  {reason.text}" for reason in self.reasons]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        if not self.scorable:
            return f"<p><b>Not scorable</b>: {escape(self.why_not or '')}</p>"
        rows = "".join(_html_row(reason) for reason in self.reasons)
        return (
            f"<p><b style='font-size:1.6em'>{self.points}</b> points of {self.lowest}–{self.highest} · grade "
            f"<b>{escape(self.grade or '')}</b> · PD {self.pd:.2%}</p>"
            f"<table><tr><th>code</th><th style='text-align:left'>reason</th><th>points</th></tr>{rows}</table>"
            f"<p style='color:gray'>against “{escape(self.reference)}”, mean {self.reference_points:.1f} points · "
            f"{escape(self.model_id)}</p>"
        )


def _plain(reason: Reason) -> dict[str, Any]:
    evidence = [{**one._asdict(), "records": [record._asdict() for record in one.records]} for one in reason.evidence]
    return {"code": reason.code, "text": reason.text, "points": reason.points, "evidence": evidence}


def _html_row(reason: Reason) -> str:
    return (
        f"<tr><td>{escape(reason.code)}</td><td style='text-align:left'>{escape(reason.text)}</td>"
        f"<td>{reason.points:+.1f}</td></tr>"
    )
