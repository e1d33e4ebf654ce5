"""A search for a less discriminatory model: retrained alternatives, their AUC and their gap, one of them confirmed.

All choices are made on time-ordered folds of the train sample. No alternative reads an attribute: the reweighted ones
are trained with weights that depend on it (Kamiran & Calders, 2012, "Data preprocessing techniques for classification
without discrimination"), which some laws do not allow; ask before one of those is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas

from creditscore.config import SearchConfig, TrainConfig
from creditscore.errors import TrainingError
from creditscore.model.fit import default_params
from creditscore.model.presence import Presence
from creditscore.training.folds import Fold, Way, folds_of, judged, out_of_time, place, tried
from creditscore.training.prepared import Prepared
from creditscore.training.trained import Trained
from creditscore.validation.fairness.frontier import (
    GapChange,
    gap_change,
    least_gap,
    lowest_risk,
    on_frontier,
    worst_gap,
)
from creditscore.validation.fairness.groups import groups_of
from creditscore.validation.fairness.proxies import proxies
from creditscore.validation.necessity import Loss, auc_lost

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Groups = dict[str, npt.NDArray[np.object_]]
Tell = Callable[[str], None]

# Shares of the features, by proxy strength, that are left out in turn.
LEFT_OUT = (0.05, 0.1, 0.2, 0.4)
# Settings that lean on fewer, weaker or other signals than the defaults do.
SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "half as many trees": {},
    "trees of two leaves": {"num_leaves": 2},
    "stronger shrinkage": {"lambda_l2": 100.0},
    "splits at random": {"extra_trees": True, "feature_fraction": 0.1},
}
# The approval rate at which gaps are compared where the config has no cut-off.
APPROVAL = 0.8
AS_TRAINED = "as trained"
# Models whose margins are averaged, so that chance in fitting makes no alternative better.
SEEDS = 2


@dataclass(frozen=True)
class Alternative:
    """A way to train otherwise: settings, features left out, the share of the way to full weights and for which
    attribute.
    """

    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    left_out: tuple[int, ...] = ()
    reweighted: tuple[str, float] | None = None


@dataclass(frozen=True)
class Search:
    """All alternatives tried, the chosen one, and what it changes out of time (None where it is as trained).

    `table` has a row an alternative: name, features (used), reweighted, auc (mean over folds), gap (`worst_gap` at the
    approval `rate`), frontier, chosen.
    """

    rate: float
    margin: float
    folds: int
    table: pandas.DataFrame
    chosen: Alternative
    left_out: tuple[str, ...]
    loss: Loss | None
    gap: GapChange | None


def protected_groups(config: TrainConfig, prepared: Prepared) -> Groups:
    """Each attribute's group of each application. Raises TrainingError where the applications lack a column."""
    asked = config.fairness
    if asked is None:
        raise TrainingError(
            "fairness: no attributes are named; give fairness: {attributes: [a column of the applications]}"
        )
    lacking = [name for name in asked.attributes if name not in prepared.applications.column_names]
    if lacking:
        raise TrainingError(
            f"fairness.attributes: the applications have no column '{lacking[0]}'; they have "
            f"{', '.join(prepared.applications.column_names)}; name it under their columns"
        )
    return {
        name: groups_of(prepared.applications[name].to_pylist(), asked.bands.get(name, ()), name)
        for name in asked.attributes
    }


