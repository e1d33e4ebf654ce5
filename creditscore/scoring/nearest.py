"""What a counterfactual is: the changes that would have been scored otherwise, or why there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, NamedTuple

from creditscore.scoring.result import Score

NOTE = (
    "This says how this scorecard would have scored other figures. It is no advice and no promise of any decision: a "
    "lender has other conditions beside the score, and in life what changes changes other things with it."
)
NOTE_ZH = (
    "本结果仅说明若这些数据不同，本评分卡会如何评分；不构成建议，也不是对任何决定的承诺。"
    "除评分外，贷款机构另有其他条件；现实中的变化还会带动其他数据。"
)
# In text, so many consequences are written out.
_WRITTEN = 8


class Change(NamedTuple):
    """A feature's value as it is and as it would have been, None where missing; `code` is its reason code."""

    feature: str
    text: str
    text_zh: str
    unit: str
    value_from: float | None
    value_to: float | None
    code: str


@dataclass(frozen=True)
class Counterfactual:
    """The smallest change found that this scorecard would have given the points `wanted`, or more.

    `changes` are the features to change, and `consequences` those that change with them: longer windows, ratios of what
    changed, and what would else be impossible. `before` is the score of the row as it is, `after` that of the changed
    row, None where none was found; then `why_not` says why. `cost` sums how far each change goes, in interquartile
    ranges of the population `reference`, in whose range (5 % to 95 %) the changed values lie. Where the points are
    reached already, there are no changes, and `cost` is 0. `note` and `note_zh` say what this is, and what it is not.
    """

    wanted: int
    before: Score
    after: Score | None
    why_not: str | None
    changes: tuple[Change, ...]
    consequences: tuple[Change, ...]
    cost: float | None
    reference: str
    note: str = NOTE
    note_zh: str = NOTE_ZH

    @property
    def reached(self) -> bool:
        """Whether the points are reached, by the changes or already."""
        return self.after is not None

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON takes them."""
        return {
            "wanted": self.wanted,
            "reached": self.reached,
            "why_not": self.why_not,
            "changes": [change._asdict() for change in self.changes],
            "consequences": [change._asdict() for change in self.consequences],
            "cost": self.cost,
            "reference": self.reference,
            "before": self.before.to_dict(),
            "after": self.after and self.after.to_dict(),
            "note": self.note,
            "note_zh": self.note_zh,
        }

    def __repr__(self) -> str:
        lines = [f"Counterfactual({_headline(self)})", *(f"  {_line(change)}" for change in self.changes)]
        lines += [f"    with it: {_line(change)}" for change in self.consequences[:_WRITTEN]]
        rest = len(self.consequences) - _WRITTEN
        return "\n".join([*lines, *([f"    and {rest} more"] if rest > 0 else []), f"  {self.note}"])

    def _repr_html_(self) -> str:
        head = f"<p><b>{escape(_headline(self))}</b></p>"
        note = f"<p style='color:gray'>{escape(self.note)}</p>"
        return f"{head}{_html_table(self)}{note}" if self.changes else head + note


def _headline(found: Counterfactual) -> str:
    if found.after is None:
        return f"{found.wanted} points not reached: {found.why_not}"
    if not found.changes:
        return f"{found.wanted} points are reached as it is: {found.before.points}"
    return f"{found.before.points} → {found.after.points} points, {found.wanted} wanted"


def _line(change: Change) -> str:
    return f"{change.code}  {change.text or change.feature}: {_value(change.value_from)} → {_value(change.value_to)}"


def _value(value: float | None) -> str:
    """A number as short as it can be told without moving it far.

    >>> [_value(number) for number in (3.0, 18521.7, 0.123456, None)]
    ['3', '18,521.7', '0.1235', 'missing']
    """
    if value is None:
        return "missing"
    return f"{value:.4g}" if abs(value) < 1 else f"{value:,.2f}".rstrip("0").rstrip(".")


def _html_table(found: Counterfactual) -> str:
    heads = "".join(f"<th style='text-align:left'>{head}</th>" for head in ("code", "feature", "is", "would be"))
    grey = " style='color:gray'"
    return f"<table><tr>{heads}</tr>{_html_rows(found.changes)}{_html_rows(found.consequences, grey)}</table>"


def _html_rows(changes: Sequence[Change], style: str = "") -> str:
    cells = [(one.code, one.text or one.feature, _value(one.value_from), _value(one.value_to)) for one in changes]
    return "".join(f"<tr{style}>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in cells)
