"""Points gained by gaming, for the money spent: by scheme, by reason code and by feature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.errors import InputError
from creditscore.events.schema import EVENT_TABLES, Events
from creditscore.events.store import Store
from creditscore.features.build import compute
from creditscore.governance.gate import govern
from creditscore.scorecard import Scorecard
from creditscore.scoring.assess import assess, in_points
from creditscore.validation.manipulation.added import Player, players, repetitions, spent, with_gaming
from creditscore.validation.manipulation.schemes import Costs, Scheme, schemes_of
from creditscore.validation.resampling import draws, percentile_ends

Floats = npt.NDArray[np.float64]
Tell = Callable[[str], None]

REPETITIONS = (5, 20, 80)
# Money that gains are told for, in the data's currency.
MONEY = 100.0
# A gain below this is no reason for anybody to pay.
WORTH_IT = 0.5


@dataclass(frozen=True)
class Gaming:
    """What gaming buys `borrowers` applicants, on average.

    `ways`: a row a scheme and number of repetitions: scheme, repetitions, spent (mean money), points (mean gain) with
    95% ends (resampling borrowers), gainers (share who gain at least half a point), passing (share of those below the
    cut-off who reach it; NaN without a cut-off, or where none is below) and per_money (points for 100 of money).
    `codes` and `features`: scheme, repetitions, code or feature (with its code), points and per_money; of a way they
    sum to its points, but for the shift of a data family that gaming makes appear, which is among the codes alone.
    """

    borrowers: int
    schemes: tuple[Scheme, ...]
    ways: pandas.DataFrame
    codes: pandas.DataFrame
    features: pandas.DataFrame

    def best_features(self, most: int = 15) -> pandas.DataFrame:
        """The features that pay most per money spent, each in its best way; those that gain half a point or more."""
        worth = self.features[self.features["points"] >= WORTH_IT]
        best = worth.sort_values(["per_money", "feature"], ascending=[False, True], kind="stable")
        return best.drop_duplicates("feature").head(most).reset_index(drop=True)


def drawn(
    events: Events | Store, applications: pa.Table, borrowers: int = 200, seed: int = 1
) -> tuple[Events, pa.Table]:
    """At most so many borrowers, drawn at random: the last application of each, and their events alone."""
    as_of = np.asarray(applications["as_of"].combine_chunks().cast(pa.int64()))
    names = np.array(applications["borrower_id"].to_pylist(), object).astype(str)
    order = np.argsort(as_of, kind="stable")[::-1]
    _, last = np.unique(names[order], return_index=True)
    chosen = order[last]
    if len(chosen) > borrowers:
        chosen = np.random.default_rng(seed).choice(chosen, borrowers, replace=False)
    rows = applications.take(pa.array(np.sort(chosen)))
    if isinstance(events, Store):
        return events.events(rows["borrower_id"].to_pylist()), rows
    own = pc.unique(rows["borrower_id"].cast(pa.string()))
    transactions, trips, obligations = (_of(events.table(name), own) for name in EVENT_TABLES)
    return Events(transactions, trips, obligations, currency=events.currency), rows


def has_histories(events: Events, applications: pa.Table) -> bool:
    """Whether any of these applicants has a transaction before as_of."""
    return bool(players(events, applications)[1].any())


def gaming(
    card: Scorecard,
    events: Events,
    applications: pa.Table,
    *,
    schemes: Sequence[Scheme] | None = None,
    times: Sequence[int] = REPETITIONS,
    cut_off: float | None = None,
    seed: int = 1,
    tell: Tell | None = None,
) -> Gaming:
    """Add each scheme's events before as_of to the histories of these applicants, build features and score again.

    Who has no transaction before as_of is left out: there is no history to add to. `schemes` are by default
    self-transfers, fake orders and refund loops at the default costs; `times` how often each is repeated in the last 90
    days; `cut_off` is in points. Outcomes are held as they are: gaming changes the score, not the borrower. Raises
    InputError where nobody is left.
    """
    schemes = tuple(schemes if schemes is not None else schemes_of(Costs()))
    player, has = players(events, applications)
    if not has.any():
        raise InputError(
            "gaming: none of these applicants has a transaction before as_of; give others, or their events"
        )
    rows = applications.filter(pa.array(has))
    offset = _offsets(events, player)
    before = _points(card, events, rows)
    ways, codes, features = [], [], []
    for place, scheme in enumerate(schemes):
        begun = repetitions(player, offset, max(times), seed + place)
        for often in times:
            after = _points(card, with_gaming(events, player, scheme, begun[:, :often]), rows)
            way = {"scheme": scheme.name, "repetitions": often}
            cost = spent(player, scheme, often)
            ways.append(way | _way(before, after, cost, cut_off, seed))
            gains = (after.by_feature - before.by_feature).mean(axis=0)
            features.append(_told(way, "feature", [f.name for f in card.features], gains, cost))
            codes.append(_told(way, "code", after.codes, (after.by_code - before.by_code).mean(axis=0), cost))
            if tell:
                tell(f"{scheme.name}, {often} times: {ways[-1]['points']:+.1f} points for {ways[-1]['spent']:,.0f}")
    table = pandas.concat(features, ignore_index=True)
    table.insert(3, "code", table["feature"].map({f.name: f.reason or "" for f in card.features}))
    return Gaming(len(rows), schemes, pandas.DataFrame(ways), pandas.concat(codes, ignore_index=True), table)


@dataclass(frozen=True)
class _Scored:
    """Unrounded points, and each code's and feature's part of them against the default reference, a row each."""

    points: Floats
    codes: tuple[str, ...]
    by_code: Floats
    by_feature: Floats


def _points(card: Scorecard, events: Events, rows: pa.Table) -> _Scored:
    matrix = compute(card.plan, govern(events, card.rules).events, rows)
    found = assess(card, matrix)
    return _Scored(
        found.unrounded, found.codes, found.code_points, in_points(card, card.explainer().contributions(matrix))
    )


def _way(before: _Scored, after: _Scored, cost: Floats, cut_off: float | None, seed: int) -> dict[str, float]:
    gain = after.points - before.points
    means = np.array([[copies @ gain / copies.sum()] for copies in draws(np.arange(len(gain)), 200, seed)])
    low, high = percentile_ends(means)
    return {
        "spent": float(cost.mean()),
        "points": float(gain.mean()),
        "points_low": float(low[0]),
        "points_high": float(high[0]),
        "gainers": float((gain >= WORTH_IT).mean()),
        "passing": np.nan if cut_off is None else _passing(before.points, after.points, cut_off),
        "per_money": _per_money(float(gain.mean()), cost),
    }


def _passing(before: Floats, after: Floats, cut_off: float) -> float:
    """The share of those below the cut-off who reach it; NaN where none is below."""
    below = before < cut_off
    return float((after[below] >= cut_off).mean()) if below.any() else np.nan


def _told(way: dict[str, Any], what: str, names: Sequence[str], gains: Floats, cost: Floats) -> pandas.DataFrame:
    per_money = [_per_money(gain, cost) for gain in gains.tolist()]
    return pandas.DataFrame({**way, what: list(names), "points": gains, "per_money": per_money})


def _per_money(points: float, cost: Floats) -> float:
    """Points for 100 of money; what costs nothing has no price."""
    mean = float(cost.mean())
    return MONEY * points / mean if mean else np.nan


def _offsets(events: Events, player: Player) -> npt.NDArray[np.int64]:
    table = events.transactions
    assert table is not None
    own = table["utc_offset_minutes"].take(pa.array(player.row)).combine_chunks().fill_null(0)
    return np.asarray(own).astype(np.int64)


def _of(table: pa.Table | None, borrowers: pa.Array) -> pa.Table | None:
    if table is None:
        return None
    own = table.filter(pc.is_in(table["borrower_id"].cast(pa.string()), value_set=borrowers))
    return own.replace_schema_metadata(table.schema.metadata)