def less_discriminatory(
    config: TrainConfig, prepared: Prepared, rate: float = APPROVAL, tell: Tell | None = None
) -> Search:
    """Train alternatives, and choose the one with the smallest gap of those that lose at most the config's
    `fairness.search.margin` of AUC; the test sample is looked at once, for the chosen one.

    `rate` is the share of applicants approved, the same for all. `tell` is given a line an alternative. Raises
    TrainingError where the train sample has too few bads for the folds, or no gap can be measured in it.
    """
    asked = (config.fairness.search if config.fairness else None) or SearchConfig()
    groups, folds = protected_groups(config, prepared), folds_of(prepared, asked.folds)
    tries = alternatives(config, prepared, groups)
    rows = []
    for number, one in enumerate(tries, start=1):
        auc, gap = _judged(config, prepared, groups, folds, one, rate)
        used = len(prepared.features) - len(one.left_out)
        rows.append({"name": one.name, "features": used, "reweighted": bool(one.reweighted), "auc": auc, "gap": gap})
        if tell:
            tell(f"alternative {number} of {len(tries)}: {one.name}: AUC {auc:.4f}, gap {gap:.3f}")
    table = pandas.DataFrame(rows)
    if table["gap"].isna().any():
        raise TrainingError(
            "fairness.search: no gap can be measured, as no attribute has two groups of 30 applications in the "
            "folds of the train sample; leave the search out"
        )
    auc, gap = table["auc"].to_numpy(), table["gap"].to_numpy()
    best = least_gap(auc, gap, asked.margin)
    table = table.assign(frontier=on_frontier(auc, gap), chosen=np.arange(len(table)) == best)
    chosen = tries[best]
    names = tuple(prepared.features[i].name for i in chosen.left_out)
    loss, change = _confirmed(config, prepared, groups, chosen, rate) if best else (None, None)
    return Search(rate, asked.margin, asked.folds, table, chosen, names, loss, change)


def approval_rate(config: TrainConfig, trained: Trained) -> float:
    """The share of the train sample that the config's cut-off approves; 80% without one."""
    points = trained.scored.loc[trained.scored["sample"] == "train", "points"].dropna()
    return APPROVAL if config.cut_off is None else float((points >= config.cut_off).mean())


def alternatives(config: TrainConfig, prepared: Prepared, groups: Groups) -> list[Alternative]:
    """As trained; without the strongest proxies of the train sample; without each family of data; with other settings;
    reweighted; and reweighted without the strongest proxies.
    """
    order = _by_proxy_strength(prepared, groups)
    first = {share: tuple(sorted(order[: max(1, round(share * len(order)))])) for share in LEFT_OUT}
    found = [Alternative(AS_TRAINED)]
    found += [Alternative(f"without the strongest {s:.0%} of proxies", left_out=first[s]) for s in LEFT_OUT]
    found += _without_families(prepared)
    found += [Alternative(name, params=_settings(config, prepared, name)) for name in SETTINGS]
    for attribute in groups:
        found += [Alternative(f"half reweighted by {attribute}", reweighted=(attribute, 0.5))]
        found += [Alternative(f"reweighted by {attribute}", reweighted=(attribute, 1.0))]
        name = f"reweighted by {attribute}, without the strongest 10% of proxies"
        found += [Alternative(name, left_out=first[0.1], reweighted=(attribute, 1.0))]
    some_left = [one for one in found if len(one.left_out) < len(prepared.features)]
    # of few features 5% and 10% may be the same ones
    alike = {(one.left_out, str(one.params), one.reweighted): one for one in reversed(some_left)}
    return [one for one in some_left if alike[one.left_out, str(one.params), one.reweighted] is one]


def search_facts(search: Search) -> dict[str, Any]:
    """What the report says of the search."""
    facts: dict[str, Any] = {
        "rate": search.rate,
        "margin": search.margin,
        "folds": search.folds,
        "alternatives": search.table.astype(object).to_dict("records"),
        "chosen": search.chosen.name,
        "params": dict(search.chosen.params),
        "left_out": list(search.left_out),
        "confirmed": None,
    }
    if search.loss is not None and search.gap is not None:
        lost, change = search.loss.lost, search.gap.change
        facts["confirmed"] = {
            "auc_before": search.loss.whole,
            "auc_after": search.loss.fewer,
            "lost": lost.value,
            "lost_low": lost.low,
            "lost_high": lost.high,
            "gap_before": search.gap.before,
            "gap_after": search.gap.after,
            "change": change.value,
            "change_low": change.low,
            "change_high": change.high,
        }
    return facts


def reweighing(group: npt.NDArray[np.object_], outcome: Floats, share: float = 1.0) -> Floats:
    """Kamiran & Calders' weights, P(group) · P(outcome) / P(group, outcome), `share` of the way there from 1.

    Under them the outcome and the group are independent.

    >>> reweighing(np.array(["a", "a", "a", "b"], object), np.array([0.0, 0, 1, 1])).tolist()
    [0.75, 0.75, 1.5, 0.5]
    """
    table = pandas.DataFrame({"group": group, "outcome": outcome})
    n = len(table)
    each = [
        table.groupby(by)["outcome"].transform("size").to_numpy() for by in ("group", "outcome", ["group", "outcome"])
    ]
    weight: Floats = each[0] * each[1] / (n * each[2])
    return 1 + share * (weight - 1)


def _by_proxy_strength(prepared: Prepared, groups: Groups) -> list[int]:
    """The features in the order in which they tell any group of the train sample, the best first."""
    rows = np.flatnonzero(prepared.samples == "train")
    X, names = prepared.matrix[rows], [feature.name for feature in prepared.features]
    tables = [proxies(X, group[rows], names, prepared.borrowers[rows]) for group in groups.values()]
    strength = pandas.concat(tables).groupby("feature")["auc"].max().reindex(names).to_numpy()
    return [int(i) for i in np.argsort(-strength, kind="stable")]


def _without_families(prepared: Prepared) -> list[Alternative]:
    presence = Presence.of(prepared.features)
    return [
        Alternative(f"without {name}", left_out=tuple(np.flatnonzero(presence.read >> f & 1).tolist()))
        for f, name in enumerate(presence.families)
    ]


def _settings(config: TrainConfig, prepared: Prepared, name: str) -> Mapping[str, Any]:
    if SETTINGS[name]:
        return SETTINGS[name]
    bads = int(prepared.outcome[prepared.known("train")].sum())
    rounds = {**default_params(bads), **config.model.params}["num_iterations"]
    return {"num_iterations": max(1, int(rounds) // 2)}


def _margins(config: TrainConfig, prepared: Prepared, groups: Groups, folds: list[Fold], one: Alternative) -> Floats:
    columns = np.setdiff1d(np.arange(len(prepared.features)), np.array(one.left_out, np.int64))
    parts = []
    for fold in folds:
        weight = None
        if one.reweighted is not None:
            attribute, share = one.reweighted
            weight = np.ones(len(prepared.outcome))
            weight[fold.fit] = reweighing(groups[attribute][fold.fit], prepared.outcome[fold.fit], share)
        parts.append(tried(config, prepared, [fold], columns, SEEDS, Way(one.params, weight)).margin)
    return np.concatenate(parts)


def _approved(folds: list[Fold], margin: Floats, rate: float) -> npt.NDArray[np.bool_]:
    """Those of lowest risk in each fold."""
    at = place(folds)
    approved = np.zeros(len(margin), np.bool_)
    for number in range(len(folds)):
        approved[at == number] = lowest_risk(margin[at == number], rate)
    return approved


def _judged(
    config: TrainConfig, prepared: Prepared, groups: Groups, folds: list[Fold], one: Alternative, rate: float
) -> tuple[float, float]:
    rows, margin = judged(folds), _margins(config, prepared, groups, folds, one)
    found = auc_lost(prepared.outcome[rows], margin, margin, None, place(folds), resamples=0)
    gap = worst_gap(_approved(folds, margin, rate), {name: group[rows] for name, group in groups.items()})
    return found.whole, gap


def _confirmed(
    config: TrainConfig, prepared: Prepared, groups: Groups, chosen: Alternative, rate: float
) -> tuple[Loss | None, GapChange | None]:
    """What the chosen alternative loses, and what becomes of the gap, on the test sample."""
    folds = out_of_time(prepared)
    rows = judged(folds)
    if len(np.unique(prepared.outcome[rows])) < 2:
        return None, None
    before, after = (_margins(config, prepared, groups, folds, one) for one in (Alternative(AS_TRAINED), chosen))
    borrowers = prepared.borrowers[rows]
    own = {name: group[rows] for name, group in groups.items()}
    change = gap_change(_approved(folds, before, rate), _approved(folds, after, rate), own, borrowers)
    return auc_lost(prepared.outcome[rows], before, after, borrowers), change
